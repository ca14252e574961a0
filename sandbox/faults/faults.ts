import { createHash } from 'node:crypto';
import {
  type Fault,
  type FaultChange,
  type FaultState,
  type Knobs,
  type Operation,
  OPERATIONS,
  type OwnFaults,
  USUAL_KNOBS,
} from '../dintero/faults/fault-schema.ts';
import type { Entry, Journal } from '../records/journal.ts';

/** What a call is about, as far as known. */
export interface Subject {
  readonly sessionId?: string | undefined;
  readonly transactionId?: string | undefined;
  /** The order's reference. Unlike the ids it is the same in every run, so draws by seed use it. */
  readonly reference?: string | undefined;
}

/** The faults that are active now. */
export class Faults {
  readonly #journal: Journal;
  #knobs: Knobs = USUAL_KNOBS;
  #faults = new Map<string, Fault[]>();
  readonly #own = new Map<string, Record<string, Fault>>();
  readonly #draws = new Map<string, number>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  get state(): FaultState {
    const faults = [...this.#faults].map(([name, list]) => [name, list.length === 1 ? list[0] : list]);
    return { knobs: this.#knobs, faults: Object.fromEntries(faults) };
  }

  change(change: FaultChange): void {
    for (const name of ['all', ...OPERATIONS] as const) {
      const given = change[name];
      if (given === null) this.#faults.delete(name);
      else if (given !== undefined) this.#faults.set(name, [given].flat());
    }
    const knobs = Object.entries(change).filter(
      ([name, value]) => name in USUAL_KNOBS && value !== undefined,
    );
    this.#knobs = { ...this.#knobs, ...Object.fromEntries(knobs) };
    this.#journal.mark(this.entry());
  }

  /** Changes the faults of one transaction, which apply before all others; `null` removes one. */
  changeOwn(transactionId: string, change: OwnFaults): void {
    const faults = new Map(Object.entries(this.ownOf(transactionId)));
    for (const [name, fault] of Object.entries(change)) {
      if (fault === null) faults.delete(name);
      else faults.set(name, fault);
    }
    this.#own.set(transactionId, Object.fromEntries(faults));
    this.#markOwn(transactionId);
  }

  ownOf(transactionId: string): Readonly<Record<string, Fault>> {
    return this.#own.get(transactionId) ?? {};
  }

  clear(): void {
    const ids = [...this.#own.keys()];
    this.#own.clear();
    for (const id of ids) this.#markOwn(id);
    this.#faults.clear();
    this.#draws.clear();
    this.#knobs = USUAL_KNOBS;
    this.#journal.mark(this.entry());
  }

  /** The fault that applies to this call; this uses up one of its `times`. */
  take(operation: Operation, at: Subject): Fault | undefined {
    return this.#takeOwn(operation, at) ?? this.#takeCommon(operation, at);
  }

  replay(entry: Entry): void {
    if (entry.kind === 'ownFaults') this.#own.set(entry.id, { ...entry.record });
    if (entry.kind !== 'faults') return;
    this.#knobs = { ...USUAL_KNOBS, ...entry.record.knobs };
    const faults = Object.entries(entry.record.faults);
    this.#faults = new Map(faults.map(([name, given]) => [name, [given].flat()]));
  }

  entry(): Entry {
    return { kind: 'faults', id: 'faults', record: this.state };
  }

  *entries(): Generator<Entry> {
    yield this.entry();
    for (const [id, record] of this.#own) yield { kind: 'ownFaults', id, record };
  }

  #takeOwn(operation: Operation, at: Subject): Fault | undefined {
    const { transactionId = '' } = at;
    const own = this.#own.get(transactionId);
    for (const name of [operation, 'all']) {
      const fault = own?.[name];
      if (own === undefined || fault === undefined || !this.#strikes(fault, operation, at)) continue;
      if (fault.times !== undefined) {
        own[name] = { ...fault, times: fault.times - 1 };
        this.#markOwn(transactionId);
      }
      return fault;
    }
    return undefined;
  }

  #takeCommon(operation: Operation, at: Subject): Fault | undefined {
    for (const name of [operation, 'all']) {
      const list = this.#faults.get(name) ?? [];
      for (const [index, fault] of list.entries()) {
        if (!this.#strikes(fault, operation, at)) continue;
        if (fault.times !== undefined) {
          list[index] = { ...fault, times: fault.times - 1 };
          this.#journal.mark(this.entry());
        }
        return fault;
      }
    }
    return undefined;
  }

  #strikes(fault: Fault, operation: Operation, at: Subject): boolean {
    return concerns(fault, at) && fault.times !== 0 && this.#isDrawn(fault, operation, at);
  }

  #markOwn(id: string): void {
    this.#journal.mark({ kind: 'ownFaults', id, record: this.#own.get(id) ?? {} });
  }

  /**
   * The n-th call about an order has the same result in every run, for any sequence of the orders.
   */
  #isDrawn({ rate, seed = '' }: Fault, operation: Operation, { reference = '' }: Subject): boolean {
    if (rate === undefined) return true;
    const key = JSON.stringify([seed, operation, reference]);
    const count = (this.#draws.get(key) ?? 0) + 1;
    this.#draws.set(key, count);
    return chance(key, count) < rate;
  }
}

function concerns(fault: Fault, at: Subject): boolean {
  if (fault.sessionId !== undefined && fault.sessionId !== at.sessionId) return false;
  return fault.transactionId === undefined || fault.transactionId === at.transactionId;
}

/** A pseudo-random number from 0 up to 1, the same for the same words. */
function chance(...words: (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
