/** Two monies in one session, from the look that finds the second one to its return: a real store and the simulator. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import type {
  AttemptResult,
  GiveBackPlan,
  LookInput,
  LookResult,
  MoneyActivities,
  PaymentActivities,
} from '../../src/activities/contract.ts';
import type { LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import type { ShownOperation } from '../../src/domain/operation.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { claimOperation, listOperations, type OperationRow } from '../../src/store/operations.ts';
import { listUpdates } from '../../src/store/outbox.ts';
import { findOrder, findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import type { Deal } from '../gateways/simulator/psp.ts';
import { activitiesOn, anActivityRun } from '../support/activity.ts';
import {
  ACCOUNT,
  aDecision,
  aFinding,
  aPayment,
  aRecord,
  aSessionId,
  keyOf,
  TELLS,
} from '../support/builders.ts';
import { withJoinedSessions, type JoinedSessions } from '../support/joined-sessions.ts';
import { openAtGateway } from '../support/open-payment.ts';
import { aSimulation, moveByHand, openUnknown, scripted } from '../support/simulation.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const HOUR_MS = 3_600_000;

let store: TestStore;
let activities: PaymentActivities & MoneyActivities;
let policy: LateMoneyPolicy;
type Shown = readonly Transaction[];
/** Which of the session's transactions the gateway shows, and how; the first one counts. */
let shows: (all: Shown) => Shown;
const simulation = aSimulation();
const { psp, sent } = simulation;
const joined: JoinedSessions = new Map();
const gateway = showing(withJoinedSessions(simulation.gateway, joined));
const told: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  const settings = {
    ...TELLS,
    get policy() {
      return policy;
    },
  };
  activities = activitiesOn({ db: store.db, gateway, told, settings });
}, 180_000);
beforeEach(() => {
  simulation.beginAgain();
  told.length = 0;
  policy = 'give_back';
  shows = (all) => all;
});
afterAll(() => store.close());

function showing(twice: Gateway): Gateway {
  return scripted(twice, {
    async readPayment(at) {
      const reading = await twice.readPayment(at);
      if (reading.kind !== 'transaction') return reading;
      const [transaction, ...surplus] = shows([reading.transaction, ...(reading.surplus ?? [])]);
      return { kind: 'transaction', transaction: transaction as Transaction, surplus };
    },
  });
}

const reread = async ({ id }: PaymentRow) => (await findPayment(store.db, id)) as PaymentRow;
/** Newer than every state that the PSP shows. */
const LATER = Date.now() + HOUR_MS;
/** The transaction by which the payer has paid once more. */
const otherOf = ({ sessionId }: PaymentRow) =>
  simulation.dealOf({ sessionId: joined.get(sessionId as string) ?? null });

async function aSession(): Promise<PaymentRow> {
  const payment = await openAtGateway({ store, gateway }, await aPayment(store.db));
  simulation.pay(payment, 'held');
  return payment;
}

/** The payment has paid with the first transaction. */
async function aPaid(): Promise<PaymentRow> {
  const payment = await aSession();
  await look(payment);
  expect(told.splice(0)).toEqual([`${payment.orderReference}/order.paid`]);
  return reread(payment);
}

/** The payer pays once more in the same session; returns the transaction of that. */
async function paysAgain(payment: PaymentRow): Promise<Deal> {
  const { amount: amountMinor, currency } = payment;
  const { id } = await openUnknown(psp, keyOf(payment), { amountMinor, currency });
  joined.set(payment.sessionId as string, id);
  return psp.pay(id, 'held');
}

async function paysAgainCaptured(payment: PaymentRow): Promise<Deal> {
  const deal = await paysAgain(payment);
  moveByHand(psp, deal, 'capture');
  return deal;
}

/** Its refunds came back, and then these were made. */
function withReturned(transaction: Transaction, again: readonly ShownOperation[]): Transaction {
  const operations = transaction.operations.map((one) =>
    one.kind === 'refund' ? { ...one, state: 'failed' as const, isReversed: true as const } : one,
  );
  return {
    ...transaction,
    ...(again.length === 0 && { status: 'CAPTURED', refundedMinor: 0 }),
    operations: [...operations, ...again],
    updatedAt: new Date(LATER + again.length).toISOString(),
  };
}

let steps = 0;
const step = (payment: PaymentRow) => ({
  ...keyOf(payment),
  gateway: 'dintero',
  key: `run-1-${(steps += 1)}`,
  now: Date.now(),
});
const NO_TRIGGERS = { callbacks: [], pokes: [], requests: [], timer: null, expiry: null };
const look = (payment: PaymentRow, changes: Partial<LookInput> = {}): Promise<LookResult> => {
  const input = { ...step(payment), triggers: NO_TRIGGERS, unclearSince: null, closing: null, ...changes };
  return anActivityRun().run((asked) => activities.lookAtPayment(asked), input);
};
const plan = (
  payment: PaymentRow,
  changes: { cause?: 'late_money' | 'operator'; noteKey?: string } = {},
  begun = Date.now(),
): Promise<GiveBackPlan> => {
  const input = { ...step(payment), cause: 'late_money' as const, ...changes };
  return anActivityRun(1, begun).run((asked) => activities.planGiveBack(asked), input);
};
const attempt = (payment: PaymentRow, operationId: string | null): Promise<AttemptResult> => {
  const input = { ...step(payment), operationId: operationId as string, isGivingBack: true };
  return anActivityRun().run((asked) => activities.attemptOperation(asked), input);
};

/** Like the money run: until nothing is left to give back. */
async function giveBack(payment: PaymentRow, changes: Parameters<typeof plan>[1] = {}): Promise<void> {
  for (let n = 0; n < 5; n += 1) {
    const { operationId } = await plan(payment, changes);
    if (operationId === null) return;
    const { endsGiveBack } = await attempt(payment, operationId);
    if (endsGiveBack) return;
  }
  throw new Error('giving back does not end');
}

const surplusOf = async (payment: PaymentRow) => (await reread(payment)).surplus;
const orderOf = async ({ orderReference }: PaymentRow) => (await findOrder(store.db, orderReference))?.order;
const story = async ({ id }: PaymentRow) => (await readTimeline(store.db, id)).map(({ text }) => text);

describe('a second authorization beside the one that has paid', () => {
  it('is given back, told once, and changes neither the payment nor its order', async () => {
    const payment = await aPaid();
    const [before, order] = [await reread(payment), await orderOf(payment)];
    const other = await paysAgain(payment);
    expect(await look(payment)).toMatchObject({ answer: 'clear', next: ['give_back'] });
    expect(await surplusOf(payment)).toMatchObject([
      { transactionId: other.id, status: 'AUTHORIZED', handling: 'give_back' },
    ]);
    expect(told).toEqual([]);
    await giveBack(payment);
    expect(sent).toMatchObject([
      { kind: 'void', transactionId: other.id, reference: 'give-back-1', amountMinor: 72_200 },
    ]);
    expect(told).toEqual([`${payment.id}/order.late_payment_returned/${other.id}`]);
    const { surplus, updatedAt: _, ...now } = await reread(payment);
    const { surplus: __, updatedAt: ___, ...then } = before;
    expect(now).toEqual(then);
    expect(surplus).toMatchObject([{ status: 'VOIDED', handling: 'none' }]);
    expect(await orderOf(payment)).toMatchObject({
      status: 'PAID',
      paidPaymentId: payment.id,
      amount: order?.amount,
    });
    // Again: nothing is left, nothing is told, nothing is sent.
    expect(await look(payment)).toMatchObject({ next: [] });
    await giveBack(payment);
    expect([sent.length, told.length]).toEqual([1, 1]);
  });

  it('is refunded where it is captured, with an operation of its own', async () => {
    const payment = await aPaid();
    const other = await paysAgainCaptured(payment);
    await look(payment);
    await giveBack(payment);
    expect(await listOperations(store.db, payment.id)).toMatchObject([
      {
        kind: 'refund',
        transactionId: other.id,
        state: 'done',
        amount: 72_200,
        cause: 'late_money',
      },
    ]);
    expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', refunded: 0 });
    expect(await story(payment)).toContain(
      `refund give-back-1 of 72200 minor units of surplus ${other.id} done`,
    );
    const [update] = (await listUpdates(store.db, payment.id)).filter(({ type }) => type !== 'order.paid');
    expect(JSON.parse(update?.body ?? '').data).toMatchObject({
      transactionId: payment.transactionId,
      status: 'AUTHORIZED',
      surplus: { transactionId: other.id, status: 'REFUNDED', refundedAmount: 72_200 },
    });
  });

  it('goes back although the gateway now counts it, and the money that has paid stays', async () => {
    const payment = await aPaid();
    const other = await paysAgainCaptured(payment);
    shows = (all) => all.toReversed();
    await look(payment);
    expect(await reread(payment)).toMatchObject({
      status: 'AUTHORIZED',
      transactionId: simulation.dealOf(payment).id,
    });
    await giveBack(payment);
    expect(sent.map(({ transactionId }) => transactionId)).toEqual([other.id]);
  });

  it('is not touched while the gateway does not show the money that has paid', async () => {
    const payment = await aPaid();
    await paysAgain(payment);
    shows = ([, other]) => [other as Transaction];
    expect(await look(payment)).toMatchObject({ answer: 'unclear' });
    expect(await surplusOf(payment)).toEqual([]);
    expect(await reread(payment)).toMatchObject({
      status: 'AUTHORIZED',
      transactionId: payment.transactionId,
    });
    await giveBack(payment);
    expect(sent).toEqual([]);
  });

  it('does not stand in the way of captures, refunds and voids of the payment', async () => {
    const payment = await aPaid();
    const other = await paysAgain(payment);
    await look(payment);
    const wanted = { paymentId: payment.id, kind: 'void', reference: 'v1', bodyHash: 'x' } as const;
    const claimed = await claimOperation(store.db, {
      ...wanted,
      wanted: null,
      finalCapture: false,
      cause: 'merchant',
    });
    const { operationId } = await plan(payment);
    // Both are voids, of which a transaction does not show the reference.
    await attempt(payment, claimed.operation.id);
    expect(await attempt(payment, operationId)).toMatchObject({ state: 'finished' });
    expect(sent.map(({ transactionId }) => transactionId)).toEqual([simulation.dealOf(payment).id, other.id]);
    expect(told.map((effect) => effect.split('/')[1])).toEqual([
      'order.voided',
      'order.late_payment_returned',
    ]);
  });

  it('that an attempt at an operation finds has the run of the payment look after it', async () => {
    const payment = await aPaid();
    const wanted = { paymentId: payment.id, kind: 'void', reference: 'v1', bodyHash: 'x' } as const;
    const { operation } = await claimOperation(store.db, {
      ...wanted,
      wanted: null,
      finalCapture: false,
      cause: 'merchant',
    });
    await paysAgain(payment);
    expect(await attempt(payment, operation.id)).toMatchObject({ state: 'finished', isInReview: true });
    expect(await surplusOf(payment)).toMatchObject([{ handling: 'give_back' }]);
    expect(await look(payment)).toMatchObject({ next: ['give_back'] });
  });

  it('is a review mark where it can not be given back, announced once, and money is never sent twice', async () => {
    const payment = await aPaid();
    const other = await paysAgain(payment);
    await look(payment);
    simulation.operate = () => Promise.resolve({ kind: 'declined', reason: 'not now' });
    const { operationId } = await plan(payment);
    expect(await attempt(payment, operationId)).toMatchObject({
      state: 'refused',
      endsGiveBack: true,
      isInReview: true,
    });
    const marked = { status: 'AUTHORIZED', reviewCode: 'give_back_failed' };
    expect(await reread(payment)).toMatchObject({ ...marked, surplus: [{ handling: 'stuck' }] });
    expect(told).toEqual([`${payment.id}/order.review/give_back_failed-${other.id}`]);
    expect(await look(payment)).toMatchObject({
      next: [],
      payment: { status: 'AUTHORIZED', reviewCode: 'give_back_failed' },
    });
    await giveBack(payment);
    expect([sent.length, told.length]).toEqual([1, 1]);
    // The gateway shows that it went back by other means.
    moveByHand(psp, other, 'void');
    await look(payment);
    expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', reviewCode: null, reviewMark: null });
    expect(told.slice(1).map((effect) => effect.split('/')[1])).toEqual([
      'order.late_payment_returned',
      'order.review_ended',
    ]);
  });

  it('that the gateway does not show is waited for, and then a person is asked', async () => {
    const payment = await aPaid();
    await paysAgain(payment);
    await look(payment);
    shows = ([own]) => [own as Transaction];
    await expect(plan(payment)).rejects.toThrow('does not show the surplus');
    expect(await plan(payment, {}, Date.now() - HOUR_MS - 1)).toMatchObject({
      operationId: null,
      isInReview: true,
    });
    expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', reviewCode: 'give_back_failed' });
  });

  it('that came back after it was returned goes back again, with an operation of its own', async () => {
    const payment = await aPaid();
    const other = await paysAgainCaptured(payment);
    await look(payment);
    await giveBack(payment);
    const refund = otherOf(payment).moves.at(-1)?.id;
    const again: ShownOperation[] = [];
    shows = ([own, shown]) => [own, withReturned(shown as Transaction, again)] as Shown;
    expect(await look(payment)).toMatchObject({ next: ['give_back'] });
    simulation.operate = ({ kind, reference, amountMinor }) => {
      again.push({ kind, reference, amountMinor, state: 'done' });
      return Promise.resolve({ kind: 'answered' });
    };
    await giveBack(payment);
    expect(sent.map(({ reference }) => reference)).toEqual(['give-back-1', 'give-back-2']);
    const returned = `${payment.id}/order.late_payment_returned/${other.id}`;
    expect(told).toEqual([returned, `${payment.id}/order.refund_failed/${refund}`, `${returned}-again-1`]);
  });

  it('of another order in the same session is never touched, and the timeline says so', async () => {
    const payment = await aPaid();
    for (const changes of [
      { reference: 'another' },
      { account: 'T99999999' },
      { sessionId: aSessionId() },
      { money: { amountMinor: 72_200, currency: 'SEK' } },
    ]) {
      shows = ([own]) => [own, { ...own, transactionId: `${ACCOUNT}.other`, ...changes }] as Shown;
      const poke = { ...NO_TRIGGERS, timer: 'poll' as const };
      expect(await look(payment, { triggers: poke })).toMatchObject({ next: [] });
    }
    expect(await surplusOf(payment)).toEqual([]);
    await giveBack(payment);
    expect(sent).toEqual([]);
    expect((await story(payment)).filter((text) => text.endsWith('is left alone'))).toHaveLength(4);
  });
});

describe('surplus of a payment that has not paid', () => {
  it.each(['CANCELLED', 'EXPIRED', 'FAILED'] as const)('that is %s goes back too', async (status) => {
    const payment = await aSession();
    await recordFinding(store.db, aRecord(payment, { finding: aFinding(status) }), TELLS);
    simulation.pay(payment, 'failed');
    const other = await paysAgain(payment);
    expect(await look(payment)).toMatchObject({ next: ['give_back'] });
    await giveBack(payment);
    expect(sent).toMatchObject([{ kind: 'void', transactionId: other.id }]);
    expect(await reread(payment)).toMatchObject({ status, mustGiveBack: false });
  });

  it('goes back before its own late money, which goes back too', async () => {
    const payment = await aSession();
    const closed = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(store.db, aRecord(payment, { finding: closed }), TELLS);
    const other = await paysAgainCaptured(payment);
    await look(payment);
    await giveBack(payment);
    expect(sent).toMatchObject([
      { kind: 'refund', transactionId: other.id, reference: 'give-back-1' },
      { kind: 'void', transactionId: simulation.dealOf(payment).id, reference: 'give-back-2' },
    ]);
    expect(await reread(payment)).toMatchObject({ status: 'VOIDED', surplus: [{ status: 'REFUNDED' }] });
  });

  it('goes back alone where a person is asked about its own money', async () => {
    const payment = await openAtGateway({ store, gateway }, await aPayment(store.db));
    psp.pay(payment.sessionId ?? '', 'held', { minor: 1, currency: payment.currency });
    await look(payment);
    expect(await reread(payment)).toMatchObject({ status: 'REVIEW', reviewCode: 'amount_mismatch' });
    const other = await paysAgain(payment);
    await look(payment);
    await giveBack(payment);
    expect(sent).toMatchObject([{ transactionId: other.id, kind: 'void' }]);
    expect(await reread(payment)).toMatchObject({ status: 'REVIEW', reviewCode: 'amount_mismatch' });
  });

  it('never pays later, also where the gateway then counts it', async () => {
    const payment = await aSession();
    simulation.pay(payment, 'begun');
    await paysAgain(payment);
    await look(payment);
    shows = ([, other]) => [other as Transaction];
    expect(await look(payment)).toMatchObject({ answer: 'unclear', payment: { status: 'PENDING' } });
    expect(await orderOf(payment)).toMatchObject({ paidPaymentId: null });
  });

  it('leaves the way free for the transaction that counts', async () => {
    const payment = await aSession();
    simulation.pay(payment, 'begun');
    await paysAgain(payment);
    await look(payment);
    await plan(payment);
    simulation.pay(payment, 'held');
    await look(payment);
    expect(await orderOf(payment)).toMatchObject({ status: 'PAID', paidPaymentId: payment.id });
  });
});

describe('surplus that a person is asked about', () => {
  beforeEach(() => {
    policy = 'review';
  });

  const asked = async () => {
    const payment = await aPaid();
    await paysAgain(payment);
    await look(payment);
    return reread(payment);
  };

  it('is a review mark beside the status of the payment, announced once, and nothing goes back by itself', async () => {
    const payment = await asked();
    const { id } = otherOf(payment);
    expect(payment).toMatchObject({ status: 'AUTHORIZED', reviewCode: 'surplus_money' });
    expect(payment.reviewMark).toBe(
      `surplus_money: transaction ${id} holds 72200 minor units beside the payment's own`,
    );
    expect(await orderOf(payment)).toMatchObject({ status: 'PAID' });
    await look(payment);
    await giveBack(payment);
    expect(told).toEqual([`${payment.id}/order.review/surplus_money-${id}`]);
    expect(sent).toEqual([]);
  });

  it("stays beside news about the payment's own money", async () => {
    const payment = await asked();
    moveByHand(psp, simulation.dealOf(payment), 'capture');
    await look(payment);
    expect(await reread(payment)).toMatchObject({ status: 'CAPTURED', reviewCode: 'surplus_money' });
    expect(told.map((effect) => effect.split('/')[1])).toEqual(['order.review', 'order.captured']);
  });

  it('is given back by a decision, which covers nothing else', async () => {
    const payment = await asked();
    const noteKey = await aDecision(store.db, payment, 'give_back_surplus');
    await giveBack(payment, { cause: 'operator', noteKey });
    expect(sent.map(({ transactionId }) => transactionId)).toEqual([otherOf(payment).id]);
    expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', reviewCode: null, reviewMark: null });
    expect(told.map((effect) => effect.split('/')[1])).toEqual([
      'order.review',
      'order.late_payment_returned',
      'order.review_ended',
    ]);
    // The same decision again, and its operation on record, must not reach the money that has paid.
    await giveBack(payment, { cause: 'operator', noteKey });
    const other = await aDecision(store.db, payment, 'give_back');
    await giveBack(payment, { cause: 'operator', noteKey: other });
    expect(sent).toHaveLength(1);
  });

  it("is not given back by a decision about the payment's own money, nor the other way round", async () => {
    const payment = await asked();
    await store.db.update(payments).set({ status: 'REVIEW' }).where(eq(payments.id, payment.id));
    const own = await aDecision(store.db, payment, 'give_back');
    const first = await plan(payment, { cause: 'operator', noteKey: own });
    expect(await listOperations(store.db, payment.id)).toMatchObject([
      { id: first.operationId, transactionId: null },
    ]);
    const other = await aDecision(store.db, payment, 'give_back_surplus');
    await plan(payment, { cause: 'operator', noteKey: other });
    const transactionIds = (await listOperations(store.db, payment.id)).map(
      (row: OperationRow) => row.transactionId,
    );
    expect(transactionIds).toEqual([otherOf(payment).id, null]);
  });

  it("never puts the payment's own money in question, although the gateway does not show that for an hour", async () => {
    const payment = await asked();
    const surplus = await aDecision(store.db, payment, 'give_back_surplus');
    shows = ([own, other]) => [{ ...own, status: 'UNCLEAR' }, other] as Shown;
    await giveBack(payment, { cause: 'operator', noteKey: surplus });
    const anHourAgo = Date.now() - HOUR_MS - 1;
    expect(await plan(payment, { cause: 'operator', noteKey: surplus }, anHourAgo)).toMatchObject({
      operationId: null,
    });
    expect(await reread(payment)).toMatchObject({ status: 'AUTHORIZED', reviewCode: null });
  });

  it("does not hinder a decision about the payment's own money", async () => {
    const payment = await asked();
    await store.db.update(payments).set({ status: 'REVIEW' }).where(eq(payments.id, payment.id));
    shows = ([own]) => [own as Transaction];
    const noteKey = await aDecision(store.db, payment, 'give_back');
    expect(await plan(payment, { cause: 'operator', noteKey })).toMatchObject({
      operationId: expect.any(String),
    });
  });

  it('that is dismissed is left to the person; the payment is not dismissed', async () => {
    const payment = await asked();
    const noteKey = await aDecision(store.db, payment, 'dismiss_surplus');
    const decided = { decision: 'dismiss', noteKey } as const;
    expect(await look(payment, { decided })).toMatchObject({ decided: 'done' });
    const now = {
      status: 'AUTHORIZED',
      reviewMark: null,
      dismissed: false,
      surplus: [{ handling: 'dismissed' }],
    };
    expect(await reread(payment)).toMatchObject(now);
    const again = await aDecision(store.db, payment, 'give_back_surplus');
    await giveBack(payment, { cause: 'operator', noteKey: again });
    expect(sent).toEqual([]);
  });

  it('is not sent where it was dismissed in the meantime, and stays dismissed', async () => {
    const payment = await asked();
    const give = await aDecision(store.db, payment, 'give_back_surplus');
    const { operationId } = await plan(payment, { cause: 'operator', noteKey: give });
    const noteKey = await aDecision(store.db, payment, 'dismiss_surplus');
    await look(payment, { decided: { decision: 'dismiss', noteKey } });
    expect(await attempt(payment, operationId)).toEqual({
      state: 'refused',
      endsGiveBack: true,
      isInReview: false,
    });
    expect(sent).toEqual([]);
    expect(await surplusOf(payment)).toMatchObject([{ handling: 'dismissed' }]);
  });

  it('is not dismissed by a decision about another question', async () => {
    const payment = await asked();
    const noteKey = await aDecision(store.db, payment, 'dismiss');
    const decided = { decision: 'dismiss', noteKey } as const;
    expect(await look(payment, { decided })).toMatchObject({ decided: { refused: expect.any(String) } });
    expect(await reread(payment)).toMatchObject({ dismissed: false, surplus: [{ handling: 'review' }] });
  });
});
