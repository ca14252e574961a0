import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { findPayment } from '../../src/store/payments.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { addressOf } from '../support/builders.ts';
import { startPaymentWorld, type PaymentWorld } from '../support/payment-world.ts';
import { Story } from '../support/story.ts';
import { untouch } from '../support/story-gateway.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let world: PaymentWorld;
let made = 0;
beforeAll(async () => {
  world = await startPaymentWorld('skipping');
}, 120_000);
afterAll(() => world?.close(), 60_000);

const anOrder = (): Story => new Story(world, `named${(made += 1)}`);

async function anOpenPayment(pollIntervalMs = HOUR): Promise<Story> {
  const story = Object.assign(anOrder(), { pollIntervalMs });
  await story.open();
  return story;
}

/** On hold at the gateway, and the run knows it. */
async function aHold(pollIntervalMs?: number): Promise<Story> {
  const story = await anOpenPayment(pollIntervalMs);
  story.turns('ON_HOLD');
  await story.callback('e1');
  return story;
}

/** UNKNOWN at the gateway for this long. */
async function anUnclearPayment(ms: number): Promise<Story> {
  const story = await anOpenPayment();
  story.turns('UNCLEAR');
  await story.callback('e1');
  await story.pass(ms);
  return story;
}

/** Seconds between the reads. */
function gaps({ script: { reads } }: Story): number[] {
  return reads.slice(1).map((at, index) => Math.round((at - (reads[index] as number)) / 1_000));
}

const statusOf = async (story: Story) => (await story.payment()).status;
const historyOf = async ({ client, workflowId }: Story) =>
  (await client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];

describe("a reading that can't be recorded", () => {
  const refused = () => {
    throw ApplicationFailure.nonRetryable('invalid byte sequence', 'INPUT_REFUSED');
  };

  it('is repeated as often as an answer that is not understood, and pays once it can be recorded', async () => {
    const story = await anOpenPayment();
    story.before.recording = refused;
    story.turns('AUTHORIZED');
    await story.callback('e1');
    await story.pass(12 * MINUTE);
    expect(await statusOf(story)).toBe('PENDING');
    expect(gaps(story).slice(1)).toEqual([2, 5, 15, 60, 300, 300]);
    delete story.before.recording;
    await story.pass(5 * MINUTE);
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('refuses a resolve and does not end the run', async () => {
    const story = await anOpenPayment();
    await story.change({ status: 'REVIEW', reviewCode: 'amount_mismatch' });
    story.before.recording = refused;
    const answer = await story.resolve('accept');
    expect(answer).toMatchObject({ kind: 'refused', reason: 'the reading could not be recorded' });
    delete story.before.recording;
    await story.resolve('dismiss');
    expect(await story.order()).toMatchObject({ status: 'PAYMENT_FAILED' });
  });

  it.each(['lookAtPayment', 'openSession', 'cancelSession'] as const)(
    'does not end the run, and neither does an operator who fails its %s',
    async (name) => {
      const story = anOrder();
      await story.claim();
      let ended = false;
      story.before[name] = () => {
        if (ended) return;
        ended = true;
        throw ApplicationFailure.nonRetryable('failed by an operator');
      };
      await world.runs.open(story.address);
      if (name === 'openSession') await world.runs.open(story.address);
      if (name === 'cancelSession') await story.cancel();
      else {
        story.turns('AUTHORIZED');
        await story.call('e1');
        await world.sleep(MINUTE);
      }
      await story.quiet();
      expect(ended).toBe(true);
      expect((await story.order()).status).toBe(name === 'cancelSession' ? 'AWAITING_PAYMENT' : 'PAID');
    },
  );
});

describe('a hold', () => {
  it('is polled every hour for thirty days, over a continue-as-new, never expires, and pays when it is decided', async () => {
    const story = await aHold();
    const first = (await world.server.client.workflow.getHandle(story.workflowId).describe()).runId;
    await story.pass(30 * DAY);
    expect(await statusOf(story)).toBe('ON_HOLD');
    expect(story.script.reads.length).toBeGreaterThanOrEqual(719);
    for (const seconds of gaps(story)) expect(Math.abs(seconds - 3_600)).toBeLessThan(60);
    const later = await world.server.client.workflow.getHandle(story.workflowId).describe();
    expect(later.runId).not.toBe(first);
    story.turns('AUTHORIZED');
    await story.pass(HOUR + MINUTE);
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(await story.updates()).toEqual(['order.payment_pending', 'order.paid']);
  }, 120_000);

  it('that is refused fails the order', async () => {
    const story = await aHold();
    story.turns('DECLINED');
    await story.pass(HOUR + MINUTE);
    expect(await statusOf(story)).toBe('DECLINED');
    expect((await story.order()).status).toBe('PAYMENT_FAILED');
  });

  it('that becomes UNKNOWN is read again soon, becomes REVIEW after an hour, and is a hold again when the gateway says so', async () => {
    const story = await aHold();
    story.turns('UNCLEAR');
    await story.pass(HOUR + 58 * MINUTE);
    expect(await statusOf(story)).toBe('ON_HOLD');
    expect(gaps(story).slice(1, 8)).toEqual([1, 2, 5, 15, 60, 300, 300]);
    await story.pass(10 * MINUTE);
    expect(await statusOf(story)).toBe('REVIEW');
    story.turns('ON_HOLD');
    await story.pass(HOUR);
    expect((await story.order()).status).toBe('PAYMENT_PENDING');
    expect(await story.updates()).toEqual(['order.payment_pending', 'order.review', 'order.payment_pending']);
    story.turns('AUTHORIZED');
    await story.pass(HOUR + MINUTE);
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('is never read later than its interval, also while a callback is followed', async () => {
    const story = await aHold(10_000);
    story.script.isHidden = true;
    await story.callback('e2');
    await story.pass(MINUTE);
    expect(gaps(story).slice(1, 7)).toEqual([1, 2, 5, 10, 10, 10]);
    story.script.isHidden = false;
    story.turns('DECLINED');
    await story.pass(11_000);
    expect(await statusOf(story)).toBe('DECLINED');
  });
});

describe('a callback', () => {
  it.each(['ON_HOLD', 'REVIEW'] as const)(
    'is followed although the payment is %s already',
    async (status) => {
      const story = status === 'REVIEW' ? await anUnclearPayment(68 * MINUTE) : await aHold();
      await story.callback('e2');
      expect(await statusOf(story)).toBe(status);
      story.script.isHidden = true;
      const before = story.script.reads.length;
      await story.callback('e3');
      await story.pass(12 * MINUTE);
      expect(gaps(story).slice(before)).toEqual([1, 2, 5, 15, 60, 300, 300]);
      story.script.isHidden = false;
      story.turns('AUTHORIZED');
      await story.pass(5 * MINUTE);
      expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
    },
  );

  it('is followed by reads after 1, 2, 5, 15 and 60 s, then every 5 minutes', async () => {
    const story = await anOpenPayment();
    story.turns('INITIATED');
    await story.callback('e1');
    await story.pass(12 * MINUTE);
    expect(gaps(story)).toEqual([1, 2, 5, 15, 60, 300, 300]);
    story.turns('AUTHORIZED');
    await story.pass(5 * MINUTE);
    expect((await story.order()).status).toBe('PAID');
  });

  it('that arrives later is followed from the beginning again', async () => {
    const story = await anOpenPayment();
    story.turns('INITIATED');
    await story.callback('e1');
    await story.pass(12 * MINUTE);
    const before = story.script.reads.length;
    await story.callback('e2');
    await story.pass(12 * MINUTE);
    expect(gaps(story).slice(before)).toEqual([1, 2, 5, 15, 60, 300, 300]);
  });

  it('is followed although a browser returns in between', async () => {
    const story = await anOpenPayment();
    await story.callback('e1');
    await world.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.quiet();
    story.turns('AUTHORIZED');
    await story.pass(2 * MINUTE);
    expect((await story.order()).status).toBe('PAID');
  });

  it('is retried at the same times while the gateway is silent, and never fails the payment', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    story.script.isDown = true;
    await story.callback('e1');
    await story.pass(3 * HOUR);
    expect(await statusOf(story)).toBe('PENDING');
    // Spread by a fifth, so that not all payments call at the same moment.
    for (const [index, seconds] of [1, 2, 5, 15, 60, 300, 300].entries())
      expect(Math.abs((gaps(story)[index] ?? 0) - seconds)).toBeLessThanOrEqual(1 + seconds / 5);
    story.script.isDown = false;
    await story.pass(6 * MINUTE);
    expect((await story.order()).status).toBe('PAID');
  });

  it.each(['lookAtPayment', 'recording'] as const)(
    'that arrives during %s of a return hit, and has no news after that look, requires no look of its own',
    async (activity) => {
      const story = await anOpenPayment();
      story.turns('AUTHORIZED');
      const call = () => story.call('e1', { transactionId: story.transactionId });
      story.before[activity] = call;
      await world.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
      await story.quiet();
      expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
      expect(story.script.reads).toHaveLength(1);
      expect((await historyOf(story)).length).toBeLessThanOrEqual(31);
    },
  );

  it('that arrives during a look and names a later event requires a look of its own', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    story.before.recording = () => {
      delete story.before.recording;
      story.turns('CAPTURED');
      return story.call('e1', { transactionId: story.transactionId, event: 'CAPTURE' });
    };
    await world.runs.poke(story.address, { why: 'return', at: new Date().toISOString() });
    await story.quiet();
    expect(await statusOf(story)).toBe('CAPTURED');
  });

  it('with a known id requires nothing', async () => {
    const story = await anOpenPayment();
    story.turns('ON_HOLD');
    for (let time = 0; time < 3; time += 1) await story.callback('e1');
    expect(story.script.reads).toHaveLength(1);
    story.turns('DECLINED');
    await story.callback('e2');
    expect(await statusOf(story)).toBe('DECLINED');
  });

  it('is handled in any number, with few reads', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    const ids = Array.from({ length: 1_000 }, (_, index) => `e${index}`);
    while (ids.length > 0) await Promise.all(ids.splice(0, 50).map((id) => story.call(id)));
    await story.quiet();
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(await story.deliveries('handled')).toHaveLength(1_000);
    expect(story.script.reads.length).toBeLessThan(500);
  }, 240_000);

  it('that arrives before the session has opened is handled after the opening', async () => {
    const story = anOrder();
    const payment = await story.claim();
    const release = story.holdBack('openSession');
    const answer = world.runs.open(story.address);
    // This server sometimes fails when a start comes in two ways at the same moment.
    await until('the session is being opened', () => story.openings.length > 0);
    await story.call('e1');
    await story.openAtGateway(payment);
    story.turns('AUTHORIZED');
    release();
    expect(await answer).toEqual({ kind: 'not_open', status: 'AUTHORIZED' });
    expect((await story.order()).status).toBe('PAID');
  });

  it('about a payment whose answer was lost adopts the session that names the payment', async () => {
    const story = anOrder();
    const { addressOfNobody: lost } = story;
    const { id: sessionId } = await story.leaveBehind(lost);
    story.turns('AUTHORIZED');
    await story.call('e1', { sessionId }, lost);
    await story.quiet(paymentWorkflowId(lost));
    expect(await story.order()).toMatchObject({ status: 'PAID', paidPaymentId: lost.paymentId });
  });

  it('about an unknown payment is foreign, and nothing is read', async () => {
    const story = anOrder();
    const { addressOfNobody: unknown } = story;
    const { id: sessionId } = await story.leaveBehind({ ...unknown, paymentId: 'theirs' });
    await story.call('e1', { sessionId }, unknown);
    await story.quiet(paymentWorkflowId(unknown));
    expect(await story.deliveries('ignored')).toEqual(['e1']);
    expect(story.script.reads).toEqual([]);
    expect(await findPayment(world.store.db, unknown.paymentId)).toBeNull();
  });
});

describe("an answer that can't be understood", () => {
  it('becomes REVIEW after an hour, is read every hour, and a clear answer ends the REVIEW', async () => {
    const story = await anUnclearPayment(58 * MINUTE);
    expect(await statusOf(story)).toBe('PENDING');
    expect((await story.notes()).at(-1)).toMatch(
      /says UNKNOWN, .*: not clear yet, the transaction is UNKNOWN$/,
    );
    await story.pass(10 * MINUTE);
    expect(await statusOf(story)).toBe('REVIEW');
    expect((await story.order()).status).toBe('REVIEW');
    const reads = story.script.reads.length;
    await story.pass(5 * HOUR);
    expect(story.script.reads.length - reads).toBe(5);
    story.turns('AUTHORIZED');
    await story.pass(HOUR + MINUTE);
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
    expect(await story.updates()).toEqual(['order.review', 'order.paid']);
  });

  it('that turns out to be no payment yet ends the REVIEW, and the session may be paid or expire', async () => {
    const story = await anUnclearPayment(68 * MINUTE);
    expect(await statusOf(story)).toBe('REVIEW');
    untouch(story.session);
    await story.pass(HOUR + MINUTE);
    expect(await story.payment()).toMatchObject({ status: 'PENDING', reason: null });
    expect((await story.order()).status).toBe('AWAITING_PAYMENT');
    await story.pass(3 * HOUR);
    expect(await story.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
  });

  it('is not cleared by a gateway that shows nothing, although the session is over, since there may be money', async () => {
    const story = await anUnclearPayment(5 * HOUR);
    story.script.isHidden = true;
    await story.pass(HOUR + MINUTE);
    expect(await statusOf(story)).toBe('REVIEW');
    story.script.isHidden = false;
    story.turns('AUTHORIZED');
    await story.pass(HOUR + MINUTE);
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('that turns out to be no payment after the end of the session expires', async () => {
    const story = await anUnclearPayment(5 * HOUR);
    untouch(story.session);
    await story.pass(HOUR + MINUTE);
    expect(await story.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    expect((await story.order()).status).toBe('PAYMENT_FAILED');
  });
});

describe('expiry', () => {
  it('comes after a last read, which may still pay', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    await story.pass(4 * HOUR + 16 * MINUTE);
    expect((await story.order()).status).toBe('PAID');
    expect(story.script.reads).toHaveLength(1);
  });

  it('ends a session that was not paid, and late money then goes back', async () => {
    const story = await anOpenPayment();
    await story.pass(4 * HOUR + 14 * MINUTE);
    expect(await statusOf(story)).toBe('PENDING');
    await story.pass(2 * MINUTE);
    expect(await story.payment()).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    story.turns('AUTHORIZED');
    await story.callback('late');
    await story.becomes('VOIDED');
    expect(await story.order()).toMatchObject({ status: 'PAYMENT_FAILED', paidTimes: 0 });
    expect(await story.updates()).toEqual(['order.payment_expired', 'order.late_payment_returned']);
  });

  it('gives a payer who returns after the deadline a new session', async () => {
    const story = await anOpenPayment();
    await story.pass(4 * HOUR + MINUTE);
    expect(await world.runs.open(story.address)).toEqual({
      kind: 'not_open',
      status: 'EXPIRED',
    });
    expect((await story.claim()).n).toBe(2);
  });
});

describe("the merchant's cancel", () => {
  it('closes an unpaid session', async () => {
    const story = await anOpenPayment();
    expect(await story.cancel()).toEqual({
      kind: 'cancelled',
    });
    expect(await story.payment()).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
    expect((await story.order()).status).toBe('CANCELLED');
    expect(story.session.state).toBe('closed');
  });

  it('does not change a paid payment, whether the merchant was notified or not', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    const answer = await story.cancel();
    expect(answer).toEqual({ kind: 'not_open', status: 'AUTHORIZED' });
    expect((await story.order()).status).toBe('PAID');
  });

  it('at the moment of the payment gives the money back and sets CANCELLED', async () => {
    const story = await anOpenPayment();
    story.before.cancelSession = () => story.turns('AUTHORIZED');
    expect(await story.cancel()).toEqual({
      kind: 'cancelled',
    });
    expect(story.session.deal?.status).toBe('voided');
    expect(await story.order()).toMatchObject({ status: 'CANCELLED', paidTimes: 0 });
  });

  it('that the gateway has confirmed is followed until the reads show it too', async () => {
    const story = await anOpenPayment();
    let reads = 0;
    story.before.lookAtPayment = () => {
      reads += 1;
      story.script.says = { kind: 'session', state: reads < 4 ? 'open' : 'cancelled' };
    };
    expect(await story.cancel()).toEqual({
      kind: 'cancelled',
    });
    expect(reads).toBe(4);
    expect(await story.payment()).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
  });

  it('that the gateway refuses because the money was captured pays the order', async () => {
    const story = await anOpenPayment();
    story.before.cancelSession = () => story.turns('CAPTURED');
    expect(await story.cancel()).toEqual({
      kind: 'not_open',
      status: 'CAPTURED',
    });
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it('makes room for another session, as a replacement does', async () => {
    const story = await anOpenPayment();
    await story.cancel();
    const second = await story.claim();
    const answer = await world.runs.open(addressOf(second));
    const [, session] = story.psp.pages;
    expect(answer).toMatchObject({ kind: 'open', sessionId: session?.id });
    story.turns('AUTHORIZED', session);
    await story.call('e1', {}, addressOf(second));
    await story.quiet(paymentWorkflowId(second));
    expect(await story.order()).toMatchObject({ status: 'PAID', paidPaymentId: second.id });
  });
});

describe('a review', () => {
  async function inReview(): Promise<Story> {
    const story = await anOpenPayment();
    story.policy = 'review';
    await story.pass(5 * HOUR);
    story.turns('AUTHORIZED');
    await story.callback('late');
    expect(await statusOf(story)).toBe('REVIEW');
    return story;
  }

  it('ends when the money is accepted', async () => {
    const story = await inReview();
    const answer = await story.resolve('accept');
    expect(answer).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
    expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  });

  it("of another session's transaction does not end when it is accepted, since that is not this order's money", async () => {
    const story = await anOpenPayment();
    await story.shows('AUTHORIZED', { sessionId: 'theirs' });
    await story.callback('e1');
    await story.pass(68 * MINUTE);
    expect(await statusOf(story)).toBe('REVIEW');
    const answer = await story.resolve('accept');
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining('of this session') });
    expect(await story.order()).toMatchObject({ status: 'REVIEW', paidTimes: 0 });
  });

  it('ends when it is dismissed, and the order is open again', async () => {
    const story = await inReview();
    const answer = await story.resolve('dismiss');
    expect(answer).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
    expect(await story.order()).toMatchObject({ status: 'PAYMENT_FAILED', paidTimes: 0 });
    expect(await story.updates()).toEqual(['order.payment_expired', 'order.review', 'order.payment_failed']);
    expect((await story.claim()).n).toBe(2);
  });

  it('is not accepted without money', async () => {
    const story = await inReview();
    story.psp.call({ path: 'close', id: story.session.id });
    const answer = await story.resolve('accept');
    expect(answer).toMatchObject({ kind: 'refused' });
    await story.resolve('dismiss');
  });

  it("can't be resolved where no payment is in REVIEW", async () => {
    const story = await anOpenPayment();
    const answer = await story.resolve('accept');
    expect(answer).toEqual({ kind: 'not_in_review', status: 'PENDING' });
  });

  it('is found by a run although another run has caused it', async () => {
    const story = await anOpenPayment();
    await story.change({ status: 'REVIEW', reason: 'give_back_failed', reviewCode: 'give_back_failed' });
    story.turns('AUTHORIZED');
    expect(await story.resolve('accept')).toEqual({ kind: 'resolved', status: 'AUTHORIZED' });
  });

  it('polls a late hold as often as any other', async () => {
    const story = await anOpenPayment(5 * MINUTE);
    await story.pass(5 * HOUR);
    story.turns('ON_HOLD');
    await story.callback('late');
    expect(await story.payment()).toMatchObject({ status: 'REVIEW', reason: 'late_hold' });
    story.turns('FAILED');
    await story.pass(6 * MINUTE);
    expect(await statusOf(story)).toBe('FAILED');
  });

  it('does not come back for a dismissed hold, which neither blocks the order nor breaks a callback beside a new session', async () => {
    const story = await anOpenPayment();
    await story.pass(5 * HOUR);
    story.turns('ON_HOLD');
    await story.callback('late');
    expect(await story.payment()).toMatchObject({ status: 'REVIEW', reason: 'late_hold' });
    await story.resolve('dismiss');
    const second = await story.claim();
    await world.runs.open(addressOf(second));
    await story.callback('later');
    expect(await story.payment()).toMatchObject({ status: 'CANCELLED', dismissed: true });
    expect(await story.deliveries('handled')).toContain('later');
  });
});

describe('a run', () => {
  it('closes the sessions that a lost answer left behind', async () => {
    const story = anOrder();
    // So old that an earlier run may have tried, too.
    await story.claim(MINUTE);
    const kept = await story.leaveBehind();
    expect(await world.runs.open(story.address)).toMatchObject({ kind: 'open', sessionId: kept.id });
    // The gateway's search shows it only now.
    await story.leaveBehind();
    await story.pass(2 * MINUTE);
    expect(story.psp.pages.map(({ state }) => state)).toEqual(['open', 'closed']);
  });

  it('uses at most 17 events for a paid session with one callback', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    await story.callback('e1');
    const events = await historyOf(story);
    expect(events.at(-1)?.workflowExecutionCompletedEventAttributes).toBeTruthy();
    expect(events.length).toBeLessThanOrEqual(17);
  });

  it('ignores an unproved hit on a settled payment', async () => {
    const story = await anOpenPayment();
    story.turns('AUTHORIZED');
    await story.callback('e1');
    expect(await world.runs.poke(story.address, { why: 'return', at: new Date().toISOString() })).toBe(false);
    expect(story.script.reads).toHaveLength(1);
  });

  it('gives back money for an order that another session has paid, and does not change the order', async () => {
    const story = await anOpenPayment();
    story.turns('FAILED');
    await story.callback('e1');
    const second = await story.claim();
    await world.runs.open(addressOf(second));
    story.turns('AUTHORIZED', story.psp.pages[1]);
    await story.call('e2', {}, addressOf(second));
    await story.quiet(paymentWorkflowId(second));
    story.turns('AUTHORIZED');
    await story.callback('e3');
    await story.becomes('VOIDED');
    expect(await story.order()).toMatchObject({ status: 'PAID', paidPaymentId: second.id, paidTimes: 1 });
    expect(await story.updates()).toContain('order.late_payment_returned');
  });
});

describe('the task queues', () => {
  it('do not block each other: openings, reads, records and updates have their own', async () => {
    const story = anOrder();
    await story.claim();
    await world.runs.open(story.address);
    story.turns('AUTHORIZED');
    await story.callback('e1');
    const scheduled = (await historyOf(story)).flatMap(({ activityTaskScheduledEventAttributes: of }) =>
      of ? [[of.activityType?.name, of.taskQueue?.name, of.priority?.priorityKey ?? 0]] : [],
    );
    expect(scheduled).toEqual([
      ['openSession', 'payments-dintero-checkout', 0],
      ['lookAtPayment', 'payments-dintero-background', 1],
    ]);
  });

  it('serve a read for a waiting caller before a poll', async () => {
    const story = await aHold();
    await story.pass(HOUR + MINUTE);
    const reads = (await historyOf(story)).flatMap(({ activityTaskScheduledEventAttributes: of }) =>
      of?.activityType?.name === 'lookAtPayment' ? [of.priority?.priorityKey] : [],
    );
    expect(reads).toEqual([1, 3]);
  });
});
