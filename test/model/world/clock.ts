/**
 * A clock that jumps from one timer to the next. `Date` in the sources is this clock, in the model and on a
 * server.
 */

export interface Timer {
  readonly at: number;
  /** The order in which timers were set, for timers of the same time. */
  readonly rank: number;
  readonly ring: () => void;
  isCancelled: boolean;
}

export const EPOCH = globalThis.Date.UTC(2026, 0, 1);

/** Read by `ModelDate`. */
export const time = { now: EPOCH };

export class ModelDate extends globalThis.Date {
  constructor(...given: [number?]) {
    super(...((given.length === 0 ? [time.now] : given) as [number]));
  }

  static override now(): number {
    return time.now;
  }
}

/** A heap of timers. */
export class Clock {
  /** The last timer had no effect. */
  isIdle = false;
  readonly #heap: Timer[] = [];
  #rank = 0;

  constructor(begin = EPOCH) {
    time.now = begin;
  }

  get now(): number {
    return time.now;
  }

  after(ms: number, ring: () => void): Timer {
    const timer = { at: time.now + ms, rank: (this.#rank += 1), ring, isCancelled: false };
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    return timer;
  }

  /** The time of the next timer; Infinity where there is none. */
  next(): number {
    while (this.#heap[0]?.isCancelled) this.#pop();
    return this.#heap[0]?.at ?? Infinity;
  }

  /** Moves the time to the next timer and runs it. */
  ring(): void {
    if (this.next() === Infinity) throw new Error('nothing is due');
    const timer = this.#pop() as Timer;
    time.now = Math.max(time.now, timer.at);
    timer.ring();
  }

  #pop(): Timer | undefined {
    const [first] = this.#heap;
    const last = this.#heap.pop();
    if (first === last || last === undefined) return first;
    this.#heap[0] = last;
    this.#sink();
    return first;
  }

  #rise(from: number): void {
    for (let index = from; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.#swapIfEarlier(index, parent)) return;
      index = parent;
    }
  }

  #sink(): void {
    for (let index = 0; ;) {
      const left = 2 * index + 1;
      const first = isEarlier(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left;
      if (first >= this.#heap.length || !this.#swapIfEarlier(first, index)) return;
      index = first;
    }
  }

  #swapIfEarlier(index: number, than: number): boolean {
    const [one, other] = [this.#heap[index], this.#heap[than]];
    if (one === undefined || other === undefined || !isEarlier(one, other)) return false;
    this.#heap[index] = other;
    this.#heap[than] = one;
    return true;
  }
}

function isEarlier(one: Timer | undefined, other: Timer | undefined): boolean {
  if (one === undefined || other === undefined) return false;
  return one.at < other.at || (one.at === other.at && one.rank < other.rank);
}
