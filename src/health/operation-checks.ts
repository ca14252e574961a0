import { paidonce } from './shell-commands.ts';
import { pageOfOperations } from '../store/lists.ts';
import type { Db } from '../store/open.ts';
import { check, commandsFor, firstOf, ok, warn, type Check, type CheckResult } from './check.ts';

/** Most operations take about a second at the gateway. */
const WAITED_LONG_MS = 5 * 60_000;

/** Checks for captures, refunds and voids, of any order, that have not ended. */
export function checkOperations(db: Db): Promise<Check> {
  return check('operations', () => find(db), 'check that the store answers');
}

async function find(db: Db): Promise<CheckResult> {
  const createdBefore = new Date(Date.now() - WAITED_LONG_MS).toISOString();
  const { rows, hasMore } = await pageOfOperations(db, { isOpen: true, createdBefore, limit: 100 });
  if (rows.length === 0) return ok('none has waited long');
  const names = rows.map(
    ({ kind, reference, orderReference }) => `${kind} ${reference} of order ${orderReference}`,
  );
  return warn(
    `not ended after 5 minutes: ${firstOf(names, hasMore)}`,
    'GET /v1/operations?status=pending and ?status=unknown list all; these commands explain those named here',
    ...commandsFor(
      rows.map(({ orderReference }) => orderReference),
      (order) => paidonce('why', order),
    ),
  );
}
