/** Pages of rows, newest first. The id of the last row seen is the cursor. */
import {
  and,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  inArray,
  isNotNull,
  lt,
  or,
  sql,
  type Column,
  type SQL,
} from 'drizzle-orm';
import { isOnlyRow } from './backfilled.ts';
import type { DeliveryRow } from './deliveries.ts';
import { idsFrom, idsUntil, type Prefix } from './new-ids.ts';
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

export interface DeliveryFilter {
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly gateway?: string | undefined;
  readonly outcome?: string | undefined;
  readonly state?: string | undefined;
  /** The reason, or its part before the first colon. */
  readonly reason?: string | undefined;
  readonly receivedAfter?: string | undefined;
  readonly receivedBefore?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listDeliveries(db: Db, filter: DeliveryFilter): Promise<Page<DeliveryRow>> {
  const { payment, order, gateway, outcome, state, reason, receivedAfter, receivedBefore } = filter;
  const { cursor, limit } = filter;
  const wanted = [
    is(deliveries.paymentId, payment),
    order === undefined ? undefined : inArray(deliveries.paymentId, paymentsOf(db, order)),
    is(deliveries.gateway, gateway),
    is(deliveries.outcome, outcome),
    is(deliveries.state, state),
    reason === undefined ? undefined : reasonIs(deliveries.reason, reason),
    madeSince(deliveries.id, 'dlv', deliveries.receivedAt, receivedAfter),
    madeBefore(deliveries.id, 'dlv', deliveries.receivedAt, receivedBefore),
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

/** How the last attempt was answered: the class of its status, or `none` where there was no answer. */
export type AnswerClass = '2xx' | '3xx' | '4xx' | '5xx' | 'none';

export interface UpdateFilter {
  readonly state?: OutboxState | undefined;
  readonly type?: string | undefined;
  readonly answer?: AnswerClass | undefined;
  /** When it was queued. */
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  readonly minAttempts?: number | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly limit: number;
  /** The effect id of the last update seen. */
  readonly cursor?: string | undefined;
}

/** The second condition is that of an index, which has only what was tried again. */
function wasTried(times: number): SQL | undefined {
  return and(gte(outbox.attempts, times), times < 2 ? undefined : sql`${outbox.attempts} >= 2`);
}

/** Updates to the merchant, newest first. */
export async function pageOfUpdates(db: Db, filter: UpdateFilter): Promise<Page<OutboxRow>> {
  const { state, type, answer, createdAfter, createdBefore, minAttempts, payment, order } = filter;
  const { cursor, limit } = filter;
  const wanted = [
    is(outbox.state, state),
    is(outbox.type, type),
    answer && wasAnswered(answer),
    createdAfter === undefined ? undefined : gte(outbox.createdAt, new Date(createdAfter)),
    createdBefore === undefined ? undefined : lt(outbox.createdAt, new Date(createdBefore)),
    minAttempts === undefined ? undefined : wasTried(minAttempts),
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

/**
 * Only a 2xx ends an update as delivered. Any other answer is that of one of the few updates that are not, and the
 * states are written as in the indexes of these.
 */
function wasAnswered(answer: AnswerClass): SQL | undefined {
  if (answer === '2xx') return eq(outbox.state, 'delivered');
  const isStatus = sql`${outbox.lastAnswer} ~ '^[0-9]{3}$'`;
  const isIt =
    answer === 'none'
      ? and(gt(outbox.attempts, 0), sql`not ${isStatus}`)
      : and(isStatus, sql`left(${outbox.lastAnswer}, 1) = ${answer.slice(0, 1)}`);
  return or(and(eq(outbox.state, 'pending'), isIt), and(inArray(outbox.state, ['gave_up', 'gone']), isIt));
}

export interface OperationFilter {
  readonly state?: OperationRow['state'] | undefined;
  /** Neither done nor failed. */
  readonly isOpen?: true;
  readonly kind?: OperationRow['kind'] | undefined;
  readonly cause?: OperationRow['cause'] | undefined;
  /** The code with which it failed. */
  readonly problem?: string | undefined;
  readonly payment?: string | undefined;
  readonly order?: string | undefined;
  readonly gateway?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export interface ListedOperation
  extends OperationRow, Pick<PaymentRow, 'orderReference' | 'currency' | 'acceptedCurrency' | 'gateway'> {
  /** The payment's own transaction. */
  readonly ownTransactionId: string | null;
}

/** Captures, refunds and voids of all orders. */
export async function pageOfOperations(db: Db, filter: OperationFilter): Promise<Page<ListedOperation>> {
  const { state, isOpen, kind, cause, payment, order, gateway, createdAfter, createdBefore } = filter;
  const { problem, cursor, limit } = filter;
  const { orderReference, currency, acceptedCurrency, transactionId: ownTransactionId } = payments;
  const ofPayment = {
    orderReference,
    currency,
    acceptedCurrency,
    ownTransactionId,
    gateway: payments.gateway,
  };
  const found = await db
    .select({ ...getTableColumns(operations), ...ofPayment })
    .from(operations)
    .innerJoin(payments, eq(payments.id, operations.paymentId))
    .where(
      and(
        is(operations.state, state),
        isOpen && inArray(operations.state, ['pending', 'unknown']),
        is(operations.kind, kind),
        is(operations.cause, cause),
        problem === undefined ? undefined : and(eq(operations.state, 'failed'), eq(operations.code, problem)),
        is(operations.paymentId, payment),
        is(payments.orderReference, order),
        is(payments.gateway, gateway),
        madeSince(operations.id, 'op', operations.createdAt, createdAfter),
        madeBefore(operations.id, 'op', operations.createdAt, createdBefore),
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
  prefix: Prefix,
  at: Column,
  since: string | undefined,
): SQL | undefined {
  if (since === undefined) return undefined;
  const time = new Date(since);
  return and(gte(at, time), gte(id, idsFrom(prefix, time)));
}

/** The same for a time before which: the scan then knows where to begin. */
export function madeBefore(
  id: Column,
  prefix: Prefix,
  at: Column,
  until: string | undefined,
): SQL | undefined {
  if (until === undefined) return undefined;
  const time = new Date(until);
  return and(lt(at, time), lt(id, idsUntil(prefix, time)));
}

/** How much of a reason the indexes have: it may be a gateway's text of any length. */
const INDEXED = 60;

/** The reason is this one, or begins with this one and a colon. */
export function reasonIs(column: Column, given: string): SQL | undefined {
  const [beginning = ''] = given.split(':');
  const isIndexed = sql`left(split_part(${column}, ':', 1), 60) = ${beginning.slice(0, INDEXED)}`;
  const isWhole = beginning === given && given.length < INDEXED;
  const isSame = or(eq(column, given), sql`starts_with(${column}, ${`${given}:`})`);
  return and(isNotNull(column), isIndexed, isWhole ? undefined : isSame);
}

function paymentsOf(db: Db, order: string) {
  return db.select({ id: payments.id }).from(payments).where(eq(payments.orderReference, order));
}

/** No condition where no value is given. */
export function is(column: Column, value: string | undefined): SQL | undefined {
  return value === undefined ? undefined : eq(column, value);
}

/** For rows that were selected with one more than the limit. */
export function pageOf<Row>(found: Row[], limit: number): Page<Row> {
  return { rows: found.slice(0, limit), hasMore: found.length > limit };
}
