/**
 * The rules that must hold after every scenario, from three sides: our API, the merchant's inbox, the
 * gateway's own ledger.
 */
import type { SimSession } from './sandbox.ts';
import type { Stack } from './stack.ts';

/** Orders by the rule that they violate; each list should be empty. */
export interface Books {
  /**
   * The gateway holds money for a session, but this session does not pay its order, and no review is open for it.
   */
  readonly lost: string[];
  /** Paid by two sessions, or with a number of webhook ids other than one. */
  readonly double: string[];
  /** Paid although the gateway holds no such money. */
  readonly wrong: string[];
  /** The violations that the gateway's own rules find. */
  readonly violations: string[];
}

export const BALANCED: Books = { lost: [], double: [], wrong: [], violations: [] };

/**
 * Statuses of a transaction, and of a payment, whose money the merchant holds. Money that went back to the
 * payer is not lost.
 */
const MONEY = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'PARTIALLY_CAPTURED_REFUNDED',
]);

/** A paid order stays paid, even if the merchant gives money back afterwards. */
const EVER_PAID = new Set(['PAID', 'VOIDED', 'REFUNDED']);

interface OrderView {
  readonly reference: string;
  readonly status: string;
  readonly amount: number;
  readonly currency: string;
  readonly transactionId: string | null;
}

interface PaymentView {
  readonly sessionId: string | null;
  readonly transactionId: string | null;
  readonly status: string;
}

export async function checkBooks(stack: Stack, references: Iterable<string>): Promise<Books> {
  const books: Books = { lost: [], double: [], wrong: [], violations: [] };
  const orders: OrderView[] = [];
  const inReview: string[] = [];
  for (const reference of references) {
    const order = (await stack.call('GET', `/v1/orders/${reference}`)).body as OrderView;
    const listed = await stack.call('GET', `/v1/payments?limit=100&order=${reference}`);
    const payments = listed.body.data as PaymentView[];
    const sessions = await stack.sandbox.sessionsOf(reference);
    const lost = sessions.filter((session) => isLost(order, payments, session));
    books.lost.push(...lost.map(({ session }) => `${reference} ${session.id} (order ${order.status})`));
    if (isDouble(stack, order, payments)) books.double.push(reference);
    if (isWrong(order, sessions)) books.wrong.push(reference);
    orders.push(order);
    inReview.push(...payments.flatMap((payment) => reviewed(payment)));
  }
  const violations = await stack.sandbox.violations({ orders, inReview });
  const known = new Set(orders.map(({ reference }) => reference));
  const ours = violations.filter(({ reference }) => known.has(reference ?? ''));
  books.violations.push(...ours.map(({ rule, text, reference }) => `${reference} ${rule}: ${text}`));
  return books;
}

function reviewed({ status, transactionId }: PaymentView): string[] {
  return status === 'REVIEW' && transactionId !== null ? [transactionId] : [];
}

function isLost(order: OrderView, payments: readonly PaymentView[], found: SimSession): boolean {
  if (!MONEY.has(found.transaction?.status ?? '')) return false;
  const payment = payments.find(({ sessionId }) => sessionId === found.session.id);
  if (payment?.status === 'REVIEW') return false;
  return order.status !== 'PAID' || order.transactionId !== found.transaction?.id;
}

function isDouble(stack: Stack, order: OrderView, payments: readonly PaymentView[]): boolean {
  const ids = stack.merchant.ids(order.reference, 'order.paid');
  const expected = EVER_PAID.has(order.status) ? [`${order.reference}/order.paid`] : [];
  const paying = payments.filter(({ status }) => MONEY.has(status));
  return JSON.stringify(ids) !== JSON.stringify(expected) || paying.length > 1;
}

function isWrong(order: OrderView, sessions: readonly SimSession[]): boolean {
  if (order.status !== 'PAID') return false;
  return !sessions.some(({ transaction }) => {
    if (transaction?.id !== order.transactionId || !MONEY.has(transaction?.status ?? '')) return false;
    const { amount, currency, merchant_reference: reference } = transaction ?? {};
    return amount === order.amount && currency === order.currency && reference === order.reference;
  });
}
