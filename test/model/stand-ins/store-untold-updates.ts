/** `src/store/untold-updates.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type { OutboxRow } from '../../../src/store/outbox.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf } from '../world/tables.ts';
import { dueAt } from './store-outbox.ts';
import { mayBeWoken } from './store-wakes.ts';

export const NO_ENDPOINT = 'ORDER_WEBHOOK_URL is not set';

export function findUntold(db: Db, limit: number): Promise<{ orderReference: string; effectId: string }[]> {
  const tables = tablesOf(db);
  return tables.call('find what no process tells', () =>
    [...tables.outbox.values()]
      .filter((update) => update.state === 'pending' && update.attemptedAt === null)
      .filter((update) => dueAt(update) < Date.now() - 1_000)
      .slice(0, limit),
  );
}

function isRetryOverdue(
  { teller, attemptedAt, nextAttemptAt, claimedUntil }: OutboxRow,
  now: number,
): boolean {
  const patience = teller === null ? 60_000 : 5 * 60_000;
  const isLate = nextAttemptAt.getTime() < now - patience;
  return attemptedAt !== null && isLate && (claimedUntil?.getTime() ?? 0) < now;
}

export function findAbandoned(db: Db): Promise<PaymentRow[]> {
  const tables = tablesOf(db);
  return tables.call('find what was never told', () => {
    const ids = new Set([...tables.outbox.values()].filter(isAbandoned).map(({ paymentId }) => paymentId));
    const awake = [...ids].filter((id) => mayBeWoken(tables, 'untold_update', id));
    return awake.map((id) => tables.payments.get(id) as PaymentRow);
  });
}

export function findAbandonedOf(db: Db, paymentId: string): Promise<string[]> {
  const tables = tablesOf(db);
  return tables.call('find what was never told of a payment', () =>
    [...tables.outbox.values()]
      .filter((update) => update.paymentId === paymentId && isAbandoned(update))
      .map(({ effectId }) => effectId),
  );
}

function isAbandoned(update: OutboxRow): boolean {
  return update.state === 'pending' && isRetryOverdue(update, Date.now());
}

export function findEndpointless(): Promise<null> {
  return Promise.resolve(null);
}

export function readmitUntold(): Promise<void> {
  return Promise.resolve();
}

export function giveUpUntold(): Promise<void> {
  return Promise.resolve();
}

export function keepUntold(): Promise<void> {
  throw new Error('in the model, the merchant always has an endpoint');
}
