import { createHash } from 'node:crypto';
import type { Entry, Journal } from '../records/journal.ts';
import type { CommonFault } from './common-fault.ts';

/** What a call is about, as far as known. */
export interface Subject {
  readonly sessionId?: string | undefined;
  readonly transactionId?: string | undefined;
  /** The order's reference. Unlike the ids it is the same in every run, so draws by seed use it. */
  readonly reference?: string | undefined;
}

export interface FaultState<Fault, Knobs> {
  readonly knobs: Knobs;
  /** One fault, or several, of which the first that matches a call applies. */
  readonly faults: Readonly<Record<string, Fault | readonly Fault[]>>;
}

/** What a gateway's sandbox has: the names of its calls, and its knobs as they usually are. */
interface Kinds<Knobs> {
  readonly operations: readonly string[];
  readonly usualKnobs: Knobs;
}

/** The faults that are active now. */
export class Faults<Fault extends CommonFault, Knobs extends object> {
  readonly #journal: Journal;
  readonly #kinds: Kinds<Knobs>;
  #knobs: Knobs;
  #faults = new Map<string, Fault[]>();
  readonly #own = new Map<string, Record<string, Fault>>();
  readonly #draws = new Map<string, number>();

  constructor(journal: Journal, kinds: Kinds<Knobs>) {
    this.#journal = journal;
    this.#kinds = kinds;
    this.#knobs = kinds.usualKnobs;
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  get state(): FaultState<Fault, Knobs> {
    const faults = [...this.#faults].map(([name, list]) => [name, list.length === 1 ? list[0] : list]);
    return {
      knobs: this.#knobs,
      faults: Object.fromEntries(faults) as Record<string, Fault | Fault[]>,
    };
  }

  /** Given faults and knobs change, the others stay; `null` removes a fault. */
  change(change: Readonly<Record<string, unknown>>): void {
    for (const name of ['all', ...this.#kinds.operations]) {
      const given = change[name] as Fault | Fault[] | null | undefined;
      if (given === null) this.#faults.delete(name);
      else if (given !== undefined) this.#faults.set(name, [given].flat() as Fault[]);
    }
    const knobs = Object.entries(change).filter(
      ([name, value]) => name in this.#kinds.usualKnobs && value !== undefined,
    );
    this.#knobs = { ...this.#knobs, ...Object.fromEntries(knobs) };
    this.#journal.mark(this.entry());
  }

  /** Changes the faults of one transaction, which apply before all others; `null` removes one. */
  changeOwn(transactionId: string, change: Readonly<Record<string, Fault | null | undefined>>): void {
    const faults = new Map(Object.entries(this.ownOf(transactionId)));
    for (const [name, fault] of Object.entries(change)) {
      if (fault === null) faults.delete(name);
      else if (fault !== undefined) faults.set(name, fault);
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
    this.#knobs = this.#kinds.usualKnobs;
    this.#journal.mark(this.entry());
  }

  /** The fault that applies to this call; this uses up one of its `times`. */
  take(operation: string, at: Subject): Fault | undefined {
    return this.#takeOwn(operation, at) ?? this.#takeCommon(operation, at);
  }

  replay(entry: Entry): void {
    // Only this class writes these two kinds.
    if (entry.kind === 'ownFaults') this.#own.set(entry.id, { ...(entry.record as Record<string, Fault>) });
    if (entry.kind !== 'faults') return;
    const state = entry.record as FaultState<Fault, Knobs>;
    this.#knobs = { ...this.#kinds.usualKnobs, ...state.knobs };
    const faults = Object.entries(state.faults);
    this.#faults = new Map(faults.map(([name, given]) => [name, [given].flat() as Fault[]]));
  }

  entry(): Entry & { readonly kind: 'faults'; readonly record: FaultState<Fault, Knobs> } {
    return { kind: 'faults', id: 'faults', record: this.state };
  }

  *entries(): Generator<
    | ReturnType<this['entry']>
    | { readonly kind: 'ownFaults'; readonly id: string; readonly record: Readonly<Record<string, Fault>> }
  > {
    yield this.entry() as ReturnType<this['entry']>;
    for (const [id, record] of this.#own) yield { kind: 'ownFaults', id, record };
  }

  #takeOwn(operation: string, at: Subject): Fault | undefined {
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

  #takeCommon(operation: string, at: Subject): Fault | undefined {
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

  #strikes(fault: Fault, operation: string, at: Subject): boolean {
    return concerns(fault, at) && fault.times !== 0 && this.#isDrawn(fault, operation, at);
  }

  #markOwn(id: string): void {
    this.#journal.mark({ kind: 'ownFaults', id, record: this.#own.get(id) ?? {} });
  }

  /**
   * The n-th call about an order has the same result in every run, for any sequence of the orders.
   */
  #isDrawn({ rate, seed = '' }: Fault, operation: string, { reference = '' }: Subject): boolean {
    if (rate === undefined) return true;
    const key = JSON.stringify([seed, operation, reference]);
    const count = (this.#draws.get(key) ?? 0) + 1;
    this.#draws.set(key, count);
    return chance(key, count) < rate;
  }
}

function concerns(fault: CommonFault, at: Subject): boolean {
  if (fault.sessionId !== undefined && fault.sessionId !== at.sessionId) return false;
  return fault.transactionId === undefined || fault.transactionId === at.transactionId;
}

/** A pseudo-random number from 0 up to 1, the same for the same words. */
export function chance(...words: (string | number)[]): number {
  const digest = createHash('sha256').update(JSON.stringify(words)).digest();
  return digest.readUInt32BE(0) / 2 ** 32;
}
