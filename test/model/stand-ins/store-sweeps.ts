/** What the background jobs ask of `src/store/sweeps.ts`, in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';

const HALF_AN_HOUR_MS = 30 * 60_000;
const DAY_MS = 24 * 60 * 60_000;

export function findUnwatched(db: Db): Promise<PaymentRow[]> {
  const tables = tablesOf(db);
  return tables.call('find what nobody watches', () =>
    [...tables.payments.values()].filter((payment) => isUnwatched(tables, payment, Date.now())),
  );
}

function isUnwatched(tables: Tables, { id, status, expiresAt }: PaymentRow, now: number): boolean {
  if (status === 'PENDING') return expiresAt.getTime() < now - HALF_AN_HOUR_MS;
  if (status !== 'ON_HOLD' && status !== 'REVIEW') return false;
  return (tables.heard.get(id) ?? 0) < now - DAY_MS;
}
