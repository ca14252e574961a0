/** One attempt to move money, against a real store and the simulator. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { AttemptResult, GiveBackPlan, MoneyActivities } from '../../src/activities/contract.ts';
import type { ReviewCode } from '../../src/domain/payment.ts';
import type { OperationKind } from '../../src/domain/operation.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import { GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import type { OperationAnswer } from '../../src/gateways/gateway.ts';
import {
  claimOperation,
  findOperation,
  listOperations,
  type NewOperation,
  type OperationRow,
} from '../../src/store/operations.ts';
import { markSending } from '../../src/store/operation-attempts.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { NewPayment } from '../../src/store/claim-payment.ts';
import { findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { operations } from '../../src/store/schema/operation-table.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { activitiesOn, anActivityRun } from '../support/activity.ts';
import { aDecision, aFinding, aPayment, aRecord, aSessionId, keyOf, TELLS } from '../support/builders.ts';
import { openAtGateway } from '../support/open-payment.ts';
import { aSimulation } from '../support/simulation.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const LATER = new Date(Date.now() + 3_600_000).toISOString();

let store: TestStore;
let activities: MoneyActivities;
const simulation = aSimulation();
const { gateway, sent } = simulation;
/** The merchant's updates, in their order. */
const told: string[] = [];

beforeAll(async () => {
  store = await openTestStore();
  activities = activitiesOn({ db: store.db, gateway, told });
}, 180_000);
beforeEach(() => {
  simulation.beginAgain();
  told.length = 0;
});
afterAll(() => store.close());

const reread = async ({ id }: PaymentRow) => (await findPayment(store.db, id)) as PaymentRow;
/** What the transaction shows of the operation, or why a person must decide. */
const record = (payment: PaymentRow, transaction: Transaction, review?: ReviewCode) => {
  const status = review === undefined ? (transaction.status as 'AUTHORIZED') : 'REVIEW';
  const asked = review === undefined ? {} : { review };
  const finding = aFinding(status, { pays: review === undefined, ...asked });
  return recordFinding(store.db, aRecord(payment, { finding, transaction }), TELLS);
};

/** A payment with a session; the PSP shows an authorization. */
async function aSession(changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
  const payment = await openAtGateway({ store, gateway }, await aPayment(store.db, changes));
  simulation.pay(payment, 'held');
  return payment;
}

/** The PSP's transaction, but with these differences. */
const changed = async (payment: PaymentRow, changes: Partial<Transaction>): Promise<Transaction> => ({
  ...(await simulation.transactionOf(payment)),
  ...changes,
});
/** What differs after this much was captured. */
const capturedSums = ({ amount }: PaymentRow, capturedMinor: number) =>
  ({
    status: capturedMinor === amount ? 'CAPTURED' : 'PARTIALLY_CAPTURED',
    capturedMinor,
    capturableMinor: amount - capturedMinor,
  }) as const;

async function aPaid(changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
  const payment = await aSession(changes);
  await record(payment, await simulation.transactionOf(payment));
  return reread(payment);
}

async function aClosed(): Promise<PaymentRow> {
  const payment = await aSession();
  const closed = aFinding('CANCELLED', { closedBy: 'merchant' });
  await recordFinding(store.db, aRecord(payment, { finding: closed }), TELLS);
  return payment;
}

async function aReviewed(): Promise<PaymentRow> {
  const payment = await aSession();
  await record(payment, await simulation.transactionOf(payment), 'amount_mismatch');
  return reread(payment);
}

const ask = async (payment: PaymentRow, kind: OperationKind, changes: Partial<NewOperation> = {}) => {
  const wanted = { paymentId: payment.id, kind, reference: 'c1', bodyHash: 'hash', wanted: null };
  const claimed = await claimOperation(store.db, {
    ...wanted,
    finalCapture: false,
    cause: 'merchant',
    ...changes,
  });
  return claimed.operation;
};
/** The changes of the transaction by capture `c1` of this amount. */
const captured = (payment: PaymentRow, amountMinor: number): Partial<Transaction> => {
  const done = { kind: 'capture', reference: 'c1', amountMinor, state: 'done' } as const;
  return { ...capturedSums(payment, amountMinor), operations: [done], updatedAt: LATER };
};
let activityRuns = 0;
const aKey = () => `money-run-${(activityRuns += 1)}`;
const attempt = (
  payment: PaymentRow,
  { id: operationId }: Pick<OperationRow, 'id'>,
  now = Date.now(),
  isGivingBack = false,
): Promise<AttemptResult> =>
  anActivityRun().run((input) => activities.attemptOperation(input), {
    ...keyOf(payment),
    gateway: 'dintero',
    key: aKey(),
    operationId,
    isGivingBack,
    now,
  });
async function plan(
  payment: PaymentRow,
  cause: 'late_money' | 'operator' = 'operator',
  scheduledAt = Date.now(),
): Promise<GiveBackPlan> {
  const noteKey = cause === 'operator' ? await aDecision(store.db, payment, 'give_back') : '';
  return anActivityRun(1, scheduledAt).run((input) => activities.planGiveBack(input), {
    ...keyOf(payment),
    gateway: 'dintero',
    key: aKey(),
    now: Date.now(),
    cause,
    noteKey,
  });
}

/** How a failed operation is recorded. */
const failureOf = async ({ id }: Pick<OperationRow, 'id'>) => {
  const [row] = await store.db.select().from(operations).where(eq(operations.id, id));
  return { state: row?.state, code: row?.code, detail: row?.detail };
};

describe('the lines of an operation', () => {
  const LINES = [
    { id: 'a', lineId: '1', description: 'A', quantity: 2, amountMinor: 50_000 },
    { id: 'b', lineId: '2', description: 'B', quantity: 1, amountMinor: 22_200 },
  ];
  const REST = [
    { lineId: '1', amountMinor: 25_000, quantity: 1 },
    { lineId: '2', amountMinor: 22_200, quantity: 1 },
  ];
  const WALLEY = { paymentMethod: 'collector.invoice' };
  const aLined = () => aPaid({ request: { lines: LINES } });

  async function captured(payment: PaymentRow, amountMinor: number, changes: Partial<NewOperation> = {}) {
    const operation = await ask(payment, 'capture', { reference: 'p1', wanted: amountMinor, ...changes });
    simulation.operate = () => Promise.resolve({ kind: 'lost', reason: 'no answer' });
    await attempt(payment, operation);
    await store.db.update(operations).set({ state: 'done' }).where(eq(operations.id, operation.id));
    const done = { kind: 'capture', reference: 'p1', amountMinor, state: 'done' } as const;
    const { status: _, ...sums } = capturedSums(payment, amountMinor);
    await simulation.show(payment, { ...sums, operations: [done] });
    sent.length = 0;
  }

  it('are all lines of the order where the whole order is left', async () => {
    const payment = await aLined();
    await attempt(payment, await ask(payment, 'capture'));
    const all = LINES.map(({ lineId, amountMinor, quantity }) => ({ lineId, amountMinor, quantity }));
    expect(sent).toMatchObject([{ amountMinor: 72_200, lines: all }]);
  });

  it('are the lines that are left where each earlier operation named its lines, and none where one did not', async () => {
    const named = await aLined();
    await captured(named, 25_000, { lines: [{ lineId: '1', amountMinor: 25_000, quantity: 1 }] });
    await attempt(named, await ask(named, 'capture'));
    expect(sent).toMatchObject([{ amountMinor: 47_200, lines: REST }]);
    const unnamed = await aLined();
    await captured(unnamed, 25_000);
    await attempt(unnamed, await ask(unnamed, 'capture'));
    expect(sent).toMatchObject([{ amountMinor: 47_200 }]);
    expect(sent[0]).not.toHaveProperty('lines');
  });

  it('are remembered as they were sent, for the next part', async () => {
    const payment = await aLined();
    await attempt(payment, await ask(payment, 'capture'));
    await expect(
      ask(payment, 'capture', { reference: 'c2', wanted: 1, lines: [{ lineId: '2', amountMinor: 1 }] }),
    ).rejects.toThrow(/left of this line: 0 of/);
  });

  it('are required where the payment method needs lines: without them the operation fails and is not sent', async () => {
    const payment = await aLined();
    await simulation.show(payment, WALLEY);
    const operation = await ask(payment, 'capture', { wanted: 25_000 });
    expect(await attempt(payment, operation)).toMatchObject({ state: 'refused' });
    expect(await failureOf(operation)).toMatchObject({ state: 'failed', code: 'items_required' });
    expect(sent).toEqual([]);
  });

  it('are a part of the only line of an order without lines, where the payment method needs lines', async () => {
    const payment = await aPaid();
    await simulation.show(payment, WALLEY);
    await attempt(payment, await ask(payment, 'capture', { wanted: 25_000 }));
    expect(sent).toMatchObject([{ amountMinor: 25_000, lines: [{ lineId: '1', amountMinor: 25_000 }] }]);
  });

  it('are forgotten after an attempt that did nothing, since the next one may have another amount', async () => {
    const payment = await aLined();
    const operation = await ask(payment, 'capture');
    simulation.operate = () => Promise.reject(new GatewayUnavailable('refused', { kind: 'silent' }));
    await attempt(payment, operation).catch(() => undefined);
    await simulation.show(payment, { capturedMinor: 5_000, capturableMinor: 67_200 });
    await attempt(payment, operation).catch(() => undefined);
    expect(sent[0]).toHaveProperty('lines');
    expect(sent[1]).toMatchObject({ amountMinor: 67_200 });
    expect(sent[1]).not.toHaveProperty('lines');
  });
});

describe('an operation', () => {
  it('that may have left us stays marked as sent after every failure of its answer', async () => {
    const payment = await aPaid();
    simulation.operate = () => Promise.reject(new RangeError('Invalid time value'));
    const operation = await ask(payment, 'capture');
    expect(await attempt(payment, operation)).toMatchObject({ state: 'lost' });
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({
      state: 'unknown',
      sentAt: expect.any(Date),
    });
  });

  it('that certainly never left may be sent again', async () => {
    const payment = await aPaid();
    simulation.operate = () => Promise.reject(new GatewayUnavailable('no server', { kind: 'silent' }));
    const operation = await ask(payment, 'capture');
    await expect(attempt(payment, operation)).rejects.toThrow('no server');
    expect(await findOperation(store.db, payment.id, 'c1')).toMatchObject({ state: 'pending', sentAt: null });
  });

  describe('that the gateway was too busy for', () => {
    const MINUTE = 60_000;
    beforeEach(() => {
      simulation.operate = () => Promise.resolve({ kind: 'busy', reason: '503' });
    });

    it('is read before it is sent again, since reads may lag', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      expect((await attempt(payment, operation)).state).toBe('busy');
      expect((await attempt(payment, operation, Date.now() + 15_000)).state).toBe('busy');
      expect(sent).toHaveLength(1);
      simulation.operate = () => Promise.resolve({ kind: 'answered' });
      expect((await attempt(payment, operation, Date.now() + MINUTE)).state).toBe('accepted');
      expect(sent).toHaveLength(2);
    });

    it('is done and not sent again where a read shows it after all', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'void');
      await attempt(payment, operation);
      const voided = { kind: 'void', reference: null, amountMinor: payment.amount, state: 'done' } as const;
      await simulation.show(payment, { status: 'VOIDED', capturableMinor: 0, operations: [voided] });
      expect((await attempt(payment, operation, Date.now() + MINUTE)).state).toBe('finished');
      expect(sent).toHaveLength(1);
    });

    it('keeps its sum reserved', async () => {
      const payment = await aPaid();
      await attempt(payment, await ask(payment, 'capture', { wanted: payment.amount - 1_000 }));
      const other = await ask(payment, 'capture', { reference: 'c2', wanted: 4_000 });
      expect(await attempt(payment, other)).toMatchObject({ state: 'refused' });
      expect(await failureOf(other)).toMatchObject({ state: 'failed', code: 'amount_too_large' });
    });
  });

  describe('at a gateway with idempotency keys', () => {
    const MINUTE = 60_000;
    const lost = (more: object = {}): Promise<OperationAnswer> =>
      Promise.resolve({ kind: 'lost', reason: 'no answer', ...more });
    beforeEach(() => {
      const keyMs = 60 * MINUTE;
      const operateMs = { capture: keyMs, refund: keyMs, void: keyMs };
      simulation.traits = { keys: { openMs: keyMs, operateMs } };
      simulation.operate = () => lost();
    });

    it('is sent again with its key and the same request while a read does not show it', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      expect((await attempt(payment, operation)).state).toBe('lost');
      // Another operation meanwhile changes what is left, not what was sent.
      await simulation.show(payment, capturedSums(payment, 1_000));
      expect((await attempt(payment, operation)).state).toBe('lost');
      const transaction = await changed(payment, captured(payment, 4_000));
      simulation.operate = () => Promise.resolve({ kind: 'answered', transaction });
      expect((await attempt(payment, operation)).state).toBe('finished');
      expect(sent).toHaveLength(3);
      for (const again of sent) expect(again).toEqual(sent[0]);
      expect(sent[0]).toMatchObject({ idempotencyKey: operation.id, amountMinor: 4_000 });
    });

    it('is not sent again on a read that shows it', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      await simulation.show(payment, captured(payment, 4_000));
      expect((await attempt(payment, operation)).state).toBe('finished');
      expect(sent).toHaveLength(1);
    });

    it('is not sent again on an answer that is not clear, or that is older than the recorded state', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      await simulation.show(payment, { status: 'UNCLEAR' });
      expect((await attempt(payment, operation)).state).toBe('lost');
      await simulation.show(payment, { updatedAt: '2026-11-21T11:00:00.000Z' });
      expect((await attempt(payment, operation)).state).toBe('lost');
      expect(sent).toHaveLength(1);
    });

    it('gets another key only where the gateway keeps a failure for its key, and after a read', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'refund', { wanted: 4_000 });
      await simulation.show(payment, captured(payment, payment.amount));
      simulation.operate = () => lost({ isKeySpent: true });
      expect((await attempt(payment, operation)).state).toBe('lost');
      simulation.operate = () => lost();
      // What was done before the failure may not be shown yet.
      expect((await attempt(payment, operation, Date.now() + 19_000)).state).toBe('lost');
      expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual([operation.id]);
      await attempt(payment, operation, Date.now() + 21_000);
      await attempt(payment, operation, Date.now() + 21_000);
      const second = `${operation.id}-1`;
      expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual([operation.id, second, second]);
    });

    it('gets another key once the gateway has forgotten its key', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      await attempt(payment, operation, Date.now() + 59 * MINUTE);
      await attempt(payment, operation, Date.now() + 61 * MINUTE);
      const keys = sent.map(({ idempotencyKey }) => idempotencyKey);
      expect(keys).toEqual([operation.id, operation.id, `${operation.id}-1`]);
    });

    it('gets another key where the activity was retried until the gateway had forgotten its key', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      const { id } = operation;
      await store.db.execute(
        sql`update operations set key_since = now() - interval '61 minutes', sent_at = now() - interval '61 minutes'
          where id = ${id}`,
      );
      await attempt(payment, operation, Date.now() - 60 * MINUTE);
      expect(sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual([id, `${id}-1`]);
    });

    it('stays lost where sending it again is not possible', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      simulation.operate = () => Promise.reject(new GatewayUnavailable('429', { kind: 'rate_limited' }));
      await expect(attempt(payment, operation)).rejects.toThrow('429');
      simulation.operate = () => Promise.resolve({ kind: 'busy', reason: '409' });
      expect((await attempt(payment, operation)).state).toBe('busy');
      expect(await findOperation(store.db, payment.id, 'c1', 'capture')).toMatchObject({
        state: 'unknown',
        amount: 4_000,
        keyNumber: 0,
      });
    });

    it('fails with the reason of the gateway where it is declined when it is sent again', async () => {
      const payment = await aPaid();
      const operation = await ask(payment, 'capture', { wanted: 4_000 });
      await attempt(payment, operation);
      simulation.operate = () => Promise.resolve({ kind: 'declined', reason: 'no cover' });
      expect(await attempt(payment, operation)).toMatchObject({ state: 'refused' });
      expect(await failureOf(operation)).toMatchObject({ state: 'failed', detail: 'no cover' });
    });
  });

  it('that is answered without its result is read at once', async () => {
    const payment = await aPaid();
    simulation.operate = async () => {
      await simulation.show(payment, captured(payment, payment.amount));
      return { kind: 'answered' };
    };
    expect((await attempt(payment, await ask(payment, 'capture'))).state).toBe('finished');
    simulation.operate = () => {
      simulation.meanwhile = () => Promise.reject(new GatewayUnavailable('no answer', { kind: 'silent' }));
      return Promise.resolve({ kind: 'answered' });
    };
    const refund = await ask(payment, 'refund', { reference: 'r1' });
    expect((await attempt(payment, refund)).state).toBe('accepted');
  });

  it('that was declined stays declined when the read after it fails', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    simulation.operate = () => {
      simulation.meanwhile = () => Promise.reject(new GatewayUnavailable('no answer', { kind: 'silent' }));
      return Promise.resolve({ kind: 'declined', reason: 'no cover' });
    };
    await expect(attempt(payment, operation)).rejects.toThrow('no answer');
    simulation.meanwhile = () => Promise.resolve();
    expect(await attempt(payment, operation)).toMatchObject({ state: 'refused' });
    expect(await failureOf(operation)).toEqual({ state: 'failed', code: 'declined', detail: 'no cover' });
    expect(sent).toHaveLength(1);
  });

  it('is not decided by an answer that is older than the recorded state', async () => {
    const payment = await aPaid();
    const now = await changed(payment, { ...capturedSums(payment, 4_000), updatedAt: LATER });
    await record(payment, now);
    const operation = await ask(payment, 'capture', { reference: 'c2' });
    expect(await attempt(payment, operation)).toMatchObject({ state: 'busy' });
    expect(sent).toEqual([]);
    simulation.says = { kind: 'transaction', transaction: now };
    await attempt(payment, operation);
    expect(sent).toMatchObject([{ amountMinor: payment.amount - 4_000 }]);
  });

  it('is not sent on a reading that is older than another operation of the payment', async () => {
    const payment = await aPaid();
    const [slow, quick] = [
      await ask(payment, 'capture'),
      await ask(payment, 'capture', { reference: 'c2', wanted: 4_000 }),
    ];
    simulation.meanwhile = () => markSending(store.db, quick.id, 4_000);
    expect(await attempt(payment, slow)).toMatchObject({ state: 'busy' });
    expect(sent).toEqual([]);
    simulation.meanwhile = () => Promise.resolve();
    await attempt(payment, slow);
    expect(sent).toMatchObject([{ reference: 'c1', amountMinor: payment.amount - 4_000 }]);
  });

  it('is sent for the transaction that was read', async () => {
    const payment = await aReviewed();
    await store.db.update(payments).set({ transactionId: null }).where(eq(payments.id, payment.id));
    const { operationId } = await plan(payment);
    await attempt(payment, { id: operationId as string });
    const { transactionId } = await simulation.transactionOf(payment);
    expect(sent).toMatchObject([{ kind: 'void', transactionId }]);
  });

  it('that another run has recorded as failed is reported as failed', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    const failed = { operationId: operation.id, code: 'declined', detail: 'no cover' };
    await recordFinding(store.db, aRecord(payment, { finding: null, failed }), TELLS);
    expect(await attempt(payment, operation)).toMatchObject({ state: 'refused' });
    expect(await failureOf(operation)).toEqual({ state: 'failed', code: 'declined', detail: 'no cover' });
    expect(sent).toEqual([]);
  });
});

describe('the result of an attempt', () => {
  const HOUR = 3_600_000;
  it('is recorded with the operation, the payment and the update to the merchant', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    const result = { state: 'finished', endsGiveBack: false, isInReview: false };
    expect(await attempt(payment, operation)).toEqual(result);
    expect(await failureOf(operation)).toMatchObject({ state: 'done' });
    expect(await reread(payment)).toMatchObject({ status: 'CAPTURED', captured: payment.amount });
    const [capture] = simulation.dealOf(payment).moves;
    expect(capture).toMatchObject({ kind: 'capture', reference: 'c1', minor: payment.amount });
    expect(told).toEqual([`${payment.id}/order.captured/${capture?.id}`]);
    // Again: the operation is finished, so nothing is read, sent or notified.
    simulation.meanwhile = () => Promise.reject(new Error('the gateway is asked'));
    expect(await attempt(payment, operation)).toEqual(result);
    expect([sent.length, told.length]).toEqual([1, 1]);
  });

  it('says that the payment is in REVIEW now', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    const money = { amountMinor: 1, currency: 'NOK' };
    const other = await changed(payment, { ...captured(payment, payment.amount), money });
    simulation.operate = () => Promise.resolve({ kind: 'answered', transaction: other });
    expect(await attempt(payment, operation)).toMatchObject({ state: 'finished', isInReview: true });
    expect(await reread(payment)).toMatchObject({ status: 'REVIEW', reviewCode: 'amount_mismatch' });
  });

  it('fails where no reading shows it within an hour', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    simulation.operate = () => Promise.resolve({ kind: 'lost', reason: 'no answer' });
    expect(await attempt(payment, operation)).toMatchObject({ state: 'lost' });
    expect((await attempt(payment, operation, Date.now() + HOUR - 10_000)).state).toBe('lost');
    expect(await attempt(payment, operation, Date.now() + HOUR)).toMatchObject({ state: 'given_up' });
    expect(await failureOf(operation)).toMatchObject({ state: 'failed', code: 'not_confirmed' });
    expect(told).toEqual([`${payment.id}/order.capture_failed/c1`]);
    expect(sent).toHaveLength(1);
  });

  it('is waited for without end while the gateway shows it as pending', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    simulation.operate = () => Promise.resolve({ kind: 'answered' });
    expect(await attempt(payment, operation)).toMatchObject({ state: 'accepted' });
    const { reference } = operation;
    const pending = { kind: 'capture', reference, amountMinor: 72_200, state: 'pending' } as const;
    await simulation.show(payment, { operations: [pending] });
    for (const hours of [2, 73, 24 * 45])
      expect((await attempt(payment, operation, Date.now() + hours * HOUR)).state).toBe('accepted');
    expect([sent.length, told]).toEqual([1, []]);
    await simulation.show(payment, captured(payment, payment.amount));
    expect((await attempt(payment, operation, Date.now() + 24 * 46 * HOUR)).state).toBe('finished');
  });

  it('is no failure while the answer is not clear', async () => {
    const payment = await aPaid();
    const operation = await ask(payment, 'capture');
    simulation.operate = () => Promise.resolve({ kind: 'lost', reason: 'no answer' });
    await attempt(payment, operation);
    await simulation.show(payment, { sessionId: aSessionId() });
    expect(await attempt(payment, operation, Date.now() + 2 * HOUR)).toMatchObject({ state: 'lost' });
    expect(await failureOf(operation)).toMatchObject({ state: 'unknown', code: null });
  });

  it("is a REVIEW where money that has to go back can't, announced once", async () => {
    const payment = await aClosed();
    await record(payment, await simulation.transactionOf(payment));
    const { operationId } = await plan(payment, 'late_money');
    const operation = { id: operationId as string };
    simulation.operate = () => Promise.resolve({ kind: 'declined', reason: 'not now' });
    const ends = { state: 'refused', endsGiveBack: true, isInReview: true };
    expect(await attempt(payment, operation, Date.now(), true)).toEqual(ends);
    const review = { status: 'REVIEW', reviewCode: 'give_back_failed', mustGiveBack: false };
    expect(await reread(payment)).toMatchObject(review);
    expect(await failureOf(operation)).toMatchObject({ state: 'failed', code: 'declined' });
    const [review1, ...more] = told.filter((effect) => effect.includes('order.review/'));
    expect([review1, more]).toEqual([expect.stringContaining('give_back_failed'), []]);
    // The merchant asked for it, and it is no step of a give-back: its failure has no other effect.
    const other = await aPaid();
    const capture = await ask(other, 'capture');
    expect(await attempt(other, capture)).toMatchObject({ endsGiveBack: false, isInReview: false });
  });
});

describe('a give-back', () => {
  it('is not planned on an answer that is older than the recorded state', async () => {
    const payment = await aClosed();
    const money = { capturedMinor: payment.amount, capturableMinor: 0 };
    const later = await changed(payment, { status: 'CAPTURED', ...money, updatedAt: LATER });
    await record(payment, later);
    await expect(plan(payment, 'late_money')).rejects.toThrow('an older state');
    expect(await listOperations(store.db, payment.id)).toEqual([]);
    simulation.says = { kind: 'transaction', transaction: later };
    await plan(payment, 'late_money');
    expect(await listOperations(store.db, payment.id)).toMatchObject([{ kind: 'refund' }]);
  });

  it('is not planned of money that is gone', async () => {
    const payment = await aClosed();
    const gone = await simulation.show(payment, { status: 'VOIDED', capturableMinor: 0, updatedAt: LATER });
    await record(payment, gone);
    expect(await plan(payment, 'late_money')).toMatchObject({ operationId: null, isInReview: false });
    expect(await listOperations(store.db, payment.id)).toEqual([]);
  });

  it('is planned on such an answer after an hour, since the gateway shows nothing newer', async () => {
    const payment = await aClosed();
    await record(payment, await changed(payment, { updatedAt: LATER }));
    await expect(plan(payment, 'late_money')).rejects.toThrow('an older state');
    const anHourAgo = Date.now() - 3_600_001;
    expect(await plan(payment, 'late_money', anHourAgo)).toMatchObject({
      operationId: expect.stringMatching(/./),
    });
  });

  it('is not planned where an operator has accepted the money in the meantime', async () => {
    const payment = await aReviewed();
    const transaction = await simulation.transactionOf(payment);
    const accept = aFinding('AUTHORIZED', { pays: true, decision: 'accept' });
    const noteKey = await aDecision(store.db, payment, 'accept');
    const record1 = aRecord(payment, { finding: accept, transaction, noteKey });
    expect(await recordFinding(store.db, record1, TELLS)).toMatchObject({ paysNow: true });
    expect(await plan(payment)).toMatchObject({ operationId: null, isInReview: false });
  });

  it('prevents that the money is accepted while it is under way', async () => {
    const payment = await aReviewed();
    const { operationId } = await plan(payment);
    await markSending(store.db, operationId as string, payment.amount);
    const transaction = await simulation.transactionOf(payment);
    const accept = aFinding('AUTHORIZED', { pays: true, decision: 'accept' });
    const noteKey = await aDecision(store.db, payment, 'accept');
    const decided = aRecord(payment, { finding: accept, transaction, noteKey });
    const recorded = await recordFinding(store.db, decided, TELLS);
    expect(recorded).toMatchObject({ paysNow: false, payment: { status: 'REVIEW' } });
  });

  it('is not sent where the money was dismissed in the meantime', async () => {
    const payment = await aReviewed();
    const { operationId } = await plan(payment);
    const transaction = await simulation.transactionOf(payment);
    const dismiss = aFinding('AUTHORIZED', { decision: 'dismiss' });
    const noteKey = await aDecision(store.db, payment, 'dismiss');
    await recordFinding(store.db, aRecord(payment, { finding: dismiss, transaction, noteKey }), TELLS);
    const operation = { id: operationId as string };
    const ends = { state: 'refused', endsGiveBack: true, isInReview: false };
    expect(await attempt(payment, operation, Date.now(), true)).toEqual(ends);
    expect(await failureOf(operation)).toMatchObject({ state: 'failed', code: 'not_needed' });
    expect(sent).toEqual([]);
  });

  it('of a payment in REVIEW goes on step by step, although the first step ends the review', async () => {
    const payment = await aPaid();
    const changes = { ...capturedSums(payment, 4_000), paymentMethod: 'vipps' };
    const half = await simulation.show(payment, changes);
    await record(payment, half, 'contradiction');
    const first = await plan(payment);
    await store.db
      .update(operations)
      .set({ state: 'done' })
      .where(eq(operations.id, first.operationId as string));
    const rest = { ...changes, capturableMinor: 0, updatedAt: LATER };
    await record(payment, await simulation.show(payment, rest));
    expect(await reread(payment)).toMatchObject({ status: 'PARTIALLY_CAPTURED' });
    const second = await plan(payment);
    expect(await listOperations(store.db, payment.id)).toMatchObject([
      { id: second.operationId, kind: 'refund' },
      { kind: 'void' },
    ]);
  });
});
