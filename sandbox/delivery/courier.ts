import type { Agenda } from '../records/agenda.ts';
import type { Journal } from '../records/journal.ts';
import { type Outgoing, Sender } from './sender.ts';
import type { Table } from '../records/table.ts';

interface Attempt {
  readonly at: string;
  /** Null if there was no answer; `error` says why. */
  readonly status: number | null;
  readonly error?: string;
  readonly durationMs: number;
}

/** A message that is sent until it is received or given up. */
export interface Parcel {
  readonly id: string;
  /** The copy that must have had one attempt before this one starts. */
  readonly after: string | null;
  dueAtMs: number;
  state: 'pending' | 'delivered' | 'lost' | 'suppressed';
  readonly attempts: Attempt[];
}

interface Rules<T extends Parcel> {
  readonly table: Table<T>;
  readonly maxAttempts: number;
  /** While this is false, nothing is sent and messages wait. */
  isOn(): boolean;
  /** Milliseconds before the second attempt, the third …; the last one repeats. */
  schedule(): readonly number[];
  /** Whether an answer ends the retries. */
  isFinal(status: number): boolean;
  outgoing(parcel: T, nowMs: number): Outgoing;
  /** Called after an attempt is noted, to save it and its consequences. */
  attempted(parcel: T): void;
}

/**
 * Sends parcels, a hundred at a time: 2xx means delivered, and any other result is retried until the attempts
 * are used up.
 */
export class Courier<T extends Parcel> {
  static readonly maxAtOnce = 100;
  readonly #rules: Rules<T>;
  readonly #agenda: Agenda;
  readonly #journal: Journal;
  readonly #sender = new Sender(Courier.maxAtOnce);
  #ready: T[] = [];
  #active = 0;
  #closed = false;

  constructor(rules: Rules<T>, { agenda, journal }: { readonly agenda: Agenda; readonly journal: Journal }) {
    this.#rules = rules;
    this.#agenda = agenda;
    this.#journal = journal;
  }

  /** Sends a parcel, unless it waits for another. */
  send(parcel: T): void {
    if (parcel.state === 'pending' && this.#mayStart(parcel)) this.#schedule(parcel);
  }

  /** Sends the parcels that were pending at a restart. */
  resume(): void {
    for (const parcel of this.#rules.table.all()) this.send(parcel);
  }

  /** Sends the parcels that waited while sending was switched off. */
  wake(): void {
    this.#pump();
  }

  /** Forgets waiting parcels; a request under way ends without a record. */
  clear(): void {
    this.#ready = [];
  }

  close(): void {
    this.#closed = true;
    this.#ready = [];
    this.#sender.close();
  }

  #mayStart({ after }: T): boolean {
    return after === null || (this.#rules.table.get(after)?.attempts.length ?? 1) > 0;
  }

  #schedule(parcel: T): void {
    if (parcel.dueAtMs > Date.now()) {
      this.#agenda.at(parcel.dueAtMs, () => this.#start(parcel));
      return;
    }
    // Not within the request that caused it: that request's answer and journal lines come first.
    setImmediate(() => this.#start(parcel));
  }

  #start(parcel: T): void {
    // A reset may have happened in between.
    if (this.#rules.table.get(parcel.id) !== parcel) return;
    this.#ready.push(parcel);
    this.#pump();
  }

  #pump(): void {
    if (this.#closed || !this.#rules.isOn()) return;
    while (this.#active < Courier.maxAtOnce) {
      const parcel = this.#ready.shift();
      if (parcel === undefined) return;
      this.#active += 1;
      void this.#attempt(parcel).finally(() => {
        this.#active -= 1;
        this.#pump();
      });
    }
  }

  async #attempt(parcel: T): Promise<void> {
    if (parcel.state !== 'pending') return;
    const started = Date.now();
    const outgoing = this.#rules.outgoing(parcel, started);
    // The receiver may read the records at once, so they must survive a kill by then.
    this.#journal.flush();
    const outcome = await this.#sender.send(outgoing);
    if (this.#closed || this.#rules.table.get(parcel.id) !== parcel) return;
    const at = new Date(started).toISOString();
    parcel.attempts.push({ at, ...outcome, durationMs: Date.now() - started });
    this.#settle(parcel, outcome.status);
    this.#rules.attempted(parcel);
    if (parcel.attempts.length === 1) this.#sendFollowers(parcel);
    this.#journal.flush();
  }

  #settle(parcel: T, status: number | null): void {
    const rules = this.#rules;
    if (status !== null && status >= 200 && status < 300) {
      parcel.state = 'delivered';
    } else if ((status !== null && rules.isFinal(status)) || parcel.attempts.length >= rules.maxAttempts) {
      parcel.state = 'lost';
    } else {
      const waits = rules.schedule();
      parcel.dueAtMs = Date.now() + (waits[parcel.attempts.length - 1] ?? waits.at(-1) ?? 0);
      this.#schedule(parcel);
    }
  }

  #sendFollowers({ id }: T): void {
    for (const next of this.#rules.table.underKey(id)) if (next.after === id) this.send(next);
  }
}

/** A parcel as `/__sim` shows it: without its plan, and with its time as ISO text. */
export function parcelView(parcel: Parcel & { readonly plan: unknown }): object {
  const { plan: _plan, dueAtMs, ...rest } = parcel;
  const nextAt = rest.state === 'pending' ? new Date(dueAtMs).toISOString() : null;
  return { ...rest, nextAt, lost: rest.state === 'lost' };
}
