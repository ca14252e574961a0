/** `src/store/outbox.ts` in memory. */
import type { OrderStatus, UpdateType } from '../../../src/domain/order.ts';
import type { Db } from '../../../src/store/open.ts';
import type { OutboxRow, OutboxState, ReadUpdate } from '../../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';

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
      : { ...update, hasLater: hasLater(tables, update), isEarly: isEarly(tables, update) };
  });
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
      earlier.createdAt.getTime() > since,
  );
}

export function pendingEffects(db: Db, paymentId: string): Promise<string[]> {
  const tables = tablesOf(db);
  return tables.call('list what is untold', () =>
    [...tables.outbox.values()]
      .filter((update) => update.paymentId === paymentId && update.state === 'pending')
      .map(({ effectId }) => effectId),
  );
}

export function recordAttempt(
  db: Db,
  effectId: string,
  { state, answer, sent }: { state: OutboxState; answer: string; sent: boolean },
): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('record how telling went', () => {
    const update = tables.outbox.get(effectId);
    if (update?.state !== 'pending') return;
    const attempts = update.attempts + (sent ? 1 : 0);
    tables.outbox.set(effectId, { ...update, state, lastAnswer: answer, attempts, attemptedAt: new Date() });
  });
}

export function findAbandonedUpdates(db: Db): Promise<{ payment: PaymentRow; effectId: string }[]> {
  const tables = tablesOf(db);
  return tables.call('find what was never told', () =>
    [...tables.outbox.values()]
      .filter((update) => isAbandoned(update, Date.now()))
      .map(({ effectId, paymentId }) => ({
        effectId,
        payment: tables.payments.get(paymentId) as PaymentRow,
      })),
  );
}

function isAbandoned({ state, attemptedAt, createdAt }: OutboxRow, now: number): boolean {
  const due = attemptedAt === null ? createdAt.getTime() + 5 * 60_000 : attemptedAt.getTime() + 90 * 60_000;
  return state === 'pending' && due < now;
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
