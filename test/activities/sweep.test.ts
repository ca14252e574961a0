/** The sweep, with listings as a gateway gives them and a real store. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSweepActivities, type SweepResult } from '../../src/activities/sweep-activities.ts';
import type { Gateway, ListedTransaction } from '../../src/gateways/gateway.ts';
import { readGateway, stampGateway } from '../../src/store/health.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { payments } from '../../src/store/schema.ts';
import { RunsUnavailable } from '../../src/temporal/calls.ts';
import { anActivityRun } from '../support/activity.ts';
import { ACCOUNT, anOutcome, aPayment, aRecord, aSessionId, TELLS } from '../support/builders.ts';
import { fakeRuns, type FakeRuns } from '../support/fake-runs.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

describe('a sweep', () => {
  let store: TestStore;
  let runs: FakeRuns;
  beforeAll(async () => {
    store = await openTestStore();
    await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  }, 180_000);
  afterAll(() => store.close());
  beforeEach(async () => {
    await store.db.delete(payments);
    runs = fakeRuns(store.db);
  });

  async function openPayment(): Promise<PaymentRow & { sessionId: string }> {
    const payment = await aPayment(store.db);
    const sessionId = aSessionId();
    await recordOpened(store.db, payment.id, {
      sessionId,
      checkoutUrl: 'https://c.example',
      runId: 'r',
      text: 'x',
    });
    return { ...payment, sessionId };
  }

  const listed = (
    sessionId: string,
    status: ListedTransaction['status'] = 'AUTHORIZED',
  ): ListedTransaction => ({
    transactionId: `${ACCOUNT}.of-${sessionId}`,
    sessionId,
    reference: 'r',
    status,
    money: { amountMinor: 72200, currency: 'NOK' },
    createdAt: new Date(),
  });

  function sweep(
    pages: readonly (readonly ListedTransaction[])[],
    failsAtTheEnd = false,
  ): Promise<SweepResult> {
    async function* listTransactions(): AsyncGenerator<readonly ListedTransaction[]> {
      yield* pages;
      if (failsAtTheEnd) throw new Error('the third page never came');
    }
    const gateway = { id: 'dintero', listTransactions } as unknown as Gateway;
    const activities = createSweepActivities({ db: store.db, gatewayNamed: () => gateway, runs });
    return anActivityRun().run(() => activities.sweepGateway('dintero'));
  }
  const woken = () => runs.looks.map(({ payment }) => payment.paymentId);

  it('wakes the payments whose listing differs, on whatever page, and counts what is foreign', async () => {
    const [one, two, quiet] = [await openPayment(), await openPayment(), await openPayment()];
    const result = await sweep([
      [listed(one.sessionId), listed('T12345678.foreign')],
      [],
      [listed(two.sessionId, 'DECLINED'), listed(quiet.sessionId, 'INITIATED'), listed('T12345678.other')],
    ]);
    expect(result).toMatchObject({ listed: 5, found: 2, foreign: 2 });
    expect(woken()).toEqual([one.id, two.id]);
    expect(runs.looks[0]?.signal).toMatchObject({
      why: 'sweep',
      transactionId: `${ACCOUNT}.of-${one.sessionId}`,
    });
  });

  it('wakes nobody whose row says the same already', async () => {
    const payment = await openPayment();
    await recordOutcome(store.db, aRecord(payment), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 0 });
  });

  it('wakes a payment that failed, or was cancelled, and has money now', async () => {
    const payment = await openPayment();
    const outcome = anOutcome('CANCELLED', { closedBy: 'merchant' });
    await recordOutcome(store.db, aRecord(payment, { outcome }), TELLS);
    expect(await sweep([[listed(payment.sessionId)]])).toMatchObject({ found: 1 });
    expect(await sweep([[listed(payment.sessionId, 'FAILED')]])).toMatchObject({ found: 0 });
  });

  it('does not take a payment for found by its order number alone', async () => {
    const payment = await openPayment();
    const foreign = { ...listed('T12345678.foreign'), reference: payment.orderReference };
    expect(await sweep([[foreign]])).toMatchObject({ found: 0, foreign: 1 });
    expect(woken()).toEqual([]);
  });

  it('moves its mark to its own beginning, after the last page only', async () => {
    const before = await readGateway(store.db, 'dintero');
    const payment = await openPayment();
    await expect(sweep([[listed(payment.sessionId)], []], true)).rejects.toThrow('the third page never came');
    expect((await readGateway(store.db, 'dintero'))?.lastCompleteSweep).toEqual(before?.lastCompleteSweep);
    const begun = Date.now();
    await sweep([[listed(payment.sessionId)]]);
    const mark = (await readGateway(store.db, 'dintero'))?.lastCompleteSweep?.getTime() ?? 0;
    expect(mark).toBeGreaterThanOrEqual(begun);
    expect(mark).toBeLessThan(begun + 50);
  });

  it('wakes at most twenty a second', async () => {
    const open = await Promise.all(Array.from({ length: 15 }, openPayment));
    const begun = performance.now();
    await sweep([open.map(({ sessionId }) => listed(sessionId))]);
    expect(performance.now() - begun).toBeGreaterThan(14 * 48);
    expect(runs.looks).toHaveLength(15);
  });

  it('wakes everybody else when one run can not be reached, and does not move its mark', async () => {
    const [stuck, other] = [await openPayment(), await openPayment()];
    const reachable = runs.look.bind(runs);
    runs.look = (payment, signal) =>
      payment.paymentId === stuck.id
        ? Promise.reject(new RunsUnavailable('10,000 signals'))
        : reachable(payment, signal);
    const before = await readGateway(store.db, 'dintero');
    await expect(sweep([[listed(stuck.sessionId), listed(other.sessionId)]])).rejects.toThrow();
    expect(woken()).toEqual([other.id]);
    expect((await readGateway(store.db, 'dintero'))?.lastCompleteSweep).toEqual(before?.lastCompleteSweep);
  });
});
