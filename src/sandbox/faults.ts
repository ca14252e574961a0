import {
  type Fault,
  type FaultChange,
  type FaultState,
  type Knobs,
  type Operation,
  OPERATIONS,
  USUAL_KNOBS,
} from './fault-schema.ts';
import type { Entry, Journal } from './journal.ts';

/** What is made to go wrong now. */
export class Faults {
  readonly #journal: Journal;
  #knobs: Knobs = USUAL_KNOBS;
  #faults = new Map<string, Fault>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get knobs(): Knobs {
    return this.#knobs;
  }

  get state(): FaultState {
    return { knobs: this.#knobs, faults: Object.fromEntries(this.#faults) };
  }

  change(change: FaultChange): void {
    for (const name of ['all', ...OPERATIONS] as const) {
      const fault = change[name];
      if (fault === null) this.#faults.delete(name);
      else if (fault !== undefined) this.#faults.set(name, fault);
    }
    const knobs = Object.entries(change).filter(
      ([name, value]) => name in USUAL_KNOBS && value !== undefined,
    );
    this.#knobs = { ...this.#knobs, ...Object.fromEntries(knobs) };
    this.#journal.mark(this.entry());
  }

  clear(): void {
    this.#faults.clear();
    this.#knobs = USUAL_KNOBS;
    this.#journal.mark(this.entry());
  }

  /** The fault that meets this call, which uses up one of its `times`. */
  take(operation: Operation, at: { sessionId?: string; transactionId?: string }): Fault | undefined {
    for (const name of [operation, 'all']) {
      const fault = this.#faults.get(name);
      if (fault === undefined || !concerns(fault, at) || fault.times === 0) continue;
      if (fault.times !== undefined) {
        this.#faults.set(name, { ...fault, times: fault.times - 1 });
        this.#journal.mark(this.entry());
      }
      return fault;
    }
    return undefined;
  }

  replay(entry: Entry): void {
    if (entry.kind !== 'faults') return;
    this.#knobs = { ...USUAL_KNOBS, ...entry.record.knobs };
    this.#faults = new Map(Object.entries(entry.record.faults));
  }

  entry(): Entry {
    return { kind: 'faults', id: 'faults', record: this.state };
  }
}

function concerns(fault: Fault, at: { sessionId?: string; transactionId?: string }): boolean {
  if (fault.sessionId !== undefined && fault.sessionId !== at.sessionId) return false;
  return fault.transactionId === undefined || fault.transactionId === at.transactionId;
}
