/** The sweep: contract §5.3 holds even if no callback ever comes. */
import { Context, heartbeat } from '@temporalio/activity';
import { differsFromListing } from '../domain/decide.ts';
import type { Gateway, ListedTransaction } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findBySessions, recordCompleteSweep, sweepStart } from '../store/sweeps.ts';
import { createPace } from '../temporal/pace.ts';
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

/** Nobody waits for a sweep. */
const RHYTHM = { restsPerAnswer: 20, longestRestMs: 1_000 };
const MOST_FAILURES = 10;

/** Builds the activity. The mark moves only after the last page. */
export function createSweepActivities(given: SweepDependencies): SweepActivities {
  const pace = createPace(RHYTHM);
  const deps: SweepDependencies = {
    ...given,
    runs: { look: (payment, signal) => pace(() => given.runs.look(payment, signal)) },
  };
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
  const at = new Date().toISOString();
  await deps.runs.look(
    { paymentId, orderReference, n, gateway },
    { why: 'sweep', at, transactionId: listed.transactionId },
  );
}
