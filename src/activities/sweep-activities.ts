/** The sweep: contract §5.3 holds even if no callback ever comes. */
import { Context, heartbeat } from '@temporalio/activity';
import { differsFromListing, hasOtherSums } from '../domain/decide.ts';
import type { Gateway, ListedTransaction } from '../gateways/gateway.ts';
import { readGateway } from '../store/health.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findBySessions, recordCompleteSweep, sweepStart } from '../store/sweeps.ts';
import { createPace } from '../temporal/pace.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { countMissedCallbacks, type MissedCallbacks } from './missed-callbacks.ts';
import { changesSince, countedWithin, isFirstOfHour } from './sweep-times.ts';

export interface SweepResult {
  readonly since: string;
  /** Whether changes of older transactions were listed too. */
  readonly withChanges: boolean;
  readonly listed: number;
  /** Payments of ours that differed and were woken. */
  readonly found: number;
  /** Transactions of other shops on the same account: counted, never touched. */
  readonly foreign: number;
}

export interface SweepActivities {
  sweepGateway(gateway: string): Promise<SweepResult>;
}

export interface SweepDependencies {
  readonly db: Db;
  readonly gatewayNamed: (name: string) => Gateway;
  readonly runs: Pick<PaymentRuns, 'look'>;
  readonly onSwept?: (gateway: string, result: SweepResult) => void;
  readonly onCounted?: (gateway: string, counted: MissedCallbacks) => void;
  /** A count of callbacks that failed is made again an hour later. */
  readonly onUncounted?: (gateway: string, error: unknown) => void;
}

/** Nobody waits for a sweep. */
const RHYTHM = { restsPerAnswer: 20, longestRestMs: 1_000 };
const MOST_FAILURES = 10;
/** Above it, changes are listed once an hour: Dintero lists by status what it does not list by time of change. */
const MOST_PAGES_OF_CHANGES = 12;

/** Builds the activity. The mark moves only after the last page. */
export function createSweepActivities(given: SweepDependencies): SweepActivities {
  const pace = createPace(RHYTHM);
  const runs: SweepDependencies['runs'] = {
    look: (payment, signal) => pace(() => given.runs.look(payment, signal)),
  };
  // Lost with the process, which costs one long listing.
  const pagesOfChanges = new Map<string, number>();
  return {
    async sweepGateway(name) {
      const sweep = new Sweep(
        { ...given, runs },
        given.gatewayNamed(name),
        Context.current().cancellationSignal,
      );
      const isDear = (pagesOfChanges.get(name) ?? 0) > MOST_PAGES_OF_CHANGES;
      const result = await sweep.run(isDear);
      if (result.withChanges) pagesOfChanges.set(name, sweep.pagesOfChanges);
      return result;
    },
  };
}

/** One pass over a gateway's listings. */
class Sweep {
  pagesOfChanges = 0;
  readonly #deps: SweepDependencies;
  readonly #gateway: Gateway;
  readonly #signal: AbortSignal;
  readonly #counts = { listed: 0, found: 0 };
  /** By transaction, since both listings may show one. */
  readonly #foreign = new Set<string>();
  readonly #woken = new Set<string>();
  readonly #failures: unknown[] = [];

  constructor(deps: SweepDependencies, gateway: Gateway, signal: AbortSignal) {
    this.#deps = deps;
    this.#gateway = gateway;
    this.#signal = signal;
  }

  async run(isDear: boolean): Promise<SweepResult> {
    const { db, onSwept } = this.#deps;
    const { id } = this.#gateway;
    const startedAt = new Date();
    const since = await sweepStart(db, id, startedAt);
    const mark = (await readGateway(db, id))?.lastCompleteSweep ?? startedAt;
    const withChanges = !isDear || isFirstOfHour(mark, startedAt);
    await this.#list(since, withChanges ? changesSince(mark) : null);
    // Whoever could not be woken is found again: the mark stays.
    if (this.#failures.length > 0) throw this.#failures[0];
    await recordCompleteSweep(db, id, startedAt, this.#counts.found);
    const result = { since: since.toISOString(), withChanges, ...this.#counts, foreign: this.#foreign.size };
    onSwept?.(id, result);
    if (isFirstOfHour(mark, startedAt)) await this.#countCallbacks(countedWithin(mark, startedAt));
    return result;
  }

  async #list(since: Date, changedSince: Date | null): Promise<void> {
    const options = { signal: this.#signal };
    for await (const page of this.#gateway.listTransactions(since, options)) await this.#compare(page);
    if (changedSince === null) return;
    for await (const page of this.#gateway.listChanges(changedSince, options)) {
      this.pagesOfChanges += 1;
      await this.#compare(page);
    }
  }

  async #compare(page: readonly ListedTransaction[]): Promise<void> {
    const sessionIds = page.map((listed) => listed.sessionId);
    const found = await findBySessions(this.#deps.db, this.#gateway.id, sessionIds);
    const known = new Map(found.map((row) => [row.sessionId, row]));
    this.#counts.listed += page.length;
    heartbeat(this.#counts);
    for (const listed of page) {
      const row = known.get(listed.sessionId);
      if (row === undefined) this.#foreign.add(listed.transactionId);
      else if (differs(row, listed) && !this.#woken.has(row.id)) await this.#wake(row, listed);
    }
  }

  async #wake(row: PaymentRow, { transactionId }: ListedTransaction): Promise<void> {
    const { id: paymentId, orderReference, n, gateway } = row;
    this.#woken.add(paymentId);
    this.#counts.found += 1;
    const signal = { why: 'sweep', at: new Date().toISOString(), transactionId } as const;
    try {
      await this.#deps.runs.look({ paymentId, orderReference, n, gateway }, signal);
    } catch (error) {
      // One run that takes no signal must not hide all others; many are Temporal's absence.
      this.#failures.push(error);
      if (this.#failures.length > MOST_FAILURES) throw error;
    }
    heartbeat(this.#counts);
  }

  /** Its failure is not the sweep's. */
  async #countCallbacks(within: { from: Date; to: Date }): Promise<void> {
    const { db, onCounted, onUncounted } = this.#deps;
    try {
      onCounted?.(this.#gateway.id, await countMissedCallbacks(db, this.#gateway, within, this.#signal));
    } catch (error) {
      onUncounted?.(this.#gateway.id, error);
    }
  }
}

function differs(row: PaymentRow, listed: ListedTransaction): boolean {
  const sums = { capturedMinor: row.captured, refundedMinor: row.refunded };
  return differsFromListing(row.status, row.dismissed, listed.status, hasOtherSums(sums, listed));
}
