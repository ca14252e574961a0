import { chance } from './chance.ts';
import {
  type Fault,
  type FaultChange,
  type FaultState,
  type Knobs,
  type Operation,
  OPERATIONS,
  type OwnFaults,
  USUAL_KNOBS,
} from './fault-schema.ts';
import type { Entry, Journal } from './journal.ts';

/** What a call is about, as far as it says. */
export interface Subject {
  readonly sessionId?: string | undefined;
  readonly transactionId?: string | undefined;
  /** The order's. Unlike the ids it is the same in every run, so draws by seed go by it. */
  readonly reference?: string | undefined;
}

/** What is made to go wrong now. */
export class Faults {
  readonly #journal: Journal;
  #knobs: Knobs = USUAL_KNOBS;
  #faults = new Map<string, Fault[]>();
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

  /** Adds faults that meet one transaction only, before those that are there. */
  add(transactionId: string, own: OwnFaults): void {
    for (const [name, fault] of Object.entries(own)) {
      const rest = (this.#faults.get(name) ?? []).filter((each) => each.times !== 0);
      this.#faults.set(name, [{ ...fault, transactionId }, ...rest]);
    }
    this.#journal.mark(this.entry());
  }

  clear(): void {
    this.#faults.clear();
    this.#draws.clear();
    this.#knobs = USUAL_KNOBS;
    this.#journal.mark(this.entry());
  }

  /** The fault that meets this call, which uses up one of its `times`. */
  take(operation: Operation, at: Subject): Fault | undefined {
    for (const name of [operation, 'all']) {
      const list = this.#faults.get(name) ?? [];
      for (const [index, fault] of list.entries()) {
        if (!concerns(fault, at) || fault.times === 0 || !this.#isDrawn(fault, operation, at)) continue;
        if (fault.times !== undefined) {
          list[index] = { ...fault, times: fault.times - 1 };
          this.#journal.mark(this.entry());
        }
        return fault;
      }
    }
    return undefined;
  }

  replay(entry: Entry): void {
    if (entry.kind !== 'faults') return;
    this.#knobs = { ...USUAL_KNOBS, ...entry.record.knobs };
    const faults = Object.entries(entry.record.faults);
    this.#faults = new Map(faults.map(([name, given]) => [name, [given].flat()]));
  }

  entry(): Entry {
    return { kind: 'faults', id: 'faults', record: this.state };
  }

  /** The n-th call about an order meets the same luck in every run, in whatever order the orders come. */
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
