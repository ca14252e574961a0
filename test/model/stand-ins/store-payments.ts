/** `src/store/payments.ts` in memory. */
import { sameMoney, type Money } from '../../../src/domain/money.ts';
import { isOpen } from '../../../src/domain/payment.ts';
import type { Db } from '../../../src/store/open.ts';
import type {
  AdoptedPayment,
  NewPayment,
  OrderRow,
  PaymentClaim,
  PaymentRow,
} from '../../../src/store/payments.ts';
import { tablesOf, type Tables } from '../world/tables.ts';

export type * from '../../../src/store/payments.ts';

export function moneyOf(row: { amount: number; currency: string }): Money {
  return { amountMinor: row.amount, currency: row.currency };
}

export function claimPayment(db: Db, wanted: NewPayment): Promise<PaymentClaim> {
  const tables = tablesOf(db);
  return tables.call('claim a payment', () => claim(tables, wanted));
}

function claim(tables: Tables, wanted: NewPayment): PaymentClaim {
  const order = tables.orders.get(wanted.orderReference);
  if (order !== undefined && order.paidPaymentId !== null) return { kind: 'order_already_paid' };
  const all = tables.paymentsOf(wanted.orderReference);
  if (all.some(({ status }) => status === 'REVIEW')) return { kind: 'payment_in_review' };
  const open = all.find(({ status }) => isOpen(status));
  if (open === undefined) return { kind: 'created', payment: insert(tables, order, wanted) };
  const isSame = open.gateway === wanted.gateway && sameMoney(moneyOf(open), wanted.money);
  return { kind: isSame ? 'open' : 'differs', payment: open };
}

function insert(tables: Tables, known: OrderRow | undefined, wanted: NewPayment): PaymentRow {
  const { orderReference: reference, gateway, capture, request, lifetimeMs } = wanted;
  const { amountMinor: amount, currency } = wanted.money;
  const now = new Date();
  const n = (known?.latestN ?? 0) + 1;
  const order: OrderRow = {
    ...(known ?? { reference, paidPaymentId: null, paidAt: null, sequence: 0, createdAt: now }),
    amount,
    currency,
    status: 'AWAITING_PAYMENT',
    latestN: n,
    updatedAt: now,
  };
  const payment: PaymentRow = {
    id: `${reference}-p${n}`,
    orderReference: reference,
    n,
    gateway,
    amount,
    currency,
    status: 'PENDING',
    reason: null,
    closedBy: null,
    dismissed: false,
    sessionId: null,
    checkoutUrl: null,
    transactionId: null,
    transactionUpdatedAt: null,
    paymentMethod: null,
    authorized: 0,
    captured: 0,
    refunded: 0,
    capture,
    returnKey: '',
    returnUrl: null,
    request,
    metadata: {},
    runId: null,
    expiresAt: new Date(now.getTime() + lifetimeMs),
    authorizationExpiresAt: null,
    reviewSince: null,
    createdAt: now,
    updatedAt: now,
  };
  tables.orders.set(reference, order);
  tables.payments.set(payment.id, payment);
  return payment;
}

export function recordOpened(
  db: Db,
  paymentId: string,
  { sessionId, checkoutUrl, runId }: { sessionId: string; checkoutUrl: string; runId: string; text: string },
): Promise<{ sessionId: string; checkoutUrl: string }> {
  const tables = tablesOf(db);
  return tables.call('record the session', () => {
    const payment = tables.payments.get(paymentId) as PaymentRow;
    const isFirst = payment.sessionId === null || payment.sessionId === sessionId;
    if (isFirst) tables.changePayment(paymentId, { sessionId, checkoutUrl, runId });
    const kept = tables.payments.get(paymentId);
    return { sessionId: kept?.sessionId ?? sessionId, checkoutUrl: kept?.checkoutUrl ?? checkoutUrl };
  });
}

/** No row is ever lost here. */
export function adoptPayment(_: Db, { paymentId }: AdoptedPayment): Promise<PaymentRow | null> {
  return Promise.reject(new Error(`payment ${paymentId} would have to be adopted`));
}

export function findPayment(db: Db, paymentId: string): Promise<PaymentRow | null> {
  const tables = tablesOf(db);
  return tables.call('find a payment', () => tables.payments.get(paymentId) ?? null);
}

export function findOrder(
  db: Db,
  reference: string,
): Promise<{ order: OrderRow; payments: PaymentRow[] } | null> {
  const tables = tablesOf(db);
  return tables.call('find an order', () => {
    const order = tables.orders.get(reference);
    return order === undefined ? null : { order, payments: tables.paymentsOf(reference).reverse() };
  });
}
