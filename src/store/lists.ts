/** Pages of rows, newest first. The id of the last row seen is the cursor. */
import {
  and,
  desc,
  eq,
  getTableColumns,
  gte,
  inArray,
  isNotNull,
  lt,
  or,
  sql,
  type Column,
  type SQL,
} from 'drizzle-orm';
import type { PaymentStatus } from '../domain/payment.ts';
import { isOnlyRow } from './backfilled.ts';
import type { DeliveryRow } from './deliveries.ts';
import { idsFrom } from './new-ids.ts';
import type { Db } from './open.ts';
import type { OperationRow } from './operations.ts';
import type { OutboxRow, OutboxState } from './outbox.ts';
import type { PaymentRow } from './payments.ts';
import { deliveries } from './schema/delivery-table.ts';
import { operations } from './schema/operation-table.ts';
import { outbox } from './schema/update-tables.ts';
import { payments } from './schema/order-tables.ts';

export interface Page<Row> {
  readonly rows: Row[];
  readonly hasMore: boolean;
}

export interface PaymentFilter {
  readonly order?: string | undefined;
  readonly status?: PaymentStatus | undefined;
  readonly gateway?: string | undefined;
  readonly createdAfter?: string | undefined;
  /** Payments whose authorization is expected to lapse before this time. */
  readonly expiringBefore?: string | undefined;
  /** Payments that wait for a person: in REVIEW, or with a review mark. */
  readonly review?: 'true' | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listPayments(db: Db, filter: PaymentFilter): Promise<Page<PaymentRow>> {
  const { order, status, gateway, createdAfter, expiringBefore, review, cursor, limit } = filter;
  const wanted = [
    is(payments.orderReference, order),
    is(payments.status, status),
    is(payments.gateway, gateway),
    madeSince(payments.id, 'pay', payments.createdAt, createdAfter),
    expiringBefore === undefined ? undefined : lt(payments.authorizationExpiresAt, new Date(expiringBefore)),
    review && or(eq(payments.status, 'REVIEW'), isNotNull(payments.reviewMark)),
    cursor === undefined ? undefined : lt(payments.id, cursor),
  ];
  const found = await db
    .select()
    .from(payments)
    .where(and(...wanted))
    .orderBy(desc(payments.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

export interface DeliveryFilter {
  readonly payment?: string | undefined;
  readonly gateway?: string | undefined;
  readonly outcome?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<Page<DeliveryRow>> {
  const { payment, gateway, outcome, cursor, limit } = filter;
  const wanted = [
    is(deliveries.paymentId, payment),
    is(deliveries.gateway, gateway),
    is(deliveries.outcome, outcome),
    isOnlyRow,
    cursor === undefined ? undefined : lt(deliveries.id, cursor),
  ];
  const found = await db
    .select()
    .from(deliveries)
    .where(and(...wanted))
    .orderBy(desc(deliveries.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

export interface UpdateFilter {
  readonly state?: OutboxState | undefined;
  readonly minAttempts?: number | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly limit: number;
  /** The effect id of the last update seen. */
  readonly cursor?: string | undefined;
}

/** Updates to the merchant, newest first. */
export async function pageOfUpdates(db: Db, filter: UpdateFilter): Promise<Page<OutboxRow>> {
  const { state, minAttempts, payment, order, cursor, limit } = filter;
  const wanted = [
    is(outbox.state, state),
    minAttempts === undefined ? undefined : gte(outbox.attempts, minAttempts),
    is(outbox.paymentId, payment),
    is(outbox.orderReference, order),
    cursor === undefined
      ? undefined
      : sql`(outbox.created_at, outbox.effect_id) < (select seen.created_at, seen.effect_id from outbox seen where seen.effect_id = ${cursor})`,
  ];
  const found = await db
    .select()
    .from(outbox)
    .where(and(...wanted))
    .orderBy(desc(outbox.createdAt), desc(outbox.effectId))
    .limit(limit + 1);
  return pageOf(found, limit);
}

export interface OperationFilter {
  readonly state?: OperationRow['state'] | undefined;
  /** Neither done nor failed. */
  readonly isOpen?: true;
  readonly kind?: OperationRow['kind'] | undefined;
  readonly createdBefore?: Date | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListedOperation
  extends OperationRow, Pick<PaymentRow, 'orderReference' | 'currency' | 'acceptedCurrency'> {
  /** The payment's own transaction. */
  readonly ownTransactionId: string | null;
}

/** Captures, refunds and voids of all orders. */
export async function pageOfOperations(db: Db, filter: OperationFilter): Promise<Page<ListedOperation>> {
  const { state, isOpen, kind, createdBefore, cursor, limit } = filter;
  const { orderReference, currency, acceptedCurrency, transactionId: ownTransactionId } = payments;
  const found = await db
    .select({ ...getTableColumns(operations), orderReference, currency, acceptedCurrency, ownTransactionId })
    .from(operations)
    .innerJoin(payments, eq(payments.id, operations.paymentId))
    .where(
      and(
        is(operations.state, state),
        isOpen && inArray(operations.state, ['pending', 'unknown']),
        is(operations.kind, kind),
        createdBefore && lt(operations.createdAt, createdBefore),
        cursor === undefined ? undefined : lt(operations.id, cursor),
      ),
    )
    .orderBy(desc(operations.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

/** Compares the id too, which begins with the time: a scan in id order then knows where to stop. */
export function madeSince(
  id: Column,
  prefix: 'pay' | 'aud',
  at: Column,
  since: string | undefined,
): SQL | undefined {
  if (since === undefined) return undefined;
  const time = new Date(since);
  return and(gte(at, time), gte(id, idsFrom(prefix, time)));
}

/** No condition where no value is given. */
export function is(column: Column, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value);
}

/** For rows that were selected with one more than the limit. */
export function pageOf<Row>(found: Row[], limit: number): Page<Row> {
  return { rows: found.slice(0, limit), hasMore: found.length > limit };
}
