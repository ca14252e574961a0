/** The one place where a payment, its order, its timeline and the merchant's updates change: in one transaction. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import { effectId, type OrderStanding, type OrderStatus } from '../domain/order.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import {
  settle,
  type LateMoneyPolicy,
  type Outcome,
  type PaymentStanding,
  type Settlement,
} from '../domain/settle.ts';
import type { Transaction } from '../domain/transaction.ts';
import { markHandled, type HandledDelivery } from './deliveries.ts';
import type { Db } from './open.ts';
import { updateBody } from './outbox.ts';
import { moneyOf, type OrderRow, type PaymentRow } from './payments.ts';
import { orders, outbox, payments, timeline } from './schema.ts';
import type { Note } from './timeline.ts';

export interface OutcomeRecord {
  readonly paymentId: string;
  /** Null when a look changed nothing and only its deliveries and notes are to be kept. */
  readonly outcome: Outcome | null;
  readonly transaction?: Transaction;
  readonly deliveries: readonly HandledDelivery[];
  readonly notes: readonly Note[];
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
}

export interface RecordedOutcome {
  readonly status: PaymentStatus;
  readonly reason: string | null;
  readonly orderStatus: OrderStatus;
  /** This very record paid the order. */
  readonly paysNow: boolean;
  /** Effects that the merchant has not been told yet. */
  readonly untold: readonly string[];
}

export interface RecordSettings {
  readonly policy: LateMoneyPolicy;
  readonly livemode: boolean;
  /** False where no ORDER_WEBHOOK_URL is set: the updates are kept but go nowhere. */
  readonly tells: boolean;
}

/**
 * Settles an outcome under the order's lock and writes all of it or nothing. Idempotent: the same record again changes nothing.
 * @throws Error when the payment does not exist.
 */
export function recordOutcome(
  db: Db,
  record: OutcomeRecord,
  settings: RecordSettings,
): Promise<RecordedOutcome> {
  return db.transaction(async (tx) => {
    const { order, payment, otherOpen, pending } = await lock(tx, record.paymentId);
    const settled =
      record.outcome &&
      settle(orderStanding(order, otherOpen), paymentStanding(payment), record.outcome, settings.policy);
    const told = settled === null ? [] : await apply(tx, { order, payment }, settled, record, settings);
    await writeNotes(tx, payment, settled, record);
    await markHandled(tx, payment, record.deliveries);
    return {
      status: settled?.status ?? payment.status,
      reason: settled === null ? payment.reason : settled.reason,
      orderStatus: settled?.orderStatus ?? order.status,
      paysNow: settled?.paysNow ?? false,
      untold: settings.tells ? [...new Set([...pending, ...told])] : [],
    };
  });
}

interface Locked {
  readonly order: OrderRow;
  readonly payment: PaymentRow;
  readonly otherOpen: boolean;
  readonly pending: readonly string[];
}

async function lock(tx: Db, paymentId: string): Promise<Locked> {
  const [row] = await tx
    .select({
      order: orders,
      payment: payments,
      otherOpen: sql<boolean>`exists (select 1 from payments p where p.order_reference = ${orders.reference}
        and p.id <> ${payments.id} and p.status in ('PENDING', 'ON_HOLD'))`,
      pending: sql<string[]>`array(select effect_id from outbox u where u.payment_id = ${payments.id}
        and u.state = 'pending' order by u.sequence)`,
    })
    .from(payments)
    .innerJoin(orders, eq(orders.reference, payments.orderReference))
    .where(eq(payments.id, paymentId))
    .for('update');
  if (row === undefined) throw new Error(`recording an outcome: there is no payment ${paymentId}`);
  return row;
}

function orderStanding(order: OrderRow, otherOpen: boolean): OrderStanding {
  const { reference, paidPaymentId, latestN } = order;
  return {
    reference,
    money: moneyOf(order),
    status: order.status,
    paidPaymentId,
    latestN,
    otherOpen,
  };
}

function paymentStanding(payment: PaymentRow): PaymentStanding {
  return {
    id: payment.id,
    n: payment.n,
    money: moneyOf(payment),
    status: payment.status,
    reason: payment.reason,
    closedBy: payment.closedBy,
    dismissed: payment.dismissed,
    capturedMinor: payment.captured,
    refundedMinor: payment.refunded,
  };
}

async function apply(
  tx: Db,
  before: { order: OrderRow; payment: PaymentRow },
  settled: Settlement,
  record: OutcomeRecord,
  settings: RecordSettings,
): Promise<string[]> {
  const payment = await updatePayment(tx, before.payment, settled, record);
  const order = await updateOrder(tx, before, settled);
  if (settled.updates.length === 0) return [];
  const values = settled.updates.map((update, index) => ({
    effectId: effectId({ orderReference: order.reference, paymentId: payment.id }, update.type, update.cause),
    orderReference: order.reference,
    paymentId: payment.id,
    sequence: before.order.sequence + index + 1,
    type: update.type,
    body: updateBody(update, {
      order,
      payment,
      sequence: before.order.sequence + index + 1,
      livemode: settings.livemode,
    }),
    state: settings.tells ? 'pending' : 'off',
  }));
  const written = await tx
    .insert(outbox)
    .values(values)
    .onConflictDoNothing()
    .returning({ effectId: outbox.effectId });
  return written.map((row) => row.effectId);
}

async function updatePayment(
  tx: Db,
  before: PaymentRow,
  settled: Settlement,
  record: OutcomeRecord,
): Promise<PaymentRow> {
  const found = record.transaction;
  const enteredReview = settled.status === 'REVIEW' && before.status !== 'REVIEW';
  const [payment] = await tx
    .update(payments)
    .set({
      status: settled.status,
      reason: settled.reason,
      closedBy: settled.closedBy,
      dismissed: settled.dismissed,
      reviewSince: settled.status !== 'REVIEW' ? null : enteredReview ? sql`now()` : before.reviewSince,
      updatedAt: sql`now()`,
      ...(found && {
        transactionId: found.transactionId,
        transactionUpdatedAt: found.updatedAt ?? null,
        paymentMethod: found.paymentMethod ?? null,
        authorized: found.authorizedMinor,
        captured: found.capturedMinor,
        refunded: found.refundedMinor,
      }),
    })
    .where(eq(payments.id, before.id))
    .returning();
  return payment as PaymentRow;
}

async function updateOrder(
  tx: Db,
  before: { order: OrderRow; payment: PaymentRow },
  settled: Settlement,
): Promise<OrderRow> {
  const { order, payment } = before;
  const isSame = !settled.paysNow && settled.updates.length === 0 && settled.orderStatus === order.status;
  if (isSame) return order;
  const [changed] = await tx
    .update(orders)
    .set({
      status: settled.orderStatus,
      sequence: order.sequence + settled.updates.length,
      updatedAt: sql`now()`,
      ...(settled.paysNow && { paidPaymentId: payment.id, paidAt: sql`now()` }),
    })
    // The lock makes this certain; the condition makes it certain twice.
    .where(
      and(eq(orders.reference, order.reference), settled.paysNow ? isNull(orders.paidPaymentId) : undefined),
    )
    .returning();
  if (changed === undefined)
    throw new Error(`recording an outcome: order ${order.reference} was paid in between`);
  return changed;
}

async function writeNotes(
  tx: Db,
  payment: PaymentRow,
  settled: Settlement | null,
  record: OutcomeRecord,
): Promise<void> {
  const updates =
    settled?.updates.map((update) => ({ kind: 'update', text: `${update.type} queued for the merchant` })) ??
    [];
  const decided =
    settled !== null && (settled.status !== payment.status || settled.reason !== payment.reason)
      ? [
          {
            kind: 'decision',
            text: decisionText(payment, settled),
            data: { from: payment.status, to: settled.status },
          },
        ]
      : [];
  const values = [...record.notes, ...decided, ...updates].map((note, index) => ({
    ...note,
    at: 'at' in note && note.at !== undefined ? new Date(note.at) : new Date(),
    paymentId: record.paymentId,
    key: `${record.key}-${index}`,
  }));
  if (values.length > 0) await tx.insert(timeline).values(values).onConflictDoNothing();
}

function decisionText(payment: PaymentRow, settled: Settlement): string {
  const why = settled.reason === null ? '' : ` (${settled.reason})`;
  const paid = settled.paysNow ? `; order ${payment.orderReference} is paid by this payment` : '';
  return `${payment.status} became ${settled.status}${why}${paid}`;
}
