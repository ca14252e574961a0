interface Appointment {
  readonly atMs: number;
  readonly run: () => void;
}

/** Runs functions later, with one timer for all of them. */
export class Agenda {
  readonly #heap: Appointment[] = [];
  readonly #now: () => number;
  #timer: NodeJS.Timeout | undefined;

  /** `now` is the clock of the appointments; after a jump of it, `wake` runs those that became due. */
  constructor(now: () => number = () => Date.now()) {
    this.#now = now;
  }

  /** Runs `run` at the given epoch milliseconds, or at once if that time has passed. */
  at(atMs: number, run: () => void): void {
    this.#push({ atMs, run });
    if (this.#heap[0]?.run === run) this.#arm();
  }

  wake(): void {
    this.#runDue();
  }

  clear(): void {
    this.#heap.length = 0;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    const first = this.#heap[0];
    if (first === undefined) return;
    // A timer longer than 2^31 ms would fire at once; waking early only arms it again.
    const waitMs = Math.min(Math.max(first.atMs - this.#now(), 0), 2 ** 31 - 1);
    this.#timer = setTimeout(() => this.#runDue(), waitMs);
  }

  #runDue(): void {
    for (let first = this.#heap[0]; first !== undefined && first.atMs <= this.#now(); first = this.#heap[0]) {
      this.#pop();
      first.run();
    }
    this.#arm();
  }

  #push(appointment: Appointment): void {
    const heap = this.#heap;
    let at = heap.push(appointment) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (atMsOf(heap, parent) <= appointment.atMs) break;
      swap(heap, at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    swap(heap, 0, heap.length - 1);
    heap.pop();
    for (let at = 0; ;) {
      const left = 2 * at + 1;
      const smaller = atMsOf(heap, left + 1) < atMsOf(heap, left) ? left + 1 : left;
      if (atMsOf(heap, at) <= atMsOf(heap, smaller)) return;
      swap(heap, at, smaller);
      at = smaller;
    }
  }
}

function atMsOf(heap: readonly Appointment[], at: number): number {
  return heap[at]?.atMs ?? Infinity;
}

function swap(heap: Appointment[], one: number, other: number): void {
  const [a, b] = [heap[one], heap[other]];
  if (a === undefined || b === undefined) return;
  heap[one] = b;
  heap[other] = a;
}
