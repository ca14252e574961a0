/** The status machine of a transaction: which status may follow another, and with which event. */
import { Problem } from '../../http/problem.ts';
import { sumsOf } from './sums.ts';
import { accountId, accountOf, nowIso, shortId } from '../records/ids-and-times.ts';
import type { Item, Session } from '../sessions/session.ts';
import type { Transaction, TransactionEvent } from './transaction.ts';

const NEXT: Readonly<Record<string, readonly string[]>> = {
  INITIATED: ['ON_HOLD', 'AUTHORIZED', 'CAPTURED', 'AUTHORIZATION_VOIDED', 'DECLINED', 'FAILED', 'UNKNOWN'],
  ON_HOLD: ['AUTHORIZED', 'CAPTURED', 'DECLINED', 'FAILED', 'UNKNOWN'],
  UNKNOWN: ['AUTHORIZED', 'CAPTURED', 'DECLINED', 'FAILED'],
  AUTHORIZED: ['CAPTURED', 'PARTIALLY_CAPTURED', 'AUTHORIZATION_VOIDED'],
  PARTIALLY_CAPTURED: ['PARTIALLY_CAPTURED', 'CAPTURED', 'PARTIALLY_CAPTURED_REFUNDED'],
  PARTIALLY_CAPTURED_REFUNDED: ['PARTIALLY_CAPTURED_REFUNDED', 'PARTIALLY_REFUNDED', 'REFUNDED'],
  CAPTURED: ['PARTIALLY_REFUNDED', 'REFUNDED'],
  PARTIALLY_REFUNDED: ['PARTIALLY_REFUNDED', 'REFUNDED'],
};

const EVENT_BY_STATUS: Readonly<Record<string, string>> = {
  INITIATED: 'INITIALIZE',
  ON_HOLD: 'INITIALIZE',
  CAPTURED: 'CAPTURE',
  PARTIALLY_CAPTURED: 'CAPTURE',
  PARTIALLY_CAPTURED_REFUNDED: 'REFUND',
  PARTIALLY_REFUNDED: 'REFUND',
  REFUNDED: 'REFUND',
  AUTHORIZATION_VOIDED: 'VOID',
};

const UNSUCCESSFUL = new Set(['DECLINED', 'FAILED', 'UNKNOWN']);

interface Opening {
  readonly amount?: number | undefined;
  readonly currency?: string | undefined;
  readonly merchantReference?: string | undefined;
  readonly card?: Readonly<Record<string, string>> | undefined;
  readonly product: string;
}

/** A new INITIATED transaction of this session, not saved yet. */
export function openTransaction(session: Session, opening: Opening): Transaction {
  const now = nowIso();
  const { order } = session;
  const account = accountOf(session.id);
  const amount = opening.amount ?? order.amount;
  return {
    id: accountId(account),
    account_id: account,
    session_id: session.id,
    amount,
    currency: opening.currency ?? order.currency,
    merchant_reference: opening.merchantReference ?? order.merchant_reference,
    ...(order.merchant_reference_2 === undefined ? {} : { merchant_reference_2: order.merchant_reference_2 }),
    payment_product: opening.product.split('.')[0] ?? opening.product,
    payment_product_type: opening.product,
    status: 'INITIATED',
    settlement_status: 'NOT_SETTLED',
    items: linesOf(order),
    ...(opening.card === undefined ? {} : { card: opening.card }),
    ...(session.customer === undefined ? {} : { customer: session.customer }),
    ...(order.store === undefined ? {} : { store: order.store }),
    metadata: session.metadata,
    created_at: now,
    updated_at: now,
    events: [eventFor('INITIATED', amount, 'checkout', now)],
  };
}

/** Shipping becomes an ordinary line of the transaction. */
function linesOf({ items = [], shipping_option: shipping }: Session['order']): readonly Item[] {
  if (shipping === undefined) return items;
  const { id = 'shipping', line_id: lineId = 'shipping', title: description } = shipping;
  const line = { ...shipping, id: String(id), line_id: String(lineId), type: 'shipping' };
  return [...items, { ...line, ...(typeof description === 'string' ? { description } : {}) }];
}

export interface Change {
  readonly status: string;
  readonly amount?: number | undefined;
  readonly by: string;
  readonly force?: boolean | undefined;
}

/**
 * Changes the status of a transaction and appends the event; throws 409 or 400 if its status or its money
 * does not allow it.
 */
export function changeTransaction(transaction: Transaction, change: Change): TransactionEvent {
  const amount = change.amount ?? usualAmount(transaction, change.status);
  if (change.force !== true) checkChange(transaction, change.status, amount);
  const event = eventFor(change.status, amount, change.by, nowIso());
  transaction.events.push(event);
  transaction.status = change.status;
  transaction.updated_at = event.created_at;
  return event;
}

function usualAmount(transaction: Transaction, status: string): number {
  const { captured, refunded } = sumsOf(transaction);
  const event = EVENT_BY_STATUS[status];
  if (event === 'CAPTURE') return transaction.amount - captured;
  if (event === 'VOID') return transaction.amount - captured;
  return event === 'REFUND' ? captured - refunded : transaction.amount;
}

function checkChange(transaction: Transaction, status: string, amount: number): void {
  if (NEXT[transaction.status]?.includes(status) !== true) {
    const allowed = NEXT[transaction.status]?.join(', ') ?? 'nothing';
    throw new Problem(
      409,
      `${transaction.status} can be followed by ${allowed}, not by ${status}`,
      'INVALID_STATE',
    );
  }
  const { captured, refunded } = sumsOf(transaction);
  const left = EVENT_BY_STATUS[status] === 'REFUND' ? captured - refunded : transaction.amount - captured;
  if (amount > left) throw new Problem(400, `amount is ${amount} but only ${left} is left`, 'INVALID_AMOUNT');
}

function eventFor(status: string, amount: number, by: string, at: string): TransactionEvent {
  const success = !UNSUCCESSFUL.has(status);
  return {
    id: shortId(),
    event: EVENT_BY_STATUS[status] ?? 'AUTHORIZE',
    transaction_status: status,
    success,
    amount,
    created_at: at,
    created_by: by,
    ...(success ? {} : { error: { code: status, message: `the payment ended as ${status}` } }),
  };
}
