/** `src/store/outbox.ts` in memory. */
import type { OrderStatus, UpdateType } from '../../../src/domain/order.ts';
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

export function takeUntold(db: Db, paymentId: string, teller: string): Promise<string[]> {
  const tables = tablesOf(db);
  return tables.call('take what is untold', () => takeForTelling(tables, paymentId, teller));
}

export function supersedeDeferred(tables: Tables, orderReference: string): void {
  for (const update of tables.outbox.values()) {
    const isDeferred = update.attemptedAt === null && update.nextAttemptAt.getTime() > Date.now();
    if (update.orderReference !== orderReference || update.state !== 'pending' || !isDeferred) continue;
    if (update.type === 'order.payment_cancelled')
      tables.outbox.set(update.effectId, { ...update, state: 'superseded', finishedAt: new Date() });
  }
}

/** What `recordOutcome` does under its lock. */
export function takeForTelling(tables: Tables, paymentId: string, teller: string): string[] {
  const taken = [...tables.outbox.values()].filter(
    (update) => update.paymentId === paymentId && update.state === 'pending' && isToTell(update, teller),
  );
  for (const update of taken) {
    const tries = update.teller === teller ? update.tries : 0;
    tables.outbox.set(update.effectId, { ...update, teller, tries });
  }
  return taken.map(({ effectId }) => effectId);
}

function isToTell(update: OutboxRow, teller: string): boolean {
  return update.teller === teller || isForgotten(update, Date.now());
}

function isForgotten({ teller, nextAttemptAt, claimedUntil }: OutboxRow, now: number): boolean {
  const isLate = nextAttemptAt.getTime() < now - 5 * 60_000;
  return teller === null || (isLate && (claimedUntil?.getTime() ?? 0) < now);
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

export function findAbandonedUpdates(db: Db): Promise<{ payment: PaymentRow; effectId: string }[]> {
  const tables = tablesOf(db);
  return tables.call('find what was never told', () =>
    [...tables.outbox.values()]
      .filter((update) => update.state === 'pending' && isForgotten(update, Date.now()))
      .filter(({ paymentId }) => mayBeWoken(tables, 'untold_update', paymentId))
      .map(({ effectId, paymentId }) => ({
        effectId,
        payment: tables.payments.get(paymentId) as PaymentRow,
      })),
  );
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
