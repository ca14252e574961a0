import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { callbackSignal, type FakeOrder, newFakeOrder, openByRequest } from '../support/fake-activities.ts';
import { addressOf, claimPayment, newOrder, type StoredPayment } from '../support/memory-store.ts';
import { untilQuiet } from '../support/quiet.ts';
import {
  cancelSession,
  change,
  createSession,
  newPsp,
  transactionIdOf,
  type SimulatedSession,
} from '../support/simulated-psp.ts';
import { startTimeSkippingWorld, type TimeSkippingWorld } from '../support/time-skipping.ts';
import { until } from '../support/until.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: TimeSkippingWorld;
let made = 0;
beforeAll(async () => {
  world = await startTimeSkippingWorld();
}, 120_000);
afterAll(() => world.close(), 60_000);

interface Opened {
  readonly fake: FakeOrder;
  readonly payment: () => StoredPayment;
  readonly session: SimulatedSession;
  readonly workflowId: string;
}

function anOrder(): FakeOrder {
  made += 1;
  const reference = `named${made}`;
  const fake = newFakeOrder(newOrder(reference, NOK), newPsp(), () => world.env.currentTimeMs());
  world.orders.set(reference, fake);
  return fake;
}

async function claim(fake: FakeOrder): Promise<StoredPayment> {
  const claimed = claimPayment(fake.order, await world.env.currentTimeMs());
  if (claimed.kind === 'refused') throw new Error('the order takes no payment');
  return claimed.payment;
}

async function anOpenPayment(changes: Partial<FakeOrder> = {}): Promise<Opened> {
  const fake = Object.assign(anOrder(), changes);
  const { n, id } = await claim(fake);
  const payment = () => fake.order.payments[n - 1] as StoredPayment;
  await world.runs.start(addressOf(payment()), openByRequest(fake, payment()));
  const session = fake.psp.sessions.find(({ paymentId }) => paymentId === id) as SimulatedSession;
  return { fake, payment, session, workflowId: paymentWorkflowId(payment()) };
}

const quiet = ({ workflowId, fake }: Opened) =>
  untilQuiet(world.env.client, workflowId, () => fake.psp.isDown);

/** On hold at the gateway, and the run knows it. */
async function aHold(changes: Partial<FakeOrder> = {}): Promise<Opened> {
  const opened = await anOpenPayment(changes);
  change(opened.session, 'ON_HOLD');
  await callback(opened, 'e1');
  return opened;
}

/** UNKNOWN at the gateway for this long. */
async function anUnclearPayment(ms: number): Promise<Opened> {
  const opened = await anOpenPayment();
  change(opened.session, 'UNCLEAR');
  await callback(opened, 'e1');
  await pass(opened, ms);
  return opened;
}

async function callback(opened: Opened, eventId: string): Promise<void> {
  await world.runs.callback(addressOf(opened.payment()), callbackSignal(eventId));
  await quiet(opened);
}

async function pass(opened: Opened, ms: number): Promise<void> {
  await world.env.sleep(ms);
  await quiet(opened);
}

/** Seconds between the reads. */
function gaps({ reads }: FakeOrder): number[] {
  return reads.slice(1).map((at, index) => Math.round((at - (reads[index] as number)) / 1_000));
}

const updatesOf = ({ order }: FakeOrder) => order.updates.map(({ type }) => type);
const historyOf = async (id: string) =>
  (await world.env.client.workflow.getHandle(id).fetchHistory()).events ?? [];

describe('what can not be recorded', () => {
  const refused = () => {
    throw ApplicationFailure.nonRetryable('invalid byte sequence', 'INPUT_REFUSED');
  };

  it('is looked at again, as often as what is not understood, and pays once it can be', async () => {
    const opened = await anOpenPayment();
    opened.fake.before.recording = refused;
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'e1');
    await pass(opened, 12 * MINUTE);
    expect(opened.payment().status).toBe('PENDING');
    expect(gaps(opened.fake).slice(1)).toEqual([2, 5, 15, 60, 300, 300]);
    delete opened.fake.before.recording;
    await pass(opened, 5 * MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('refuses a resolve instead of ending the run', async () => {
    const opened = await anOpenPayment();
    Object.assign(opened.payment(), { status: 'REVIEW', reviewCode: 'amount_mismatch' });
    opened.fake.before.recording = refused;
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'accept',
      noteKey: 'n',
    });
    expect(answer).toMatchObject({ kind: 'refused', reason: 'the reading could not be recorded' });
    delete opened.fake.before.recording;
    await world.runs.resolve(addressOf(opened.payment()), { decision: 'dismiss', noteKey: 'n' });
    expect(opened.fake.order).toMatchObject({ status: 'PAYMENT_FAILED' });
  });

  it.each(['lookAtPayment', 'openSession', 'cancelSession'] as const)(
    'nor does a run end when somebody ends its %s by hand',
    async (name) => {
      const fake = anOrder();
      const payment = await claim(fake);
      let ended = false;
      fake.before[name] = () => {
        if (ended) return;
        ended = true;
        throw ApplicationFailure.nonRetryable('failed by an operator');
      };
      await world.runs.open(addressOf(payment));
      if (name === 'openSession') await world.runs.open(addressOf(payment));
      if (name === 'cancelSession') await world.runs.cancel(addressOf(payment), { noteKey: 'note' });
      else {
        const session = fake.psp.sessions[0] as SimulatedSession;
        change(session, 'AUTHORIZED');
        await world.runs.callback(addressOf(payment), callbackSignal('e1'));
        await world.env.sleep(MINUTE);
      }
      await untilQuiet(world.env.client, paymentWorkflowId(payment), () => false);
      expect(ended).toBe(true);
      expect(fake.order.status).toBe(name === 'cancelSession' ? 'AWAITING_PAYMENT' : 'PAID');
    },
  );
});

describe('a hold', () => {
  it('is polled every hour for thirty days, over a continue-as-new, never expires, and pays when it is decided', async () => {
    const opened = await aHold();
    const first = (await world.env.client.workflow.getHandle(opened.workflowId).describe()).runId;
    await pass(opened, 30 * DAY);
    expect(opened.payment().status).toBe('ON_HOLD');
    expect(opened.fake.reads.length).toBeGreaterThanOrEqual(719);
    for (const seconds of gaps(opened.fake)) expect(Math.abs(seconds - 3_600)).toBeLessThan(60);
    const later = await world.env.client.workflow.getHandle(opened.workflowId).describe();
    expect(later.runId).not.toBe(first);
    change(opened.session, 'AUTHORIZED');
    await pass(opened, HOUR + MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(updatesOf(opened.fake)).toEqual(['order.payment_pending', 'order.paid']);
  }, 120_000);

  it('that is refused fails the order', async () => {
    const opened = await aHold();
    change(opened.session, 'DECLINED');
    await pass(opened, HOUR + MINUTE);
    expect(opened.payment().status).toBe('DECLINED');
    expect(opened.fake.order.status).toBe('PAYMENT_FAILED');
  });

  it('that becomes UNKNOWN is read again soon, becomes REVIEW after an hour, and is a hold again when it is said so', async () => {
    const opened = await aHold();
    change(opened.session, 'UNCLEAR');
    await pass(opened, HOUR + 58 * MINUTE);
    expect(opened.payment().status).toBe('ON_HOLD');
    expect(gaps(opened.fake).slice(1, 8)).toEqual([1, 2, 5, 15, 60, 300, 300]);
    await pass(opened, 10 * MINUTE);
    expect(opened.payment().status).toBe('REVIEW');
    change(opened.session, 'ON_HOLD');
    await pass(opened, HOUR);
    expect(opened.fake.order.status).toBe('PAYMENT_PENDING');
    expect(updatesOf(opened.fake)).toEqual(['order.payment_pending', 'order.review']);
    change(opened.session, 'AUTHORIZED');
    await pass(opened, HOUR + MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('is never read later than its interval, however a callback is followed', async () => {
    const opened = await aHold({ pollIntervalMs: 10_000 });
    opened.session.isHidden = true;
    await callback(opened, 'e2');
    await pass(opened, MINUTE);
    expect(gaps(opened.fake).slice(1, 7)).toEqual([1, 2, 5, 10, 10, 10]);
    opened.session.isHidden = false;
    change(opened.session, 'DECLINED');
    await pass(opened, 11_000);
    expect(opened.payment().status).toBe('DECLINED');
  });
});

describe('a callback', () => {
  it.each(['ON_HOLD', 'REVIEW'] as const)('is followed though the payment is %s already', async (status) => {
    const opened = status === 'REVIEW' ? await anUnclearPayment(68 * MINUTE) : await aHold();
    await callback(opened, 'e2');
    expect(opened.payment().status).toBe(status);
    opened.session.isHidden = true;
    const before = opened.fake.reads.length;
    await callback(opened, 'e3');
    await pass(opened, 12 * MINUTE);
    expect(gaps(opened.fake).slice(before)).toEqual([1, 2, 5, 15, 60, 300, 300]);
    opened.session.isHidden = false;
    change(opened.session, 'AUTHORIZED');
    await pass(opened, 5 * MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('is followed by reads after 1, 2, 5, 15 and 60 s, then every 5 minutes', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'INITIATED');
    await callback(opened, 'e1');
    await pass(opened, 12 * MINUTE);
    expect(gaps(opened.fake)).toEqual([1, 2, 5, 15, 60, 300, 300]);
    change(opened.session, 'AUTHORIZED');
    await pass(opened, 5 * MINUTE);
    expect(opened.fake.order.status).toBe('PAID');
  });

  it('that comes later is followed from the beginning again', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'INITIATED');
    await callback(opened, 'e1');
    await pass(opened, 12 * MINUTE);
    const before = opened.fake.reads.length;
    await callback(opened, 'e2');
    await pass(opened, 12 * MINUTE);
    expect(gaps(opened.fake).slice(before)).toEqual([1, 2, 5, 15, 60, 300, 300]);
  });

  it('is followed although a browser comes back in between', async () => {
    const opened = await anOpenPayment();
    await callback(opened, 'e1');
    await world.runs.poke(addressOf(opened.payment()), { why: 'return', at: '' });
    await quiet(opened);
    change(opened.session, 'AUTHORIZED');
    await pass(opened, 2 * MINUTE);
    expect(opened.fake.order.status).toBe('PAID');
  });

  it('is retried by the same times while the gateway is silent, and never fails the payment', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    opened.fake.psp.isDown = true;
    await callback(opened, 'e1');
    await pass(opened, 3 * HOUR);
    expect(opened.payment().status).toBe('PENDING');
    // Spread by a fifth, so that not all payments call at the same moment.
    for (const [index, seconds] of [1, 2, 5, 15, 60, 300, 300].entries())
      expect(Math.abs((gaps(opened.fake)[index] ?? 0) - seconds)).toBeLessThanOrEqual(1 + seconds / 5);
    opened.fake.psp.isDown = false;
    await pass(opened, 6 * MINUTE);
    expect(opened.fake.order.status).toBe('PAID');
  });

  it.each(['lookAtPayment', 'recording'] as const)(
    'that comes during %s of a return hit, and says no more than it finds, asks for no look of its own',
    async (activity) => {
      const opened = await anOpenPayment();
      change(opened.session, 'AUTHORIZED');
      const claim = { transactionId: transactionIdOf(opened.session) };
      opened.fake.before[activity] = () =>
        world.runs.callback(addressOf(opened.payment()), { ...callbackSignal('e1'), claim });
      await world.runs.poke(addressOf(opened.payment()), { why: 'return', at: '' });
      await quiet(opened);
      expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
      expect(opened.fake.reads).toHaveLength(1);
      expect((await historyOf(opened.workflowId)).length).toBeLessThanOrEqual(31);
    },
  );

  it('that comes during a look and tells of something later asks for a look of its own', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    const claim = { transactionId: transactionIdOf(opened.session), event: 'CAPTURE' };
    opened.fake.before.recording = () => {
      opened.fake.before = {};
      change(opened.session, 'CAPTURED');
      return world.runs.callback(addressOf(opened.payment()), { ...callbackSignal('e1'), claim });
    };
    await world.runs.poke(addressOf(opened.payment()), { why: 'return', at: '' });
    await quiet(opened);
    expect(opened.payment().status).toBe('CAPTURED');
  });

  it('with an id seen before asks for nothing', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'ON_HOLD');
    for (let time = 0; time < 3; time += 1) await callback(opened, 'e1');
    expect(opened.fake.reads).toHaveLength(1);
    change(opened.session, 'DECLINED');
    await callback(opened, 'e2');
    expect(opened.payment().status).toBe('DECLINED');
  });

  it('is handled however many come at once, with few reads', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    const ids = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
    await Promise.all(ids.map((id) => world.runs.callback(addressOf(opened.payment()), callbackSignal(id))));
    await quiet(opened);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(opened.fake.order.handled.size).toBe(1_000);
    expect(opened.fake.reads.length).toBeLessThan(500);
  }, 60_000);

  it('that comes before the session has opened is acted upon once it has', async () => {
    const fake = anOrder();
    const payment = await claim(fake);
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    let isOpening = false;
    fake.before.openSession = () => {
      isOpening = true;
      return gate;
    };
    const answer = world.runs.open(addressOf(payment));
    // This server sometimes fails when a start comes in two ways at the same moment.
    await until('the session is being opened', () => isOpening);
    await world.runs.callback(addressOf(payment), callbackSignal('e1'));
    const session = createSession(fake.psp, {
      sessionId: `${payment.id}-s`,
      reference: payment.orderReference,
      money: NOK,
      paymentId: payment.id,
    });
    payment.sessionId = session.sessionId;
    change(session, 'AUTHORIZED');
    release();
    expect(await answer).toEqual({ kind: 'not_open', status: 'AUTHORIZED' });
    expect(fake.order.status).toBe('PAID');
  });

  it('about a payment whose answer was lost adopts the session that names it', async () => {
    const fake = anOrder();
    const { reference } = fake.order;
    const key = { paymentId: `${reference}-p1`, orderReference: reference, n: 1, gateway: 'simulated' };
    const session = createSession(fake.psp, {
      sessionId: 'lost',
      reference,
      money: NOK,
      paymentId: key.paymentId,
    });
    change(session, 'AUTHORIZED');
    await world.runs.callback(key, { ...callbackSignal('e1'), claim: { sessionId: 'lost' } });
    await untilQuiet(world.env.client, paymentWorkflowId(key));
    expect(fake.order).toMatchObject({ status: 'PAID', paidPaymentId: key.paymentId });
  });

  it('about a payment that nobody knows is foreign, and nothing is read', async () => {
    const fake = anOrder();
    const { reference } = fake.order;
    const key = { paymentId: `${reference}-p9`, orderReference: reference, n: 9, gateway: 'simulated' };
    await world.runs.callback(key, { ...callbackSignal('e1'), claim: { sessionId: 'theirs' } });
    await untilQuiet(world.env.client, paymentWorkflowId(key));
    expect(fake).toMatchObject({ foreign: ['e1'], reads: [], notes: [] });
    expect(fake.order.payments).toEqual([]);
  });
});

describe('an answer that can not be understood', () => {
  it('becomes REVIEW after an hour, is read on every hour, and a clear answer leaves REVIEW', async () => {
    const opened = await anUnclearPayment(58 * MINUTE);
    expect(opened.payment().status).toBe('PENDING');
    const said = opened.fake.notes.map(({ text }) => text);
    expect(said.at(-1)).toMatch(/says UNKNOWN, .*: not clear yet, the transaction is UNKNOWN$/);
    await pass(opened, 10 * MINUTE);
    expect(opened.payment().status).toBe('REVIEW');
    expect(opened.fake.order.status).toBe('REVIEW');
    const reads = opened.fake.reads.length;
    await pass(opened, 5 * HOUR);
    expect(opened.fake.reads.length - reads).toBe(5);
    change(opened.session, 'AUTHORIZED');
    await pass(opened, HOUR + MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(updatesOf(opened.fake)).toEqual(['order.review', 'order.paid']);
  });

  it('that turns out to be nothing yet leaves REVIEW, and the session may be paid or expire', async () => {
    const opened = await anUnclearPayment(68 * MINUTE);
    expect(opened.payment().status).toBe('REVIEW');
    opened.session.status = null;
    await pass(opened, HOUR + MINUTE);
    expect(opened.payment()).toMatchObject({ status: 'PENDING', reason: null });
    expect(opened.fake.order.status).toBe('AWAITING_PAYMENT');
    await pass(opened, 3 * HOUR);
    expect(opened.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
  });

  it('is not answered by a gateway that shows nothing, though the time is over: there may be money', async () => {
    const opened = await anUnclearPayment(5 * HOUR);
    opened.session.isHidden = true;
    await pass(opened, HOUR + MINUTE);
    expect(opened.payment().status).toBe('REVIEW');
    opened.session.isHidden = false;
    change(opened.session, 'AUTHORIZED');
    await pass(opened, HOUR + MINUTE);
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('that turns out to be nothing after the time is over expires', async () => {
    const opened = await anUnclearPayment(5 * HOUR);
    opened.session.status = null;
    await pass(opened, HOUR + MINUTE);
    expect(opened.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(opened.fake.order.status).toBe('PAYMENT_FAILED');
  });
});

describe('expiry', () => {
  it('comes after a last read, which may still pay', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    await pass(opened, 4 * HOUR + 16 * MINUTE);
    expect(opened.fake.order.status).toBe('PAID');
    expect(opened.fake.reads).toHaveLength(1);
  });

  it('ends a session that nobody paid, and late money then goes back', async () => {
    const opened = await anOpenPayment();
    await pass(opened, 4 * HOUR + 14 * MINUTE);
    expect(opened.payment().status).toBe('PENDING');
    await pass(opened, 2 * MINUTE);
    expect(opened.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'late');
    expect(opened.payment()).toMatchObject({ status: 'VOIDED' });
    expect(opened.fake.order).toMatchObject({ status: 'PAYMENT_FAILED', paidTimes: 0 });
    expect(updatesOf(opened.fake)).toEqual(['order.payment_expired', 'order.late_payment_returned']);
  });

  it('gives a shopper who is back after the deadline a new session', async () => {
    const opened = await anOpenPayment();
    await pass(opened, 4 * HOUR + MINUTE);
    expect(await world.runs.open(addressOf(opened.payment()))).toEqual({
      kind: 'not_open',
      status: 'EXPIRED',
    });
    expect((await claim(opened.fake)).n).toBe(2);
  });
});

describe("the merchant's cancel", () => {
  it('closes what nobody paid', async () => {
    const opened = await anOpenPayment();
    expect(await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' })).toEqual({
      kind: 'cancelled',
    });
    expect(opened.payment()).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
    expect(opened.fake.order.status).toBe('CANCELLED');
    expect(opened.session.state).toBe('cancelled');
  });

  it('leaves alone what has been paid, told or not', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    const answer = await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' });
    expect(answer).toEqual({ kind: 'not_open', status: 'AUTHORIZED' });
    expect(opened.fake.order.status).toBe('PAID');
  });

  it('that meets the payment gives the money back and says cancelled', async () => {
    const opened = await anOpenPayment();
    opened.fake.before.cancelSession = () => change(opened.session, 'AUTHORIZED');
    expect(await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' })).toEqual({
      kind: 'cancelled',
    });
    expect(opened.session.status).toBe('VOIDED');
    expect(opened.fake.order).toMatchObject({ status: 'CANCELLED', paidTimes: 0 });
  });

  it('that the gateway has confirmed is followed until its reads say so too', async () => {
    const opened = await anOpenPayment();
    let reads = 0;
    opened.fake.before.lookAtPayment = () => {
      reads += 1;
      opened.session.state = reads < 4 ? 'open' : 'cancelled';
    };
    expect(await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' })).toEqual({
      kind: 'cancelled',
    });
    expect(reads).toBe(4);
    expect(opened.payment()).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
  });

  it('that the gateway refuses because it was captured pays the order', async () => {
    const opened = await anOpenPayment();
    opened.fake.before.cancelSession = () => change(opened.session, 'CAPTURED');
    expect(await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' })).toEqual({
      kind: 'not_open',
      status: 'CAPTURED',
    });
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('makes room for another session, as a replacement does', async () => {
    const opened = await anOpenPayment();
    await world.runs.cancel(addressOf(opened.payment()), { noteKey: 'note' });
    const second = await claim(opened.fake);
    expect(await world.runs.open(addressOf(second))).toMatchObject({
      kind: 'open',
      sessionId: `${second.id}-s`,
    });
    change(opened.fake.psp.sessions[1] as SimulatedSession, 'AUTHORIZED');
    await world.runs.callback(addressOf(second), callbackSignal('e1'));
    await untilQuiet(world.env.client, paymentWorkflowId(second));
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidPaymentId: second.id });
  });
});

describe('a review', () => {
  async function inReview(): Promise<Opened> {
    const opened = await anOpenPayment();
    opened.fake.policy = 'review';
    await pass(opened, 5 * HOUR);
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'late');
    expect(opened.payment().status).toBe('REVIEW');
    return opened;
  }

  it('is left by accepting the money', async () => {
    const opened = await inReview();
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'accept',
      noteKey: 'n',
    });
    expect(answer).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it("of another session's transaction is not left by accepting it: that is not this order's money", async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    opened.session.pointsTo = 'theirs';
    await callback(opened, 'e1');
    await pass(opened, 68 * MINUTE);
    expect(opened.payment().status).toBe('REVIEW');
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'accept',
      noteKey: 'n',
    });
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining('of this session') });
    expect(opened.fake.order).toMatchObject({ status: 'REVIEW', paidTimes: 0 });
  });

  it('is left by dismissing it, and the order is free', async () => {
    const opened = await inReview();
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'dismiss',
      noteKey: 'n',
    });
    expect(answer).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
    expect(opened.fake.order).toMatchObject({ status: 'PAYMENT_FAILED', paidTimes: 0 });
    expect(updatesOf(opened.fake)).toEqual(['order.payment_expired', 'order.review', 'order.payment_failed']);
    expect((await claim(opened.fake)).n).toBe(2);
  });

  it('is not accepted without money', async () => {
    const opened = await inReview();
    cancelSession(opened.session);
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'accept',
      noteKey: 'n',
    });
    expect(answer).toMatchObject({ kind: 'refused' });
    await world.runs.resolve(addressOf(opened.payment()), { decision: 'dismiss', noteKey: 'n' });
  });

  it('is not there to be resolved where nothing is in review', async () => {
    const opened = await anOpenPayment();
    const answer = await world.runs.resolve(addressOf(opened.payment()), {
      decision: 'accept',
      noteKey: 'n',
    });
    expect(answer).toEqual({ kind: 'not_in_review', status: 'PENDING' });
  });

  it('is found by a run that another one put there behind its back', async () => {
    const opened = await anOpenPayment();
    const { fake } = opened;
    const index = fake.order.payments.findIndex(({ id }) => id === opened.payment().id);
    const reviewed = {
      status: 'REVIEW',
      reason: 'give_back_failed',
      reviewCode: 'give_back_failed',
    } as const;
    fake.order.payments[index] = { ...opened.payment(), ...reviewed };
    change(opened.session, 'AUTHORIZED');
    const asked = { decision: 'accept', noteKey: 'n' } as const;
    const answer = await world.runs.resolve(addressOf(opened.payment()), asked);
    expect(answer).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
  });

  it('polls a late hold as often as any other', async () => {
    const opened = await anOpenPayment({ pollIntervalMs: 5 * MINUTE });
    await pass(opened, 5 * HOUR);
    change(opened.session, 'ON_HOLD');
    await callback(opened, 'late');
    expect(opened.payment()).toMatchObject({ status: 'REVIEW', reason: 'late_hold' });
    change(opened.session, 'FAILED');
    await pass(opened, 6 * MINUTE);
    expect(opened.payment().status).toBe('FAILED');
  });

  it('lets a dismissed hold neither block the order nor break a callback beside a new session', async () => {
    const opened = await anOpenPayment();
    await pass(opened, 5 * HOUR);
    change(opened.session, 'ON_HOLD');
    await callback(opened, 'late');
    expect(opened.payment()).toMatchObject({ status: 'REVIEW', reason: 'late_hold' });
    await world.runs.resolve(addressOf(opened.payment()), { decision: 'dismiss', noteKey: 'n' });
    const second = await claim(opened.fake);
    await world.runs.open(addressOf(second));
    await callback(opened, 'later');
    expect(opened.payment()).toMatchObject({ status: 'CANCELLED', dismissed: true });
    expect(opened.fake.order.handled).toContain('later');
  });
});

describe('a run', () => {
  it('closes the sessions that a lost answer left behind', async () => {
    const fake = anOrder();
    const payment = await claim(fake);
    fake.mayHaveSurplus = true;
    createSession(fake.psp, {
      sessionId: 'surplus',
      reference: payment.orderReference,
      money: NOK,
      paymentId: payment.id,
    });
    payment.sessionId = createSession(fake.psp, {
      sessionId: 'kept',
      reference: payment.orderReference,
      money: NOK,
      paymentId: payment.id,
    }).sessionId;
    await world.runs.open(addressOf(payment));
    await world.env.sleep(2 * MINUTE);
    await untilQuiet(world.env.client, paymentWorkflowId(payment));
    expect(fake.surplusClosed).toEqual(['surplus']);
    expect(fake.psp.sessions.map(({ state }) => state)).toEqual(['cancelled', 'open']);
  });

  it('takes at most 17 events for a paid session with one callback', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'e1');
    const events = await historyOf(opened.workflowId);
    expect(events.at(-1)?.workflowExecutionCompletedEventAttributes).toBeTruthy();
    expect(events.length).toBeLessThanOrEqual(17);
  });

  it('takes an unproved hit on a settled payment for nothing', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'e1');
    expect(await world.runs.poke(addressOf(opened.payment()), { why: 'return', at: '' })).toBe(false);
    expect(opened.fake.reads).toHaveLength(1);
  });

  it('gives back what comes for an order that another session has paid, and lets the order be', async () => {
    const opened = await anOpenPayment();
    change(opened.session, 'FAILED');
    await callback(opened, 'e1');
    const second = await claim(opened.fake);
    await world.runs.open(addressOf(second));
    change(opened.fake.psp.sessions[1] as SimulatedSession, 'AUTHORIZED');
    await world.runs.callback(addressOf(second), callbackSignal('e2'));
    await untilQuiet(world.env.client, paymentWorkflowId(second));
    change(opened.session, 'AUTHORIZED');
    await callback(opened, 'e3');
    expect(opened.payment()).toMatchObject({ status: 'VOIDED' });
    expect(opened.fake.order).toMatchObject({ status: 'PAID', paidPaymentId: second.id, paidTimes: 1 });
    expect(updatesOf(opened.fake)).toContain('order.late_payment_returned');
  });
});

describe('what waits on one queue', () => {
  it('keeps nothing on another waiting: openings, reads, records and updates have their own', async () => {
    const fake = anOrder();
    const payment = await claim(fake);
    const workflowId = paymentWorkflowId(payment);
    await world.runs.open(addressOf(payment));
    change(fake.psp.sessions[0] as SimulatedSession, 'AUTHORIZED');
    await world.runs.callback(addressOf(payment), callbackSignal('e1'));
    await untilQuiet(world.env.client, workflowId);
    const scheduled = (await historyOf(workflowId)).flatMap(({ activityTaskScheduledEventAttributes: of }) =>
      of ? [[of.activityType?.name, of.taskQueue?.name, of.priority?.priorityKey ?? 0]] : [],
    );
    expect(scheduled).toEqual([
      ['openSession', 'payments-simulated-checkout', 0],
      ['lookAtPayment', 'payments-simulated-background', 1],
    ]);
  });

  it('makes a read for a waiting caller before a poll', async () => {
    const opened = await aHold();
    await pass(opened, HOUR + MINUTE);
    const reads = (await historyOf(opened.workflowId)).flatMap(
      ({ activityTaskScheduledEventAttributes: of }) =>
        of?.activityType?.name === 'lookAtPayment' ? [of.priority?.priorityKey] : [],
    );
    expect(reads).toEqual([1, 3]);
  });
});
