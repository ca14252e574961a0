/** The sweep: contract §5.3 holds even if no callback ever comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Context, heartbeat } from '@temporalio/activity';
import { differsFromListing } from '../domain/decide.ts';
import type { Gateway, ListedTransaction } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findBySessions, recordCompleteSweep, sweepStart } from '../store/sweeps.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';

export interface SweepResult {
  readonly since: string;
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
}

/** Waking many runs at once makes every other order wait: at most 20 a second. */
const SHORTEST_REST_MS = 50;
/** A server that is busy answers late: what others need of it comes first. */
const RESTS_PER_ANSWER = 20;
const LONGEST_REST_MS = 1_000;
const MOST_FAILURES = 10;

/** Builds the activity. The mark moves only after the last page. */
export function createSweepActivities(deps: SweepDependencies): SweepActivities {
  return {
    async sweepGateway(gateway) {
      const startedAt = new Date();
      const since = await sweepStart(deps.db, gateway, startedAt);
      const counts = { listed: 0, found: 0, foreign: 0 };
      const failures: unknown[] = [];
      const signal = Context.current().cancellationSignal;
      for await (const page of deps.gatewayNamed(gateway).listTransactions(since, { signal })) {
        await sweepPage(deps, gateway, page, { counts, failures });
        heartbeat(counts);
      }
      // Whoever could not be woken is found again: the mark stays.
      if (failures.length > 0) throw failures[0];
      await recordCompleteSweep(deps.db, gateway, startedAt, counts.found);
      const result = { since: since.toISOString(), ...counts };
      deps.onSwept?.(gateway, result);
      return result;
    },
  };
}

async function sweepPage(
  deps: SweepDependencies,
  gateway: string,
  page: readonly ListedTransaction[],
  { counts, failures }: { counts: { listed: number; found: number; foreign: number }; failures: unknown[] },
): Promise<void> {
  const sessionIds = page.map((listed) => listed.sessionId);
  const known = new Map(
    (await findBySessions(deps.db, gateway, sessionIds)).map((row) => [row.sessionId, row]),
  );
  counts.listed += page.length;
  for (const listed of page) {
    const row = known.get(listed.sessionId);
    if (row === undefined) counts.foreign += 1;
    else if (differsFromListing(row.status, row.dismissed, listed.status)) {
      // One run that takes no signal must not hide all others; many are Temporal's absence.
      await wake(deps, row, listed).catch((error: unknown) => failures.push(error));
      if (failures.length > MOST_FAILURES) throw failures[0];
      counts.found += 1;
      heartbeat(counts);
    }
  }
}

async function wake(deps: SweepDependencies, row: PaymentRow, listed: ListedTransaction): Promise<void> {
  const { id: paymentId, orderReference, n, gateway } = row;
  const begun = Date.now();
  const at = new Date(begun).toISOString();
  await deps.runs.look(
    { paymentId, orderReference, n, gateway },
    { why: 'sweep', at, transactionId: listed.transactionId },
  );
  const rest = RESTS_PER_ANSWER * (Date.now() - begun);
  await sleep(Math.min(LONGEST_REST_MS, Math.max(SHORTEST_REST_MS, rest)));
}
