/** No event of Stripe ever comes: the sweep finds everything in Stripe's listings. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import { createCall } from './support/http.ts';
import { movesOf, paidOrders, type PaidOrder } from './support/money.ts';
import { orderStatus, untilTold } from './support/shop.ts';
import { startStack, SWEEPS, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const AMOUNT = 29_990;
const PART = 10_000;
const SECOND = 15_000;
const EACH = 4;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ gateway: 'stripe', env: SWEEPS });
  await stack.sandbox.faults({ callbacks: 'off' });
}, 150_000);

afterAll(() => stack?.stop());

/** In the dashboard, or by a bank. */
async function happens(path: string, body: object = {}): Promise<{ readonly id: string }> {
  const answer = await createCall(stack.sandbox.origin)('POST', `/__sim${path}`, body);
  if (answer.status >= 300) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const references = (orders: readonly PaidOrder[]) => orders.map(({ orderReference }) => orderReference);

async function forEach(
  orders: readonly PaidOrder[],
  act: (order: PaidOrder) => Promise<unknown>,
): Promise<void> {
  await Promise.all(orders.map(act));
}

it('payments, and what happens in the dashboard, are found, and the merchant is told once of each', async () => {
  const all = await paidOrders(stack, 3 * EACH);
  const [captured, voided, lapsed] = [0, 1, 2].map((at) => all.slice(at * EACH, (at + 1) * EACH)) as [
    PaidOrder[],
    PaidOrder[],
    PaidOrder[],
  ];
  await forEach(captured, ({ transactionId }) => stack.sandbox.backoffice(transactionId, 'capture'));
  await forEach(voided, ({ transactionId }) => stack.sandbox.backoffice(transactionId, 'void'));
  await forEach(lapsed, ({ transactionId }) =>
    happens(`/transactions/${transactionId}/change`, { status: 'expired' }),
  );
  await untilTold(stack, references(captured), 'order.captured');
  await untilTold(stack, references([...voided, ...lapsed]), 'order.voided');
  await forEach(captured, ({ transactionId }) =>
    stack.sandbox.backoffice(transactionId, 'refund', { amount: PART }),
  );
  await untilTold(stack, references(captured), 'order.partially_refunded');
  await forEach(captured, ({ transactionId }) =>
    stack.sandbox.backoffice(transactionId, 'refund', { amount: SECOND }),
  );
  const areTwice = () =>
    captured.every(
      ({ orderReference }) => stack.merchant.ids(orderReference, 'order.partially_refunded').length === 2,
    );
  await until('the merchant is told of the second refund', areTwice);
  for (const { transactionId } of captured)
    expect(await movesOf(stack, transactionId)).toEqual([
      `CAPTURE ${AMOUNT}`,
      `REFUND ${PART}`,
      `REFUND ${SECOND}`,
    ]);
  for (const { orderReference } of captured)
    expect(stack.merchant.types(orderReference)).toEqual([
      'order.paid',
      'order.captured',
      'order.partially_refunded',
      'order.partially_refunded',
    ]);
  for (const { orderReference } of [...voided, ...lapsed]) {
    expect(stack.merchant.types(orderReference)).toEqual(['order.paid', 'order.voided']);
    expect(await orderStatus(stack, orderReference)).toBe('VOIDED');
  }
  expect(await checkBooks(stack, references(all))).toEqual(BALANCED);
}, 240_000);

it('disputes are found, and how they end', async () => {
  const orders = await paidOrders(stack, 2 * EACH, { outcome: 'capture' });
  const disputes = new Map<string, string>();
  await forEach(orders, async ({ transactionId, orderReference }) => {
    const { id } = await happens(`/transactions/${transactionId}/dispute`, {});
    disputes.set(orderReference, id);
  });
  await untilTold(stack, references(orders), 'order.dispute_opened');
  const [won, lost] = [orders.slice(0, EACH), orders.slice(EACH)];
  const end = (status: string) => (order: PaidOrder) =>
    happens(`/disputes/${disputes.get(order.orderReference)}/close`, { status });
  await Promise.all([forEach(won, end('won')), forEach(lost, end('lost'))]);
  await untilTold(stack, references(won), 'order.dispute_won');
  await untilTold(stack, references(lost), 'order.dispute_lost');
  for (const { orderReference } of won)
    expect(stack.merchant.types(orderReference)).toEqual([
      'order.paid',
      'order.dispute_opened',
      'order.dispute_won',
    ]);
}, 240_000);

it('a refund that the bank returns is found', async () => {
  const orders = await paidOrders(stack, EACH, { outcome: 'capture' });
  const refunds = new Map<string, string>();
  await forEach(orders, async ({ transactionId, orderReference }) => {
    const { id } = await happens(`/transactions/${transactionId}/refund`, { amount: PART });
    refunds.set(orderReference, id);
  });
  await untilTold(stack, references(orders), 'order.partially_refunded');
  await forEach(orders, ({ orderReference }) => happens(`/refunds/${refunds.get(orderReference)}/fail`));
  await untilTold(stack, references(orders), 'order.refund_failed');
  expect(await checkBooks(stack, references(orders))).toEqual(BALANCED);
}, 240_000);

it('no event was sent', async () => {
  expect(Object.keys((await stack.sandbox.state()).callbacks).toSorted()).toEqual(['suppressed', 'total']);
});
