/** One look, against a real store and the simulator. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import type { LookInput, LookResult, PaymentActivities } from '../../src/activities/contract.ts';
import type { Triggers } from '../../src/domain/trigger.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import { findOrder, findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { findings } from '../../src/store/schema/stats-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { activitiesOn, anActivityRun } from '../support/activity.ts';
import {
  aDecision,
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  handled,
  keyOf,
  TELLS,
} from '../support/builders.ts';
import { openAtGateway } from '../support/open-payment.ts';
import { aSimulation } from '../support/simulation.ts';
import { openTestStore, type TestStore } from '../support/store.ts';
import { withTroubles, type TroubledDb } from '../support/troubled-db.ts';

const HOUR_MS = 3_600_000;
const LATER = new Date(Date.now() + HOUR_MS).toISOString();
const NO_TRIGGERS: Triggers = { callbacks: [], pokes: [], requests: [], timer: null, expiry: null };

let store: TestStore;
let troubles: TroubledDb;
let activities: PaymentActivities;
const simulation = aSimulation();
const { psp, gateway, asked, closed } = simulation;
/** The merchant's updates, in their order. */
const told: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  troubles = withTroubles(store.db);
  activities = activitiesOn({ db: troubles.db, gateway, told });
}, 180_000);
beforeEach(() => {
  simulation.beginAgain();
  told.length = 0;
});
afterAll(() => store.close());

const reread = async ({ id }: PaymentRow) => (await findPayment(store.db, id)) as PaymentRow;

/** A payment with a session. */
const anOpenSession = async () => openAtGateway({ store, gateway }, await aPayment(store.db));

/** The same, and the PSP shows an authorization. */
async function aSession(): Promise<PaymentRow> {
  const payment = await anOpenSession();
  simulation.pay(payment, 'held');
  return payment;
}

async function aReviewed(): Promise<PaymentRow> {
  const payment = await aSession();
  const finding = aFinding('REVIEW', { review: 'amount_mismatch' });
  await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
  return reread(payment);
}

let looks = 0;
const look = (
  payment: PaymentRow,
  { attempt = 1, ...changes }: Partial<LookInput> & { attempt?: number } = {},
): Promise<LookResult> =>
  anActivityRun(attempt).run((input) => activities.lookAtPayment(input), {
    ...keyOf(payment),
    gateway: 'dintero',
    key: `run-1-look-${(looks += 1)}`,
    triggers: NO_TRIGGERS,
    now: Date.now(),
    unclearSince: null,
    closing: null,
    ...changes,
  });

const story = async ({ id }: PaymentRow) => (await readTimeline(store.db, id)).map(({ text }) => text);

async function everythingAbout(payment: PaymentRow): Promise<object> {
  const { updatedAt: _, ...row } = await reread(payment);
  const order = (await findOrder(store.db, payment.orderReference))?.order;
  return {
    row,
    order: { ...order, updatedAt: null },
    notes: await readTimeline(store.db, payment.id),
    updates: await listUpdates(store.db, payment.id),
  };
}

describe('a look', () => {
  it('reads, decides, records and notifies the merchant in one activity', async () => {
    const payment = await aSession();
    const { transactionId, knownEvents } = await simulation.transactionOf(payment);
    expect(await look(payment)).toEqual({
      answer: 'clear',
      said: `dintero says held, 72200 minor units of NOK for ${payment.orderReference}; it becomes AUTHORIZED`,
      isAbsent: false,
      unclearSince: null,
      payment: { status: 'AUTHORIZED', reviewCode: null, dismissed: false, transactionId, knownEvents },
      next: [],
    });
    expect(asked).toEqual([{ sessionId: payment.sessionId }]);
    expect(told).toEqual([`${payment.orderReference}/order.paid`]);
  });

  it('notes once which trigger has found the payment paid', async () => {
    const payment = await aSession();
    const at = new Date().toISOString();
    await look(payment, { triggers: { ...NO_TRIGGERS, requests: [{ why: 'sweep', at }] } });
    await look(payment, { triggers: { ...NO_TRIGGERS, pokes: [{ why: 'return', at }] } });
    expect(await reread(payment)).toMatchObject({ foundBy: 'sweep' });
    expect(await store.db.select().from(findings).where(eq(findings.paymentId, payment.id))).toMatchObject([
      { outcome: 'paid', foundBy: 'sweep', gateway: 'dintero', currency: 'NOK', authorized: 72_200 },
    ]);
  });

  it('says when there is nothing to act on yet, and records nothing', async () => {
    const payment = await anOpenSession();
    const before = await everythingAbout(payment);
    simulation.says = { kind: 'absent' };
    expect(await look(payment)).toMatchObject({
      answer: 'wait',
      isAbsent: true,
      payment: { status: 'PENDING' },
    });
    simulation.says = null;
    expect(await look(payment)).toMatchObject({ answer: 'wait', isAbsent: false });
    expect(await everythingAbout(payment)).toEqual(before);
  });

  it('decides on the state that is recorded when the answer arrives, not on the state before the request', async () => {
    const payment = await aSession();
    const transaction = await simulation.transactionOf(payment);
    simulation.meanwhile = () => recordFinding(store.db, aRecord(payment, { transaction }), TELLS);
    simulation.says = { kind: 'session', state: 'open' };
    const late = { now: Date.now() + 10 * HOUR_MS };
    expect(await look(payment, late)).toMatchObject({ payment: { status: 'AUTHORIZED' } });
    expect(told).toEqual([]);
  });

  it('marks its callbacks as handled, and reads the transaction that they name', async () => {
    const payment = await aSession();
    const delivery = aDelivery(payment, { claim: { transactionId: 'T12345678.claimed' } });
    await logDelivery(store.db, delivery);
    simulation.says = { kind: 'absent' };
    await look(payment, { triggers: { ...NO_TRIGGERS, callbacks: [handled(delivery)] } });
    expect(asked).toEqual([{ sessionId: payment.sessionId, transactionId: 'T12345678.claimed' }]);
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 9 });
    expect(rows).toMatchObject([{ state: 'handled' }]);
    // A callback that names another session is no reason to read its transaction.
    const foreign = {
      ...handled(delivery),
      claim: { sessionId: 'other', transactionId: 'T12345678.theirs' },
    };
    await look(payment, { triggers: { ...NO_TRIGGERS, callbacks: [foreign] } });
    expect(asked[1]).toEqual({ sessionId: payment.sessionId });
  });

  it('is retried where the gateway is silent, and nothing is written', async () => {
    const payment = await aSession();
    const before = await everythingAbout(payment);
    psp.faults.push('lost_before');
    await expect(look(payment)).rejects.toMatchObject({ type: 'GATEWAY_SILENT' });
    expect(await everythingAbout(payment)).toEqual(before);
  });

  it('does not call the gateway where the store is down, or has no such payment', async () => {
    const payment = await aSession();
    troubles.mood = 'down';
    await expect(look(payment)).rejects.toThrow('ECONNREFUSED');
    troubles.mood = 'well';
    await expect(look({ ...payment, id: 'pay_none' })).rejects.toThrow('there is no payment pay_none');
    expect(asked).toEqual([]);
  });
});

describe('a look that is retried after its first try was committed', () => {
  it('writes nothing twice, and leaves the remaining work of the first try to be done', async () => {
    const payment = await aSession();
    await store.db.update(payments).set({ capture: 'auto' }).where(eq(payments.id, payment.id));
    const again = { key: 'run-1-look-committed', triggers: { ...NO_TRIGGERS, timer: 'poll' } } as const;
    const first = await look(payment, again);
    expect(first).toMatchObject({ payment: { status: 'AUTHORIZED' }, next: ['capture'] });
    const before = await everythingAbout(payment);
    const second = await look(payment, { ...again, attempt: 2 });
    expect(second).toEqual({ ...first, said: first.said.replace('becomes', 'stays') });
    expect(await everythingAbout(payment)).toEqual(before);
    expect(told).toEqual([`${payment.orderReference}/order.paid`]);
  });

  it('finds and reports only news since then', async () => {
    const payment = await aSession();
    const again = { key: 'run-1-look-overtaken', triggers: { ...NO_TRIGGERS, timer: 'poll' } } as const;
    await look(payment, again);
    const before = await story(payment);
    const captured = { status: 'CAPTURED', capturedMinor: payment.amount, updatedAt: LATER } as const;
    await simulation.show(payment, captured);
    expect(await look(payment, { ...again, attempt: 2 })).toMatchObject({ payment: { status: 'CAPTURED' } });
    expect(await story(payment)).toEqual([
      ...before,
      'AUTHORIZED became CAPTURED',
      'order.captured queued for the merchant',
    ]);
    expect(told).toHaveLength(2);
  });
});

describe("an operator's decision", () => {
  const decide = async (payment: PaymentRow, decision: 'accept' | 'dismiss') => ({
    key: `run-1-resolve-${payment.id}`,
    decided: { decision, noteKey: await aDecision(store.db, payment, decision) },
  });

  it('is carried out, and a retry after the commit reports the same', async () => {
    for (const [decision, status] of [
      ['accept', 'AUTHORIZED'],
      ['dismiss', 'AUTHORIZED'],
    ] as const) {
      const payment = await aReviewed();
      const resolving = await decide(payment, decision);
      expect(await look(payment, resolving)).toMatchObject({ decided: 'done', payment: { status } });
      const before = await everythingAbout(payment);
      const retried = await look(payment, { ...resolving, attempt: 2 });
      expect([decision, retried]).toMatchObject([decision, { decided: 'done', payment: { status } }]);
      expect(await everythingAbout(payment)).toEqual(before);
    }
  });

  it('is not carried out where no decision is needed', async () => {
    const payment = await aSession();
    const resolving = await decide(payment, 'accept');
    expect(await look(payment, resolving)).toMatchObject({ decided: 'not_in_review' });
    expect(asked).toEqual([]);
  });

  it('removes a mark from a settled payment, but accepts nothing there', async () => {
    const payment = await aSession();
    await look(payment);
    const marked = { reviewCode: 'unclear', reviewMark: 'unclear: UNKNOWN' } as const;
    await store.db.update(payments).set(marked).where(eq(payments.id, payment.id));
    const accepting = await decide(payment, 'accept');
    expect(await look(payment, accepting)).toMatchObject({ decided: 'not_in_review' });
    const dismissing = { ...(await decide(payment, 'dismiss')), key: 'run-1-dismiss' };
    expect(await look(payment, dismissing)).toMatchObject({ decided: 'done', payment: { reviewCode: null } });
  });

  it.each([
    ['accept', { kind: 'absent' }, 'the gateway shows no transaction of this session'],
    ['accept', { kind: 'unreadable', reason: 'no JSON' }, 'the gateway shows no transaction of this session'],
  ] as const)(
    'is refused with the reason: %s, and the gateway says %j',
    async (decision, reading, refused) => {
      const payment = await aReviewed();
      simulation.says = reading;
      expect(await look(payment, await decide(payment, decision))).toMatchObject({ decided: { refused } });
      expect(await reread(payment)).toMatchObject({ status: 'REVIEW', reviewCode: 'amount_mismatch' });
    },
  );

  it('is refused where the money has to go back by now, also for a try after the first', async () => {
    const payment = await aSession();
    const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    expect(await look(payment)).toMatchObject({ payment: { status: 'AUTHORIZED' }, next: ['give_back'] });
    // The reason for the REVIEW had ended before the first try could be recorded.
    const accepting = await decide(payment, 'accept');
    expect(await look(payment, { ...accepting, attempt: 2 })).toMatchObject({
      decided: { refused: expect.stringContaining('on its way back') },
      next: ['give_back'],
    });
  });

  it('is refused where no operator has made it', async () => {
    const payment = await aReviewed();
    for (const decision of ['accept', 'dismiss'] as const) {
      const decided = { decision, noteKey: 'decision-made-up' };
      expect(await look(payment, { decided })).toMatchObject({
        decided: { refused: expect.stringContaining('no operator has decided that') },
      });
    }
    expect(await reread(payment)).toMatchObject({ status: 'REVIEW', dismissed: false });
  });
});

describe('an answer that the store refuses', () => {
  const ODD = 'NUL\0here';
  const odd = (payment: PaymentRow, updatedAt?: string) =>
    simulation.show(payment, { paymentMethod: ODD, gatewayStatus: ODD, ...(updatedAt && { updatedAt }) });
  const poll = { triggers: { ...NO_TRIGGERS, timer: 'poll' } } as const;

  it('is recorded as not understood, without its text, and leads to a REVIEW after an hour', async () => {
    const payment = await aSession();
    await odd(payment);
    const now = Date.now();
    const first = await look(payment, { ...poll, now });
    const words = 'dintero answered, but not in a way we understand: the reading could not be recorded';
    expect(first).toMatchObject({ answer: 'unclear', unclearSince: now, payment: { status: 'PENDING' } });
    expect(first.said).toBe(`${words}; not clear: the reading could not be recorded`);
    expect(JSON.stringify(first)).not.toContain('NUL');
    expect(await story(payment)).toContain(words);
    const early = { now: now + HOUR_MS - 1, unclearSince: now };
    expect(await look(payment, { ...poll, ...early })).toMatchObject({
      answer: 'unclear',
      unclearSince: now,
    });
    expect(told).toEqual([]);
    const hourLater = { now: now + HOUR_MS, unclearSince: now };
    expect(await look(payment, { ...poll, ...hourLater })).toMatchObject({
      answer: 'clear',
      payment: { status: 'REVIEW', reviewCode: 'unclear' },
    });
    expect(await reread(payment)).toMatchObject({ reason: 'unclear: the reading could not be recorded' });
    expect(told).toEqual([`${payment.id}/order.review/unclear-session`]);
  });

  it('sets a review mark on a paid payment, which keeps its status, until the first clear answer', async () => {
    const payment = await aSession();
    await look(payment);
    await odd(payment, LATER);
    const now = Date.now();
    expect(await look(payment, { ...poll, now, unclearSince: now - HOUR_MS })).toMatchObject({
      payment: { status: 'AUTHORIZED', reviewCode: 'unclear' },
    });
    await simulation.show(payment, { updatedAt: LATER });
    expect(await look(payment, poll)).toMatchObject({ payment: { status: 'AUTHORIZED', reviewCode: null } });
  });

  it('leaves the callbacks of the look unhandled', async () => {
    const payment = await aSession();
    const delivery = aDelivery(payment);
    await logDelivery(store.db, delivery);
    await odd(payment);
    await look(payment, { triggers: { ...NO_TRIGGERS, callbacks: [handled(delivery)] } });
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 9 });
    expect(rows).toMatchObject([{ state: 'received' }]);
  });
});

describe('the end of a session', () => {
  const OVER = { now: Date.now() + 30 * 24 * HOUR_MS };
  const typesTold = () => told.map((effect) => effect.replace(/^.*(order\.[a-z_]+).*$/, '$1'));

  it('is left to the gateway that ends it by itself', async () => {
    const payment = await anOpenSession();
    await look(payment, OVER);
    expect(await reread(payment)).toMatchObject({ status: 'EXPIRED' });
    expect(closed).toEqual([]);
  });

  it('that the gateway calls expired is by the merchant where it was asked to close the session', async () => {
    const [cancelled, other] = [await aSession(), await aSession()];
    const noteKey = await aDecision(store.db, cancelled, 'cancel');
    // The answer to the cancel was lost, and the reading after it said nothing.
    const sessionId = cancelled.sessionId ?? '';
    const because = { why: 'merchant', noteKey } as const;
    const input = { ...keyOf(cancelled), gateway: gateway.id, sessionId, because };
    await anActivityRun().run(() => activities.cancelSession(input));
    simulation.says = { kind: 'unreadable', reason: 'no JSON' };
    expect(await look(cancelled)).toMatchObject({ answer: 'unclear' });
    simulation.says = { kind: 'session', state: 'expired' };
    for (const payment of [cancelled, other]) await look(payment);
    expect(await reread(cancelled)).toMatchObject({ status: 'CANCELLED', closedBy: 'merchant' });
    expect(await reread(other)).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(typesTold()).toEqual(['order.payment_cancelled', 'order.payment_expired']);
  });

  it('is no end of a hold: an attempt has failed, and the payer may try again', async () => {
    const payment = await aSession();
    await simulation.show(payment, { status: 'ON_HOLD', authorized: false });
    await look(payment);
    simulation.says = { kind: 'session', state: 'open' };
    const first = await look(payment);
    expect(first).toMatchObject({ answer: 'unclear', payment: { status: 'ON_HOLD' } });
    const now = Date.now() + 60_000;
    const last = await look(payment, { now, unclearSince: Date.now() });
    expect(last).toMatchObject({ answer: 'clear', payment: { status: 'PENDING' } });
    expect((await findOrder(store.db, payment.orderReference))?.order.status).toBe('AWAITING_PAYMENT');
    await simulation.show(payment, {});
    await look(payment);
    expect(typesTold()).toEqual(['order.payment_pending', 'order.paid']);
  });

  describe('at a gateway that would let the payer go on', () => {
    beforeEach(() => {
      simulation.traits = { endsBy: 'us' };
      psp.closes = 'unpaid';
    });

    it('is asked for before the payment is called expired', async () => {
      const payment = await anOpenSession();
      await look(payment, OVER);
      expect(await reread(payment)).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
      expect(closed).toEqual([payment.sessionId]);
      expect(typesTold()).toEqual(['order.payment_expired']);
    });

    it('is not asked for before its time, or where the gateway shows it as over', async () => {
      const payment = await anOpenSession();
      await look(payment);
      expect(await reread(payment)).toMatchObject({ status: 'PENDING' });
      psp.call({ path: 'close', id: payment.sessionId as string });
      await look(payment, OVER);
      expect(await reread(payment)).toMatchObject({ status: 'EXPIRED' });
      expect(closed).toEqual([]);
    });

    it('does not come where the payer has paid in the last moment', async () => {
      const payment = await anOpenSession();
      simulation.close = () => simulation.pay(payment, 'held');
      await look(payment, OVER);
      expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', closedBy: null });
      expect(typesTold()).toEqual(['order.paid']);
    });

    it('waits while the gateway does not answer', async () => {
      const payment = await anOpenSession();
      simulation.close = () => psp.faults.push('lost_before');
      await expect(look(payment, OVER)).rejects.toMatchObject({ type: 'GATEWAY_SILENT' });
      expect(await reread(payment)).toMatchObject({ status: 'PENDING' });
    });
  });
});
