import { paidonce } from './shell-commands.ts';
import { pageOfOperations } from '../store/lists.ts';
import type { Db } from '../store/open.ts';
import { check, commandsFor, firstOf, ok, warn, type Check, type Finding } from './check.ts';

/** Most take a gateway's own second. */
const WAITED_LONG_MS = 5 * 60_000;

/** Captures, refunds and voids of all orders that have not ended. */
export function checkOperations(db: Db): Promise<Check> {
  return check('operations', () => find(db), 'does the store answer?');
}

async function find(db: Db): Promise<Finding> {
  const createdBefore = new Date(Date.now() - WAITED_LONG_MS);
  const { rows, hasMore } = await pageOfOperations(db, { isOpen: true, createdBefore, limit: 100 });
  if (rows.length === 0) return ok('none has waited long');
  const names = rows.map(
    ({ kind, reference, orderReference }) => `${kind} ${reference} of order ${orderReference}`,
  );
  return warn(
    `not ended after 5 minutes: ${firstOf(names, hasMore)}`,
    'GET /v1/operations?status=pending and ?status=unknown list them; of each of these this tells',
    ...commandsFor(
      rows.map(({ orderReference }) => orderReference),
      (order) => paidonce('why', order),
    ),
  );
}
