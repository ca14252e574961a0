/** What a settlement makes of the rows of a payment and its order: pure, under the lock that recordOutcome holds. */
import { createHash } from 'node:crypto';
import { isPlain, shownAfter } from '../domain/news.ts';
import { effectId, type OrderStanding, type UpdateType } from '../domain/order.ts';
import { isSettled } from '../domain/payment.ts';
import type { Settlement } from '../domain/settle.ts';
import type { Transaction } from '../domain/transaction.ts';
import type { StoredOperation } from './outcome-operations.ts';
import { updateBody } from './outbox.ts';
import type { OrderRow, PaymentRow } from './payments.ts';
import type { outbox, timeline } from './schema.ts';
import type { Note } from './timeline.ts';

/** The rows as the lock found them. */
export interface Locked extends Pick<OrderStanding, 'otherOpen' | 'otherReviewed'> {
  readonly order: OrderRow;
  readonly payment: PaymentRow;
  /** The time of the transaction, by the database's clock. */
  readonly now: Date;
  /** Effects of this payment that the merchant has not been told, and that the run that records is to tell. */
  readonly pending: readonly string[];
  /** Those of them that no run is telling: never told of, or to be sent again. */
  readonly unclaimed: readonly string[];
  /** Every effect that the order has had. */
  readonly known: readonly string[];
  /** Those that are not finished, and those that the gateway may yet turn out to have carried out. */
  readonly operations: readonly StoredOperation[];
  /** Callbacks that nobody has handled yet, the record's own among them. */
  readonly unhandled: number;
  /** Somebody has asked for another session in the place of this one, and it is being closed for that. */
  readonly isReplaced: boolean;
  /** The very same record was written before. */
  readonly isWritten: boolean;
}

/** The rows afterwards; the order's own where nothing about it changes. */
export function settledRows(
  before: Locked,
  settled: Settlement,
  { transaction }: { readonly transaction?: Transaction },
): Pick<Locked, 'order' | 'payment'> {
  const { payment, now } = before;
  const { status, reason, mark, closedBy, dismissed } = settled;
  const isInReview = status === 'REVIEW' || mark !== null;
  return {
    order: settledOrder(before, settled),
    payment: {
      ...payment,
      status,
      reason,
      closedBy,
      dismissed,
      reviewMark: mark,
      reviewSince: isInReview ? (payment.reviewSince ?? now) : null,
      updatedAt: now,
      ...(transaction && found(payment, transaction)),
      ...(transaction && settled.accepts && acceptedIn(transaction)),
      ...(isSettled(status) &&
        ('customer' in payment.request || 'customerHash' in payment.request) && {
          request: withoutCustomer(payment),
        }),
    },
  };
}

/** Whoever was to pay is nobody's business once there is no session to be opened any more. */
function withoutCustomer({ request }: PaymentRow): PaymentRow['request'] {
  const { customer: _, customerHash: __, ...rest } = request;
  return rest;
}

function found({ shownOperations }: PaymentRow, transaction: Transaction): Partial<PaymentRow> {
  return {
    shownOperations: shownAfter(shownOperations, transaction.operations),
    transactionId: transaction.transactionId,
    transactionUpdatedAt: transaction.updatedAt ?? null,
    authorizationExpiresAt: lapseOf(transaction),
    paymentMethod: transaction.paymentMethod ?? null,
    knownEvents: transaction.knownEvents ?? [],
    authorized: transaction.authorizedMinor,
    captured: transaction.capturedMinor,
    refunded: transaction.refundedMinor,
  };
}

function acceptedIn({ reference, money }: Transaction): Partial<PaymentRow> {
  const { amountMinor, currency } = money;
  return { acceptedAmount: amountMinor, acceptedCurrency: currency, acceptedReference: reference };
}

function lapseOf({ authorizationExpiresAt }: Transaction): Date | null {
  return authorizationExpiresAt === undefined ? null : new Date(authorizationExpiresAt);
}

function settledOrder({ order, payment, now }: Locked, settled: Settlement): OrderRow {
  const { paysNow, updates, orderStatus } = settled;
  if (!paysNow && updates.length === 0 && orderStatus === order.status) return order;
  return {
    ...order,
    status: orderStatus,
    sequence: order.sequence + updates.length,
    updatedAt: now,
    ...(paysNow && { paidPaymentId: payment.id, paidAt: now }),
  };
}

/** The columns to be written. */
export function differences<Row extends object>(before: Row, after: Row): Partial<Row> {
  const changed = Object.entries(after).filter(([name, value]) => before[name as keyof Row] !== value);
  return Object.fromEntries(changed) as Partial<Row>;
}

/** The updates that tell the merchant of it. */
export function updateRows(
  before: Locked,
  { order, payment }: Pick<Locked, 'order' | 'payment'>,
  settled: Settlement,
  {
    livemode,
    tells,
    teller,
  }: { readonly livemode: boolean; readonly tells: boolean; readonly teller: string },
): (typeof outbox.$inferInsert)[] {
  return settled.updates.map((update, index) => {
    const sequence = before.order.sequence + index + 1;
    const key = { orderReference: order.reference, paymentId: payment.id };
    return {
      ...key,
      effectId: freshEffect(before.known, effectId(key, update.type, plain(update.cause)), update.type),
      sequence,
      type: update.type,
      body: updateBody(update, { order, payment, sequence, livemode }),
      state: tells ? 'pending' : 'off',
      teller,
      ...(update.isDeferred && { nextAttemptAt: new Date(before.now.getTime() + DEFERRED_MS) }),
    };
  });
}

/** Longer than it takes the API to open the session that follows, or the merchant to ask for it again. */
const DEFERRED_MS = 60_000;

/** A cause may be an id of the gateway's; ours are ASCII, and short. */
function plain(cause: string): string {
  return isPlain(cause) ? cause : createHash('sha256').update(cause).digest('hex').slice(0, 32);
}

/** Whatever happens to a payment may come again, long after it was over: a failure after a review, a void after one that was taken back. */
function freshEffect(known: readonly string[], effect: string, type: UpdateType): string {
  if (type === 'order.paid') return effect;
  const earlier = known.filter((id) => id === effect || id.startsWith(`${effect}-again-`)).length;
  return earlier === 0 ? effect : `${effect}-again-${earlier}`;
}

/** The key of one of a record's notes. Every record that settles something has a first. */
export function noteKey(recordKey: string, index: number): string {
  return `${recordKey}-${index}`;
}

/** What the timeline says of it; keys that a retry repeats. */
export function noteRows(
  payment: PaymentRow,
  settled: Settlement | null,
  record: { readonly paymentId: string; readonly notes: readonly Note[]; readonly key: string },
): (typeof timeline.$inferInsert)[] {
  const notes: Note[] = [...record.notes, ...decisionNotes(payment, settled), ...queuedNotes(settled)];
  return notes.map((note, index) => ({
    ...note,
    at: note.at === undefined ? new Date() : new Date(note.at),
    paymentId: record.paymentId,
    key: noteKey(record.key, index),
  }));
}

function decisionNotes(payment: PaymentRow, settled: Settlement | null): Note[] {
  if (settled === null) return [];
  if (settled.mark !== payment.reviewMark) return [markNote(payment, settled)];
  if (settled.status === payment.status && settled.reason === payment.reason) return [];
  const why = settled.reason === null ? '' : ` (${settled.reason})`;
  const paid = settled.paysNow ? `; order ${payment.orderReference} is paid by this payment` : '';
  return [
    {
      kind: 'decision',
      text: `${payment.status} became ${settled.status}${why}${paid}`,
      data: { from: payment.status, to: settled.status },
    },
  ];
}

function markNote({ status: from }: PaymentRow, { status, mark }: Settlement): Note {
  const text =
    mark === null
      ? `${from} became ${status}: the gateway says so clearly again, the review mark is gone`
      : `${status} stands, and a person is asked: ${mark}`;
  return { kind: 'decision', text, data: { from, to: status, mark } };
}

function queuedNotes(settled: Settlement | null): Note[] {
  const updates = settled?.updates ?? [];
  return updates.map(({ type }) => ({ kind: 'update', text: `${type} queued for the merchant` }));
}
