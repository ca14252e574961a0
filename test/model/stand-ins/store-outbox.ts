/** `src/store/outbox.ts` in memory. */
import type { OrderStatus, UpdateType } from '../../../src/domain/order.ts';
import type { PaymentAddress } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OutboxRow, ReadUpdate } from '../../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';
import { mayBeWoken } from './store-wakes.ts';

export type * from '../../../src/store/outbox.ts';

export const NO_ENDPOINT = 'ORDER_WEBHOOK_URL is not set';

/** As much of the body as a promise is about. */
export function updateBody(
  { type, orderStatus }: { type: UpdateType; orderStatus: OrderStatus },
  { order, payment, sequence }: { order: OrderRow; payment: PaymentRow; sequence: number },
): string {
  const { reference: orderReference } = order;
  const { status, captured, refunded } = payment;
  return JSON.stringify({ type, orderReference, orderStatus, sequence, status, captured, refunded });
}

export function readUpdate(db: Db, effectId: string): Promise<ReadUpdate | null> {
  const tables = tablesOf(db);
  return tables.call('read an update', () => {
    const update = tables.outbox.get(effectId);
    return update === undefined
      ? null
      : {
          ...update,
          hasLater: hasLater(tables, update),
          isEarly: isEarly(tables, update),
          waitMs: Math.max(0, dueAt(update) - Date.now()),
        };
  });
}

/** When an attempt may be made. */
export function dueAt({ nextAttemptAt, claimedUntil }: OutboxRow): number {
  return Math.max(nextAttemptAt.getTime(), claimedUntil?.getTime() ?? 0);
}

function hasLater(tables: Tables, { sequence, type, paymentId }: OutboxRow): boolean {
  return [...tables.outbox.values()].some(
    (later) => later.sequence > sequence && (type !== 'order.review' || later.paymentId === paymentId),
  );
}

function isEarly(tables: Tables, { sequence }: OutboxRow): boolean {
  const since = Date.now() - 30_000;
  return [...tables.outbox.values()].some(
    (earlier) =>
      earlier.sequence < sequence &&
      earlier.state === 'pending' &&
      earlier.attemptedAt === null &&
      earlier.nextAttemptAt.getTime() <= Date.now() &&
      earlier.createdAt.getTime() > since,
  );
}

export function supersedeDeferred(tables: Tables, orderReference: string): void {
  for (const update of tables.outbox.values()) {
    const isDeferred = update.attemptedAt === null && update.nextAttemptAt.getTime() > Date.now();
    if (update.orderReference !== orderReference || update.state !== 'pending' || !isDeferred) continue;
    if (update.type === 'order.payment_cancelled')
      tables.outbox.set(update.effectId, { ...update, state: 'superseded', finishedAt: new Date() });
  }
}

function isRetryOverdue(
  { teller, attemptedAt, nextAttemptAt, claimedUntil }: OutboxRow,
  now: number,
): boolean {
  const patience = teller === null ? 60_000 : 5 * 60_000;
  const isLate = nextAttemptAt.getTime() < now - patience;
  return attemptedAt !== null && isLate && (claimedUntil?.getTime() ?? 0) < now;
}

export function findUntold(db: Db, limit: number): Promise<{ orderReference: string; effectId: string }[]> {
  const tables = tablesOf(db);
  return tables.call('find what no process tells', () =>
    [...tables.outbox.values()]
      .filter((update) => update.state === 'pending' && update.attemptedAt === null)
      .filter((update) => dueAt(update) < Date.now() - 1_000)
      .slice(0, limit),
  );
}

export function paymentOfUpdate(db: Db, effectId: string): Promise<PaymentAddress | null> {
  const tables = tablesOf(db);
  return tables.call('find the payment of an update', () => {
    const payment = tables.payments.get(tables.outbox.get(effectId)?.paymentId ?? '');
    if (payment === undefined) return null;
    const { id: paymentId, orderReference, n, gateway } = payment;
    return { paymentId, orderReference, n, gateway };
  });
}

export function keepUntold(): Promise<void> {
  throw new Error('in the model, the merchant always has an endpoint');
}

export function supersede(db: Db, effectId: string): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('keep from telling', () => {
    const update = tables.outbox.get(effectId);
    if (update?.state === 'pending') tables.outbox.set(effectId, { ...update, state: 'superseded' });
  });
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
