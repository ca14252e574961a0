/**
 * Authorizations that are about to lapse. The merchant is notified 48 hours ahead, once for each deadline.
 */
import { and, asc, eq, inArray, isNotNull, lt, sql } from 'drizzle-orm';
import { effectId } from '../domain/order.ts';
import { isTrialOrder, TOLD_TO_NO_SHOP } from '../domain/trial-order.ts';
import type { Db } from './open.ts';
import { updateBody } from './update-body.ts';
import { moneyOf } from './payment-snapshot.ts';
import type { OrderRow, PaymentRow } from './payments.ts';
import type { RecordSettings } from './record-finding/record-request.ts';
import { orders, payments, timeline } from './schema/order-tables.ts';
import { outbox } from './schema/update-tables.ts';
import { formatMoney } from '../domain/money.ts';

const TYPE = 'order.authorization_expiring';

/**
 * Only the payment that has paid its order: the money of any other payment goes back. Not while a void of it
 * is under way.
 */
const isLapsing = and(
  inArray(payments.status, ['AUTHORIZED', 'PARTIALLY_CAPTURED']),
  isNotNull(payments.authorizationExpiresAt),
  lt(payments.authorizationExpiresAt, sql`now() + interval '48 hours'`),
  // Qualified by hand: drizzle writes bare column names here, which would refer to the inner tables.
  sql`not exists (select 1 from operations w where w.payment_id = payments.id and w.kind = 'void' and w.state in ('pending', 'unknown'))`,
  sql`not exists (select 1 from outbox told where told.effect_id = payments.id || '/${sql.raw(TYPE)}/'
    || to_char(payments.authorization_expires_at at time zone 'UTC', 'YYYY-MM-DD'))`,
);

/** Includes the reference, since the index finds an order by it. */
const hasPaidIt = and(eq(orders.reference, payments.orderReference), eq(orders.paidPaymentId, payments.id));

/**
 * Payments whose authorization lapses within 48 hours, or should have lapsed, and whose merchant was not
 * notified. The most urgent first.
 */
export async function findExpiring(db: Db, limit: number): Promise<PaymentRow[]> {
  const found = await db
    .select({ payment: payments })
    .from(payments)
    .innerJoin(orders, hasPaidIt)
    .where(isLapsing)
    .orderBy(asc(payments.authorizationExpiresAt))
    .limit(limit);
  return found.map(({ payment }) => payment);
}

/**
 * Writes the announcement, under the order's lock. Null where another process has written it, where nothing
 * is left to announce, or where no shop is to hear of the order.
 */
export function announceExpiring(
  db: Db,
  { id, orderReference }: Pick<PaymentRow, 'id' | 'orderReference'>,
  { livemode }: Pick<RecordSettings, 'livemode'>,
): Promise<string | null> {
  return db.transaction(async (tx) => {
    // A separate statement: the snapshot of the next one must be taken after the wait for the lock.
    await tx.execute(sql`select 1 from ${orders} where reference = ${orderReference} for update`);
    const [found] = await tx
      .select({ payment: payments, order: orders })
      .from(payments)
      .innerJoin(orders, hasPaidIt)
      .where(and(eq(payments.id, id), isLapsing));
    return found === undefined ? null : announce(tx, found, livemode);
  });
}

async function announce(
  tx: Db,
  { payment, order }: { payment: PaymentRow; order: OrderRow },
  livemode: RecordSettings['livemode'],
): Promise<string | null> {
  const lapsesAt = payment.authorizationExpiresAt?.toISOString() ?? '';
  const deadline = lapsesAt.slice(0, 10);
  const key = { orderReference: order.reference, paymentId: payment.id };
  const sequence = order.sequence + 1;
  const update = { type: TYPE, orderStatus: order.status } as const;
  const isLive = livemode(payment.gateway);
  const isTrial = isTrialOrder(order.reference, isLive);
  const body = updateBody(update, { order, payment, sequence, livemode: isLive });
  const effect = effectId(key, TYPE, deadline);
  await tx.insert(outbox).values({
    ...key,
    effectId: effect,
    sequence,
    type: TYPE,
    body,
    ...(isTrial ? { state: 'off', lastAnswer: TOLD_TO_NO_SHOP } : { state: 'pending' }),
  });
  await tx
    .update(orders)
    .set({ sequence, updatedAt: sql`now()` })
    .where(eq(orders.reference, order.reference));
  const { currency } = moneyOf(payment);
  const held = formatMoney({ amountMinor: payment.authorized - payment.captured, currency });
  const text = `${held} is authorized and not captured, and is expected to lapse at ${lapsesAt}: ${TYPE} queued for the merchant`;
  await tx
    .insert(timeline)
    .values({ paymentId: payment.id, kind: 'update', text, key: `expiring-${deadline}` })
    .onConflictDoNothing();
  return isTrial ? null : effect;
}
