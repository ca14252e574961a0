/** Pages of payments, newest first, and what the list shows of each payment's order. */
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
  lte,
  ne,
  or,
  sql,
  type SQL,
} from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { Dispute } from '../domain/dispute.ts';
import type { FoundBy } from '../domain/found-by.ts';
import type { OrderStatus } from '../domain/order.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import { is, madeBefore, madeSince, pageOf, reasonIs, type Page } from './lists.ts';
import { rows, type Db } from './open.ts';
import type { OutboxState } from './outbox.ts';
import type { PaymentRow } from './payments.ts';
import { payments } from './schema/order-tables.ts';
import { outbox } from './schema/update-tables.ts';
import { anySurplus } from './surplus-condition.ts';

/** Whether the merchant has acknowledged the newest update of the order. `off`: there is no endpoint. */
export type Heard = 'yes' | 'no' | 'off';

export interface PaymentFilter {
  readonly order?: string | undefined;
  readonly status?: readonly PaymentStatus[] | undefined;
  readonly orderStatus?: OrderStatus | undefined;
  readonly gateway?: string | undefined;
  readonly createdAfter?: string | undefined;
  readonly createdBefore?: string | undefined;
  /** In minor units. */
  readonly amountFrom?: number | undefined;
  readonly amountTo?: number | undefined;
  readonly currency?: string | undefined;
  readonly method?: string | undefined;
  /** The reason of the payment, or its part before the first colon. */
  readonly reason?: string | undefined;
  readonly heard?: Heard | undefined;
  readonly dispute?: Dispute['state'] | undefined;
  /** Payments whose authorization is expected to lapse before this time. */
  readonly expiringBefore?: string | undefined;
  /** Payments that wait for a person: in REVIEW, or with a review mark. */
  readonly review?: 'true' | undefined;
  readonly refunded?: 'true' | undefined;
  /** A capture, refund or void of it has not ended. */
  readonly openOperation?: 'true' | undefined;
  /** Further transactions of its session hold or held money. */
  readonly surplus?: 'true' | undefined;
  /** Authorized, and not wholly captured. */
  readonly capturable?: 'true' | undefined;
  /** A person has accepted it although it did not fit. */
  readonly accepted?: 'true' | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** What found it paid. */
  readonly foundBy?: FoundBy | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

export async function listPayments(db: Db, filter: PaymentFilter): Promise<Page<PaymentRow>> {
  const { limit, heard } = filter;
  const all = db.select(getTableColumns(payments)).from(payments).$dynamic();
  const found = await (heard === 'no' ? all.innerJoin(unheard, isUnheard(filter)) : all)
    .where(and(...byItself(filter), ...byMoney(filter), ...byOrder(filter)))
    .orderBy(desc(payments.id))
    .limit(limit + 1);
  return pageOf(found, limit);
}

const unheard = alias(outbox, 'u');

/**
 * The update that the merchant has not heard. At most one of an order is the newest, so a join shows no payment
 * twice; and its index has the order of the list.
 */
function isUnheard({ cursor }: PaymentFilter): SQL | undefined {
  return and(
    eq(unheard.paymentId, payments.id),
    inArray(unheard.state, ['pending', 'gave_up', 'gone']),
    cursor === undefined ? undefined : lt(unheard.paymentId, cursor),
    IS_NEWEST,
  );
}

type Conditions = readonly (SQL | undefined)[];

function byItself(filter: PaymentFilter): Conditions {
  const { order, status, gateway, createdAfter, createdBefore, method, reason, metadata, cursor } = filter;
  const { foundBy } = filter;
  return [
    is(payments.orderReference, order),
    status?.length === 1 ? is(payments.status, status[0]) : status && inArray(payments.status, [...status]),
    is(payments.gateway, gateway),
    madeSince(payments.id, 'pay', payments.createdAt, createdAfter),
    madeBefore(payments.id, 'pay', payments.createdAt, createdBefore),
    is(payments.paymentMethod, method),
    foundBy && wasFoundBy(foundBy),
    reason === undefined ? undefined : reasonIs(payments.reason, reason),
    metadata && sql`${payments.metadata} @> ${JSON.stringify(metadata)}::jsonb`,
    cursor === undefined ? undefined : lt(payments.id, cursor),
  ];
}

/** Nearly all are found by a callback; the others have an index with this condition. */
function wasFoundBy(by: FoundBy): SQL | undefined {
  return and(eq(payments.foundBy, by), by === 'callback' ? undefined : sql`found_by <> 'callback'`);
}

function byMoney(filter: PaymentFilter): Conditions {
  const { amountFrom, amountTo, currency, expiringBefore, refunded, surplus, capturable, dispute } = filter;
  const { accepted } = filter;
  const isHeld = and(
    inArray(payments.status, ['AUTHORIZED', 'PARTIALLY_CAPTURED']),
    lt(payments.captured, payments.authorized),
  );
  return [
    amountFrom === undefined ? undefined : gte(payments.amount, amountFrom),
    amountTo === undefined ? undefined : lte(payments.amount, amountTo),
    is(payments.currency, currency),
    expiringBefore === undefined ? undefined : lt(payments.authorizationExpiresAt, new Date(expiringBefore)),
    refunded && gt(payments.refunded, 0),
    surplus && anySurplus,
    capturable && isHeld,
    accepted && isNotNull(payments.acceptedAmount),
    dispute && isDisputed(dispute),
  ];
}

/** The first condition is that of the index. */
function isDisputed(state: Dispute['state']): SQL | undefined {
  const shown = JSON.stringify([{ state }]);
  return and(ne(payments.disputes, sql`'[]'::jsonb`), sql`${payments.disputes} @> ${shown}::jsonb`);
}

// In these conditions every name is qualified by hand: drizzle writes bare column names, which would refer to the
// tables inside.

function byOrder({ orderStatus, heard, review, openOperation }: PaymentFilter): Conditions {
  return [
    orderStatus &&
      sql`payments.order_reference in (select o.reference from orders o where o.status = ${orderStatus})`,
    heard && heard !== 'no' ? HEARD[heard] : undefined,
    review && or(eq(payments.status, 'REVIEW'), isNotNull(payments.reviewMark)),
    openOperation &&
      sql`payments.id in (select w.payment_id from operations w where w.state in ('pending', 'unknown'))`,
  ];
}

/** The newest update counts, without one that another has replaced before it was sent. */
const IS_NEWEST = sql`not exists (select 1 from outbox later where later.order_reference = u.order_reference
  and later.sequence > u.sequence and later.state <> 'superseded')`;

/** Nearly all updates are acknowledged. */
const HEARD = {
  yes: sql`(select u.state from outbox u where u.order_reference = payments.order_reference and u.state <> 'superseded'
    order by u.sequence desc limit 1) = 'delivered'`,
  off: sql`payments.id in (select u.payment_id from outbox u where u.state = 'off' and ${IS_NEWEST})`,
} as const satisfies Record<Exclude<Heard, 'no'>, SQL>;

/** The order of a listed payment, and the newest update about it. */
export interface OrderBeside {
  readonly status: OrderStatus;
  /** Null where the merchant was told nothing yet. */
  readonly update: { readonly effectId: string; readonly type: string; readonly state: OutboxState } | null;
}

/** The orders of a page of payments, by reference. */
export async function ordersBeside(
  db: Db,
  listed: readonly Pick<PaymentRow, 'orderReference'>[],
): Promise<ReadonlyMap<string, OrderBeside>> {
  if (listed.length === 0) return new Map();
  const references = JSON.stringify([...new Set(listed.map(({ orderReference }) => orderReference))]);
  const found = await rows<OrderBeside & { reference: string }>(
    db,
    sql`select o.reference, o.status, newest.update from orders o
      left join lateral (select jsonb_build_object('effectId', u.effect_id, 'type', u.type, 'state', u.state) as update
        from outbox u where u.order_reference = o.reference and u.state <> 'superseded'
        order by u.sequence desc limit 1) newest on true
      where o.reference in (select jsonb_array_elements_text(${references}::jsonb))`,
  );
  return new Map(found.map(({ reference, ...beside }) => [reference, beside]));
}

/** What an update's state means for the question whether the merchant has heard of the order's state. */
export function heardOf(update: OrderBeside['update']): Heard | null {
  if (update === null) return null;
  if (update.state === 'delivered') return 'yes';
  return update.state === 'off' ? 'off' : 'no';
}
