/** The promises at the end of a schedule: everything is finished, and all money is where it belongs. */
import { isOpen } from '../../../src/domain/payment.ts';
import { mustGiveBackSurplus } from '../../../src/domain/surplus.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { OutboxRow } from '../../../src/store/outbox.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { brokenAtKeyed } from './at-rest-keyed.ts';
import { KeyedPsp } from './keyed-psp.ts';
import type { Ledger } from './ledger.ts';
import type { Psp, PspSession } from './psp.ts';
import type { Keyless } from './network.ts';
import type { Promises } from './promises.ts';
import { hasTransaction } from '../stand-ins/store-find-key.ts';
import { isUnfinished, type Tables } from './tables.ts';
import type { World } from './world.ts';

export interface Books {
  readonly tables: Tables;
  readonly psp: Psp;
  /** Ids of workflows that have a run. */
  readonly open: readonly string[];
  /** Callbacks without a key of ours that were answered 200. */
  readonly keyless: readonly Keyless[];
  readonly promises: Promises;
  /** The updates that reached the merchant, in order. */
  readonly inbox: readonly { readonly effectId: string; readonly body: string }[];
}

export function booksOf({ tables, psp, server, shop, promises, network: { keyless } }: World): Books {
  return { tables, psp, open: server.open(), inbox: shop.inbox, keyless, promises };
}

/** A text about unfinished work; null once all is at rest. */
export function unrest({ tables, open }: Books): string | null {
  for (const { id, status } of tables.payments.values()) if (isOpen(status)) return `${id} is ${status}`;
  for (const row of tables.operations.values())
    if (isUnfinished(row)) return `${row.kind} ${row.reference} of ${row.paymentId} is ${row.state}`;
  for (const { effectId, state } of tables.outbox.values())
    if (state === 'pending') return `${effectId} is untold`;
  for (const { state, outcome, eventId } of tables.deliveries.values())
    if (outcome === 'accepted' && state !== 'handled' && state !== 'parked')
      return `callback ${eventId} is ${state}`;
  for (const { id, surplus } of tables.payments.values())
    if (mustGiveBackSurplus(surplus)) return `surplus of ${id} is still to be given back`;
  const placeable = findPlaceable(tables);
  if (placeable !== undefined) return `callback ${placeable} is parked, and its payment is known`;
  const reviewed = new Set([...tables.payments.values()].filter(isReviewed).map(runOf));
  const stray = open.find((workflowId) => !reviewed.has(workflowId));
  return stray === undefined ? null : `${stray} goes on`;
}

/** A parked callback of a payment that we know. */
function findPlaceable({ deliveries, payments }: Tables): string | undefined {
  for (const { state, eventId, claim } of deliveries.values())
    if (state === 'parked' && isKnown(claim['transactionId'] ?? '')) return eventId ?? '';
  return undefined;

  function isKnown(transactionId: string): boolean {
    return [...payments.values()].some((payment) => hasTransaction(payment, transactionId));
  }
}

/** A person has to decide, and the run reads the gateway every hour. */
function isReviewed({ status, reviewMark }: PaymentRow): boolean {
  return status === 'REVIEW' || reviewMark !== null;
}

function runOf({ orderReference, n }: PaymentRow): string {
  return `payment/${orderReference}/${n}`;
}

/** The first broken promise, or null. */
export function brokenAtRest(books: Books): string | null {
  const { tables, psp } = books;
  for (const order of tables.orders.values()) {
    const wrong = wrongWithOrder(order, books) ?? wrongWithUpdates(order, books);
    if (wrong !== null) return wrong;
  }
  for (const payment of tables.payments.values()) {
    const session = psp.sessions.find(({ id }) => id === payment.sessionId);
    const wrong =
      wrongWithMoney(payment, session?.ledger ?? null, tables) ??
      wrongWithOperations(payment, session, tables) ??
      wrongWithReversals(payment, books);
    if (wrong !== null) return wrong;
  }
  return strayMoney(books) ?? (psp instanceof KeyedPsp ? brokenAtKeyed(books, psp) : null);
}

/** Money in a session that belongs to no payment any more. */
function strayMoney({ tables, psp }: Books): string | null {
  const known = new Set([...tables.payments.values()].map(({ sessionId }) => sessionId));
  const stray = psp.sessions.find(({ id, ledger }) => !known.has(id) && (ledger?.held ?? 0) > 0);
  return stray === undefined
    ? null
    : `${stray.ledger?.held} are held in ${stray.id}, which is the session of no payment`;
}

/** Nothing is open any more. So an unpaid order has failed, unless a person has yet to decide. */
function wrongWithOrder({ reference, status, paidPaymentId }: OrderRow, { tables }: Books): string | null {
  if (paidPaymentId !== null) return null;
  const isReviewed = tables.paymentsOf(reference).some((payment) => payment.status === 'REVIEW');
  const isRight = isReviewed ? status === 'REVIEW' : status === 'PAYMENT_FAILED' || status === 'CANCELLED';
  return isRight
    ? null
    : `order ${reference} is ${status}, ${isReviewed ? 'and a' : 'and no'} payment is in REVIEW`;
}

function wrongWithMoney(payment: PaymentRow, ledger: Ledger | null, tables: Tables): string | null {
  const { id, status, dismissed, orderReference } = payment;
  if (ledger === null || status === 'REVIEW' || dismissed) return null;
  const isPayer = tables.orders.get(orderReference)?.paidPaymentId === id;
  const { held, captured, refunded, authorizedAt } = ledger;
  if (isPayer && authorizedAt === null) return `${id} has paid without money`;
  if (!isPayer && held > 0) return `${held} are held for ${id}, which is ${status} and has not paid`;
  // Of a payment that did not pay, only one thing is checked: that its money is gone.
  if (!isPayer) return null;
  if (ledger.status !== status) return `${id} is ${status}, and the gateway says ${ledger.status}`;
  if (payment.captured === captured && payment.refunded === refunded) return null;
  return `${id} knows of ${payment.captured} and ${payment.refunded}, the gateway of ${captured} and ${refunded}`;
}

function wrongWithOperations(
  { id }: PaymentRow,
  session: PspSession | undefined,
  tables: Tables,
): string | null {
  for (const row of tables.operationsOf(id)) {
    const ledger = ledgerFor(row, session);
    // The gateway may have changed its mind, or done a declined operation, after our last read.
    if (row.state === 'done' && !isDoneIn(row, ledger, row.kind === 'void') && !isMadeUpFor(row, ledger))
      return `${row.kind} ${row.reference} is done here and not at the gateway`;
    if (row.state === 'failed' && row.code !== 'not_confirmed' && isDoneIn(row, ledger, false))
      return `${row.kind} ${row.reference} has failed here (${row.code}) and is done at the gateway`;
  }
  return null;
}

function ledgerFor({ transactionId }: OperationRow, session: PspSession | undefined): Ledger | null {
  if (transactionId === null) return session?.ledger ?? null;
  return session?.surplus.find(({ is }) => is.id === transactionId) ?? null;
}

/** Where an update said that an operation was done, and it was taken back, another update has to say that. */
function wrongWithReversals(
  { id, shownOperations, dismissed }: PaymentRow,
  { tables }: Books,
): string | null {
  if (dismissed) return null;
  const told = (type: string, name: string) =>
    [...tables.outbox.keys()].filter((effect) => effect.startsWith(`${id}/${type}/${name}`)).length;
  for (const [key, state] of Object.entries(shownOperations)) {
    if (state !== 'reversed') continue;
    const [kind = '', name = ''] = key.split('/');
    const done = ['order.captured', 'order.refunded', 'order.partially_refunded'];
    const isTold = done.some((type) => told(type, name) > 0);
    const undone = kind === 'capture' ? 'order.capture_reversed' : 'order.refund_failed';
    if (isTold && told(undone, name) === 0)
      return `${key} of ${id} was told as done, and not that it was taken back`;
  }
  return null;
}

/**
 * The operation was taken back and done again by hand. No status, no sum and no callback shows the
 * difference.
 */
function isMadeUpFor({ kind, reference, amount }: OperationRow, ledger: Ledger | null): boolean {
  const all = ledger?.operations.filter((one) => one.kind === kind) ?? [];
  const ours = all.findIndex(({ who, isReversed }) => who === reference && isReversed === true);
  const isByHand = (one: (typeof all)[number]) =>
    one.state === 'done' && !one.isOurs && one.amountMinor === amount;
  return ours >= 0 && all.slice(ours).some(isByHand);
}

/** A void has no reference: any finished one may be ours. */
function isDoneIn({ kind, reference }: OperationRow, ledger: Ledger | null, byAnybody: boolean): boolean {
  const isIt = (one: Ledger['operations'][number]) =>
    one.state === 'done' && one.kind === kind && (byAnybody || (one.isOurs && one.who === reference));
  return ledger?.operations.some(isIt) === true;
}

function wrongWithUpdates(order: OrderRow, { tables, inbox }: Books): string | null {
  const updates = [...tables.outbox.values()].filter((update) => update.orderReference === order.reference);
  const sequences = updates.map(({ sequence }) => sequence);
  if (new Set(sequences).size < sequences.length) return 'two updates have the same sequence';
  if (Math.max(0, ...sequences) > order.sequence) return 'an update has a sequence that the order never had';
  const paid = new Set(
    inbox.filter(({ effectId }) => effectId.endsWith('/order.paid')).map(({ body }) => body),
  );
  if (paid.size !== (order.paidPaymentId === null ? 0 : 1))
    return `the merchant was notified ${paid.size} times that ${order.reference} is paid by ${order.paidPaymentId}`;
  const last = updates.reduce<OutboxRow | null>(
    (latest, one) => (latest === null || one.sequence > latest.sequence ? one : latest),
    null,
  );
  if (last === null) return null;
  const { orderStatus } = JSON.parse(last.body) as { orderStatus: string };
  return orderStatus === order.status
    ? null
    : `the last update says ${orderStatus}, the order is ${order.status}`;
}
