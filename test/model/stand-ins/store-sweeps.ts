/** The queries of `src/store/sweeps.ts` for the background jobs, in memory. */
import { graceOf } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';
import { mayBeWoken } from './store-wakes.ts';

const HOUR_MS = 60 * 60_000;

export function findUnwatched(
  db: Db,
  { pollIntervalMs }: { readonly pollIntervalMs: number },
): Promise<PaymentRow[]> {
  const tables = tablesOf(db);
  return tables.call('find what nobody watches', () =>
    [...tables.payments.values()].filter(
      (payment) =>
        isUnwatched(tables, payment, { now: Date.now(), pollIntervalMs }) &&
        mayBeWoken(tables, 'unwatched', payment.id),
    ),
  );
}

function isUnwatched(
  tables: Tables,
  payment: PaymentRow,
  { now, pollIntervalMs }: { readonly now: number; readonly pollIntervalMs: number },
): boolean {
  const { id, status, createdAt, expiresAt } = payment;
  const lifetimeMs = expiresAt.getTime() - createdAt.getTime();
  if (status === 'PENDING') return expiresAt.getTime() < now - 2 * graceOf(lifetimeMs);
  if (status !== 'ON_HOLD' && status !== 'REVIEW' && payment.reviewCode === null) return false;
  const isPolled = status === 'ON_HOLD' || payment.reviewCode === 'late_hold';
  return (tables.heard.get(id) ?? 0) < now - 3 * (isPolled ? pollIntervalMs : HOUR_MS);
}
