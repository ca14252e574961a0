/** The promises at the end of a schedule with the keyed PSP, beside those of at-rest.ts. */
import type { PaymentRow } from '../../../src/store/payments.ts';
import type { Books } from './at-rest.ts';
import type { KeyedLedger } from './keyed-ledger.ts';
import { ledgerOf, type KeyedPsp } from './keyed-psp.ts';
import { brokenAtSurplus } from './at-rest-surplus.ts';
import type { Keyless } from './network.ts';
import { hasTransaction } from '../stand-ins/store-find-key.ts';
import type { Tables } from './tables.ts';

export function brokenAtKeyed(books: Books, psp: KeyedPsp): string | null {
  const { tables, keyless } = books;
  for (const callback of keyless) {
    const wrong = wrongWithKeyless(callback, psp, tables);
    if (wrong !== null) return wrong;
  }
  const wrongSurplus = brokenAtSurplus(books, psp);
  if (wrongSurplus !== null) return wrongSurplus;
  for (const payment of tables.payments.values()) {
    const session = psp.sessions.find(({ id }) => id === payment.sessionId);
    const ledger = session && ledgerOf(session);
    if (session?.state === 'open' && payment.status !== 'REVIEW' && payment.reason !== NEVER_OPENED)
      return `${payment.id} is ${payment.status}, and its session can still be paid`;
    const wrong =
      ledger &&
      (wrongWithBooks(payment, ledger) ??
        wrongWithOrder(payment, tables) ??
        wrongWithRefunds(payment, ledger, tables) ??
        wrongWithDisputes(payment, ledger, tables));
    if (wrong != null) return wrong;
  }
  return null;
}

/** A session that a callback has named afterwards. No payer has ever had its address. */
const NEVER_OPENED = 'no session before the payment expired';

/** It has reached the payment that it is about, or is kept as foreign since nothing of ours has its names. */
function wrongWithKeyless(
  { eventId, claim, isOfKnown }: Keyless,
  psp: KeyedPsp,
  { deliveries, payments }: Tables,
): string | null {
  const row = deliveries.get(eventId);
  if (row === undefined) return `callback ${eventId} was answered, and is not kept`;
  const { sessionId, transactionId = '' } = claim;
  const session = sessionId === undefined ? psp.byTransaction(transactionId) : psp.find(sessionId);
  const owner = [...payments.values()].find((payment) => payment.sessionId === session?.id);
  // A session may be recorded later. Without a reading of the transaction, its id is not known to be ours.
  const isKnown =
    sessionId === undefined ? owner !== undefined && hasTransaction(owner, transactionId) : isOfKnown;
  const meant = isKnown ? (owner?.id ?? null) : null;
  // A second receipt may have reached the run while the first was parked.
  const isHandled = row.outcome === 'accepted' && row.state === 'handled';
  if (row.paymentId === meant || isHandled) return null;
  return `callback ${eventId} is about ${meant}, and is ${row.state} for ${row.paymentId} (${row.reason})`;
}

/** Our row is as the books are, whether the payment has paid or not. */
function wrongWithBooks(
  { id, status, captured, refunded, dismissed }: PaymentRow,
  ledger: KeyedLedger,
): string | null {
  if (status === 'REVIEW' || dismissed || ledger.authorizedAt === null) return null;
  if (status !== ledger.status) return `${id} is ${status}, and the books say ${ledger.status}`;
  if (captured === ledger.captured && refunded === ledger.refunded) return null;
  return `${id} knows of ${captured} and ${refunded}, the books of ${ledger.captured} and ${ledger.refunded}`;
}

/** An order is as the payment that has paid it: also after its refund came back. */
function wrongWithOrder({ id, orderReference, status }: PaymentRow, { orders }: Tables): string | null {
  const order = orders.get(orderReference);
  if (order?.paidPaymentId !== id || status === 'REVIEW') return null;
  const meant = status === 'VOIDED' || status === 'REFUNDED' ? status : 'PAID';
  const isRight = order.status === meant || order.status === 'REVIEW';
  return isRight ? null : `order ${orderReference} is ${order.status}, and its payment is ${status}`;
}

/** A refund that was told as done, and came back, was told again. */
function wrongWithRefunds(
  { id: paymentId, dismissed }: PaymentRow,
  ledger: KeyedLedger,
  { outbox }: Tables,
): string | null {
  if (dismissed) return null;
  for (const { id, operation } of ledger.refunds) {
    const isTold = (type: string) =>
      [...outbox.keys()].some((effect) => effect.startsWith(`${paymentId}/${type}/${id}`));
    const wasDone = isTold('order.refunded') || isTold('order.partially_refunded');
    if (operation.isReversed === true && wasDone && !isTold('order.refund_failed'))
      return `refund ${id} of ${paymentId} was told as done, and not that it came back`;
  }
  return null;
}

/**
 * Each dispute is known as it is, and its state was told once. Of a payment that a person has dismissed, no sweep
 * looks for disputes whose callbacks were lost.
 */
function wrongWithDisputes(payment: PaymentRow, ledger: KeyedLedger, { outbox }: Tables): string | null {
  if (payment.dismissed) return null;
  for (const { disputeId, state } of ledger.disputes) {
    const known = payment.disputes.find((one) => one.disputeId === disputeId)?.state;
    if (known !== state) return `dispute ${disputeId} of ${payment.id} is ${known} here, and ${state} there`;
    const type = `order.dispute_${state === 'open' ? 'opened' : state}`;
    const told = [...outbox.keys()].filter((effect) =>
      effect.startsWith(`${payment.id}/${type}/${disputeId}`),
    );
    if (told.length !== 1) return `${type} ${disputeId} of ${payment.id} is told ${told.length} times`;
  }
  return null;
}
