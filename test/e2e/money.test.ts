/**
 * Captures, refunds and voids over HTTP: each moves money once, even if answers are lost or others move money
 * too.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BALANCED, checkBooks } from './support/books.ts';
import { move, movesOf, outcomeOf, paidOrder, paidOrders, type PaidOrder } from './support/money.ts';
import { orderStatus, untilOrder, untilTold, type Opened } from './support/shop.ts';
import { startStack, type Stack } from './support/stack.ts';
import { until } from './support/until.ts';

const AMOUNT = 29_990;
/** More on request: each try takes half a second of CPU time. */
const TRIES = Number(process.env['E2E_TRIES'] ?? 30);
/** Longer than our adapter waits, so that the answer is lost. */
const TOO_LONG_MS = 12_000;

let stack: Stack;
const orders = new Set<string>();

beforeAll(async () => {
  stack = await startStack({ env: { SWEEP_INTERVAL: '15s' } });
  await stack.sandbox.faults({ cardTimeoutMs: TOO_LONG_MS });
}, 150_000);

afterAll(() => stack?.stop());

afterEach(async () => {
  expect(await checkBooks(stack, orders)).toEqual(BALANCED);
  orders.clear();
}, 60_000);

async function pays(how?: object, changes?: object): Promise<PaidOrder> {
  const order = await paidOrder(stack, how, changes as never);
  orders.add(order.orderReference);
  return order;
}

function payment({ id }: Opened) {
  return stack.call('GET', `/v1/payments/${id}`).then(({ body }) => body);
}

describe('two refunds of 60 on a captured 100, at once', () => {
  it('are one refund and one refusal, on every try', async () => {
    const tried = await paidOrders(stack, TRIES, { outcome: 'capture' }, { order: { amount: 100 } });
    const rest = [...tried];
    const refundTwice = async () => {
      for (let order = rest.pop(); order !== undefined; order = rest.pop()) await expectOneRefund(order);
    };
    await Promise.all(Array.from({ length: 8 }, refundTwice));
    const references = tried.map(({ orderReference }) => orderReference);
    await untilTold(stack, references, 'order.partially_refunded');
    for (const reference of references) orders.add(reference);
  }, 720_000);
});

async function expectOneRefund(order: PaidOrder): Promise<void> {
  const references = ['one', 'two'];
  const answers = await Promise.all(
    references.map((reference) => move(stack, order, 'refund', { amount: 60, reference })),
  );
  const ends = await Promise.all(references.map((reference) => outcomeOf(stack, order, 'refund', reference)));
  expect(ends.toSorted()).toEqual(['done', 'failed']);
  // A busy machine may have answered 202 first. A refusal is always 409 `amount_too_large`.
  for (const { status, body } of answers)
    expect([status, body.code]).toEqual(
      status === 409 ? [409, 'amount_too_large'] : [expect.any(Number), undefined],
    );
  expect(await movesOf(stack, order.transactionId)).toEqual(['CAPTURE 100', 'REFUND 60']);
}

/** The end of a capture, for each fault at Dintero. */
const LOST = [
  ['whose answer is dropped', { drop: 'after', times: 1 }, 'done'],
  ['that hangs, and is done at once', { delayMs: TOO_LONG_MS, times: 1 }, 'done'],
  [
    'that hangs, and is done long after we have given up waiting',
    { effectAfterMs: TOO_LONG_MS, times: 1 },
    'done',
  ],
  ['whose answer is cut off', { truncate: true, times: 1 }, 'done'],
  ['that is dropped before anything was done', { drop: 'before', times: 1 }, 'unknown'],
  ['that hangs, and is never done', { drop: 'before', delayMs: TOO_LONG_MS, times: 1 }, 'unknown'],
] as const;

describe('a capture whose answer is lost', () => {
  it('is done once or not at all, is never sent again, and is reported as unknown where its result is unknown', async () => {
    const paid = await paidOrders(stack, LOST.length);
    await Promise.all(
      paid.map(({ transactionId }, at) => stack.sandbox.faultsOf(transactionId, { capture: LOST[at]?.[1] })),
    );
    await Promise.all(paid.map((order, at) => expectCaptured(order, LOST[at]?.[2] ?? '')));
  }, 300_000);

  it('is captured once on the cards that time out', async () => {
    const cards = ['4100000000000019', '5100000000000016'];
    const paid = await Promise.all(cards.map((card) => pays({ card })));
    await Promise.all(paid.map((order) => expectCaptured(order, 'done')));
  }, 300_000);

  it('stays unknown on a card that times out before the effect, and its sum stays reserved', async () => {
    await stack.sandbox.faults({ cardTimeoutEffect: 'before' });
    const order = await pays({ card: '4100000000000019' });
    await expectCaptured(order, 'unknown');
    await stack.sandbox.faults({ cardTimeoutEffect: 'after' });
    const again = await move(stack, order, 'capture', { amount: AMOUNT, reference: 'again' });
    expect(again).toMatchObject({ status: 409, body: { code: 'operation_not_possible' } });
  }, 300_000);
});

async function expectCaptured(order: PaidOrder, end: string): Promise<void> {
  orders.add(order.orderReference);
  const asked = { reference: 'parcel' };
  await move(stack, order, 'capture', asked);
  expect(await outcomeOf(stack, order, 'capture', 'parcel', (status) => status === end)).toBe(end);
  const again = await move(stack, order, 'capture', asked);
  expect([again.status, again.body.status]).toEqual(end === 'done' ? [200, 'done'] : [202, 'unknown']);
  expect(await movesOf(stack, order.transactionId)).toEqual(end === 'done' ? [`CAPTURE ${AMOUNT}`] : []);
  if (end === 'done') await untilTold(stack, [order.orderReference], 'order.captured');
  expect(await payment(order)).toMatchObject({ status: end === 'done' ? 'CAPTURED' : 'AUTHORIZED' });
}

describe('a refund whose answer was lost', () => {
  const asked = { amount: 10_000, reference: 'back' };

  it('is not sent again where it was carried out', async () => {
    const order = await pays({ outcome: 'capture' });
    await stack.sandbox.faultsOf(order.transactionId, { refund: { drop: 'after', times: 1 } });
    const before = await countRefundsSent();
    await move(stack, order, 'refund', asked);
    expect(await outcomeOf(stack, order, 'refund', 'back')).toBe('done');
    expect(await move(stack, order, 'refund', asked)).toMatchObject({
      status: 200,
      body: { status: 'done' },
    });
    expect((await countRefundsSent()) - before).toBe(1);
    expect(await movesOf(stack, order.transactionId)).toEqual([`CAPTURE ${AMOUNT}`, 'REFUND 10000']);
  }, 300_000);

  it('is not sent again where reads show nothing of it', async () => {
    const order = await pays({ outcome: 'capture' });
    await stack.sandbox.faultsOf(order.transactionId, { refund: { drop: 'before', times: 1 } });
    const before = await countRefundsSent();
    await move(stack, order, 'refund', asked);
    expect(await outcomeOf(stack, order, 'refund', 'back', (status) => status === 'unknown')).toBe('unknown');
    await untilReadTwice(order);
    expect(await move(stack, order, 'refund', asked)).toMatchObject({
      status: 202,
      body: { status: 'unknown' },
    });
    expect((await countRefundsSent()) - before).toBe(1);
    expect(await movesOf(stack, order.transactionId)).toEqual([`CAPTURE ${AMOUNT}`]);
  }, 300_000);
});

/** The second read belongs to another attempt: the first attempt has decided by then. */
async function untilReadTwice({ sessionId }: PaidOrder): Promise<void> {
  await stack.sandbox.faults({ readTransaction: { sessionId, delayMs: 1, times: 2 } });
  await until(
    'it is read twice',
    async () => (await stack.sandbox.faultsLeft())['readTransaction']?.times === 0,
  );
}

describe('two equal refunds', () => {
  it('are one, whether they come at once or one after the other', async () => {
    const order = await pays({ outcome: 'capture' });
    const before = await countRefundsSent();
    const refund = () => move(stack, order, 'refund', { amount: 10_000, reference: 'back' });
    await Promise.all([refund(), refund()]);
    expect(await outcomeOf(stack, order, 'refund', 'back')).toBe('done');
    expect(await refund()).toMatchObject({ status: 200, body: { status: 'done', amount: 10_000 } });
    expect((await countRefundsSent()) - before).toBe(1);
    expect(await movesOf(stack, order.transactionId)).toEqual([`CAPTURE ${AMOUNT}`, 'REFUND 10000']);
    expect(await payment(order)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 10_000 });
  }, 300_000);
});

/** The calls that reached Dintero, also those without an effect. */
async function countRefundsSent(): Promise<number> {
  return (await stack.sandbox.requests())['refund'] ?? 0;
}

describe('an operation by hand in Backoffice', () => {
  it("changes the order and reaches the merchant by Dintero's callbacks", async () => {
    const [captured, voided] = await Promise.all([pays(), pays()]);
    await stack.sandbox.backoffice(captured.transactionId, 'capture', { amount: 20_000 });
    await stack.sandbox.backoffice(voided.transactionId, 'void');
    await untilTold(stack, [captured.orderReference], 'order.captured');
    expect(await payment(captured)).toMatchObject({ status: 'PARTIALLY_CAPTURED', capturedAmount: 20_000 });
    await stack.sandbox.backoffice(captured.transactionId, 'refund', { amount: 5_000 });
    await untilTold(stack, [captured.orderReference], 'order.partially_refunded');
    expect(await payment(captured)).toMatchObject({ status: 'PARTIALLY_REFUNDED', refundedAmount: 5_000 });
    expect(await orderStatus(stack, captured.orderReference)).toBe('PAID');
    await untilTold(stack, [voided.orderReference], 'order.voided');
    expect(await orderStatus(stack, voided.orderReference)).toBe('VOIDED');
  }, 300_000);

  it('is found by the sweep without any callback', async () => {
    const order = await pays({ outcome: 'capture' });
    await stack.sandbox.backoffice(order.transactionId, 'refund', { amount: AMOUNT, callback: false });
    await untilOrder(stack, order.orderReference, 'REFUNDED');
    await untilTold(stack, [order.orderReference], 'order.refunded');
  }, 300_000);

  it('leaves our own operation the rest, and no more', async () => {
    const order = await pays();
    await stack.sandbox.backoffice(order.transactionId, 'capture', { amount: 20_000, callback: false });
    const tooMuch = await move(stack, order, 'capture', { amount: 20_000, reference: 'too-much' });
    expect(tooMuch).toMatchObject({ status: 409, body: { code: 'amount_too_large' } });
    const rest = await move(stack, order, 'capture', { reference: 'rest' });
    expect(rest).toMatchObject({ status: 200, body: { status: 'done', amount: 9_990 } });
    await untilTold(stack, [order.orderReference], 'order.captured');
  }, 300_000);
});

describe('"capture": "auto"', () => {
  it.each(['before_callback', 'after_callback'])(
    'is captured once where Dintero does it too, %s',
    async (mode) => {
      const order = await pays({ outcome: 'authorize', autoCapture: { mode } }, { capture: 'auto' });
      const isCaptured = async () => (await payment(order)).status === 'CAPTURED';
      await until('it is captured', isCaptured);
      expect(await movesOf(stack, order.transactionId)).toEqual([`CAPTURE ${AMOUNT}`]);
    },
    120_000,
  );

  it('notifies the merchant when the capture fails, and the order stays paid', async () => {
    const faults = { capture: { result: 'failure' } };
    const order = await pays({ outcome: 'authorize', faults }, { capture: 'auto' });
    await untilTold(stack, [order.orderReference], 'order.capture_failed');
    expect(await orderStatus(stack, order.orderReference)).toBe('PAID');
    expect(await payment(order)).toMatchObject({ status: 'AUTHORIZED', capturedAmount: 0 });
  }, 300_000);
});

describe('an operation that takes Dintero long', () => {
  it('is answered 202, and then done', async () => {
    const order = await pays();
    await stack.sandbox.faultsOf(order.transactionId, { capture: { pending: true, afterMs: 2_000 } });
    const answer = await move(stack, order, 'capture', { reference: 'slow' });
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(answer.headers.get('location')).toContain(`/v1/payments/${order.id}/operations/slow`);
    expect(await outcomeOf(stack, order, 'capture', 'slow')).toBe('done');
    await untilTold(stack, [order.orderReference], 'order.captured');
    expect(await movesOf(stack, order.transactionId)).toEqual([`CAPTURE ${AMOUNT}`]);
  }, 300_000);
});

describe('a process that is killed among 30 captures', () => {
  it('captures each once', async () => {
    const paid = await paidOrders(stack, 30);
    for (const { orderReference } of paid) orders.add(orderReference);
    const [sent, asked] = [paid.slice(0, 15), paid.slice(15)];
    // Done at once and answered late: the process dies while it waits. Deaths between two lines of ours are
    // in crash-points.test.
    const late = { capture: { delayMs: 8_000, times: 1 } };
    await Promise.all(sent.map(({ transactionId }) => stack.sandbox.faultsOf(transactionId, late)));
    const first = sent.map(capture);
    await until('half are captured', async () => (await countCaptured(sent)) === 15);
    const second = asked.map(capture);
    await stack.kill('serve');
    await Promise.all([...first, ...second]);
    await stack.start('serve');
    await Promise.all(paid.map(capture));
    const ends = await Promise.all(paid.map((order) => outcomeOf(stack, order, 'capture', 'parcel')));
    expect(ends).toEqual(paid.map(() => 'done'));
    expect(await countCaptured(paid)).toBe(30);
    const references = paid.map(({ orderReference }) => orderReference);
    await untilTold(stack, references, 'order.captured');
  }, 180_000);
});

/** The answer may be lost with the process. */
function capture(order: PaidOrder): Promise<unknown> {
  return move(stack, order, 'capture', { reference: 'parcel' }).catch(() => null);
}

async function countCaptured(paid: readonly PaidOrder[]): Promise<number> {
  const moves = await Promise.all(paid.map(({ transactionId }) => movesOf(stack, transactionId)));
  return moves.flat().length;
}
