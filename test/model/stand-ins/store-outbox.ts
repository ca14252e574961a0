/** `src/store/outbox.ts` in memory. */
import { isSupersededByLater, type UpdateType } from '../../../src/domain/order.ts';
import type { PaymentAddress } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OutboxRow, ReadUpdate } from '../../../src/store/outbox.ts';
import { tablesOf, type Tables } from '../world/tables.ts';

export type * from '../../../src/store/outbox.ts';

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

/** Whether an attempt may be made now. */
export function isItsTurn(tables: Tables, update: OutboxRow): boolean {
  const isPassing = isSupersededByLater(update.type as UpdateType);
  return dueAt(update) <= Date.now() && !(isPassing && hasLater(tables, update)) && !isEarly(tables, update);
}

/** The earliest time of the next attempt. */
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

export function paymentOfUpdate(db: Db, effectId: string): Promise<PaymentAddress | null> {
  const tables = tablesOf(db);
  return tables.call('find the payment of an update', () => {
    const payment = tables.payments.get(tables.outbox.get(effectId)?.paymentId ?? '');
    if (payment === undefined) return null;
    const { id: paymentId, orderReference, n, gateway } = payment;
    return { paymentId, orderReference, n, gateway };
  });
}

export function supersede(db: Db, effectId: string): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('keep from telling', () => {
    const update = tables.outbox.get(effectId);
    if (update?.state === 'pending') tables.outbox.set(effectId, { ...update, state: 'superseded' });
  });
}
