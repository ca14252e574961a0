/** The reconciliation on a real server and a real store; the gateway's listing and reads are written by the test. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { lastReconciliations, pruneReconciliations } from '../../src/store/reconciliations.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import {
  foreignSessions,
  reconciliationRows,
  reconciliations,
} from '../../src/store/schema/reconciliation-tables.ts';
import { aSessionId } from '../support/builders.ts';
import {
  anOpenPayment,
  beginAgain,
  listed,
  lostSession,
  reads,
  startReconcileWorld,
  transactionOf,
  turns,
  type ReconcileWorld,
} from '../support/reconcile-world.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

describe('a reconciliation', () => {
  let world: ReconcileWorld;
  beforeAll(async () => {
    world = await startReconcileWorld();
  }, 120_000);
  afterAll(() => world.close(), 60_000);
  beforeEach(() => beginAgain(world));

  const db = () => world.store.db;
  const woken = () => world.runs.looks.map(({ payment }) => payment.paymentId);

  it('counts what matches once, and other shops, and keeps only the counts', async () => {
    const one = await anOpenPayment(world);
    await turns(world, one, 'AUTHORIZED');
    const open = await anOpenPayment(world);
    const foreign = { sessionId: aSessionId() };
    const rows = [listed(one), listed(open, 'INITIATED'), listed(foreign)];
    world.at.pages = [rows, [listed(one)], []];
    const { result, differences } = await world.reconcile();
    expect(result).toMatchObject({
      state: 'complete',
      coverage: 'api',
      compared: 2,
      matched: 2,
      repaired: 0,
      foreign: 1,
      drift: { mismatch: { found: 0, unexplained: 0 }, duplicate: { found: 0, unexplained: 0 } },
    });
    expect(differences).toEqual([]);
    expect(woken()).toEqual([]);
    while (await pruneReconciliations(db()));
    expect(
      await db().select().from(reconciliationRows).where(eq(reconciliationRows.reconciliationId, result.id)),
    ).toEqual([]);
  });

  it('asks the session of another shop once, and not at the next reconciliation', async () => {
    const foreign = { sessionId: aSessionId() };
    world.at.pages = [[listed(foreign)]];
    await world.reconcile();
    const { result } = await world.reconcile();
    expect(result.foreign).toBe(1);
    expect(world.asked.filter((what) => what.startsWith('session'))).toEqual([
      `session ${foreign.sessionId}`,
    ]);
    await db().delete(foreignSessions);
  });

  it('has payments look whose callbacks were lost, and finds them repaired', async () => {
    const lost = await anOpenPayment(world);
    const refunded = await anOpenPayment(world);
    await turns(world, refunded, 'CAPTURED', { capturedMinor: 72_200 });
    world.at.pages = [
      [listed(lost), listed(refunded, 'REFUNDED', { capturedMinor: 72_200, refundedMinor: 72_200 })],
    ];
    reads(world, lost);
    reads(world, refunded, 'REFUNDED', { capturedMinor: 72_200, refundedMinor: 72_200 });
    world.at.looks = (paymentId) =>
      paymentId === lost.id
        ? turns(world, lost, 'AUTHORIZED')
        : turns(world, refunded, 'REFUNDED', { capturedMinor: 72_200, refundedMinor: 72_200 });
    const { result, differences } = await world.reconcile();
    expect(new Set(woken())).toEqual(new Set([lost.id, refunded.id]));
    expect(world.runs.looks[0]?.signal).toMatchObject({ why: 'reconciliation' });
    expect(result).toMatchObject({ compared: 2, matched: 2, repaired: 2 });
    expect(differences).toEqual([]);
  });

  it('shows both sides of what still differs after its run has looked', async () => {
    const payment = await anOpenPayment(world);
    await turns(world, payment, 'AUTHORIZED');
    world.at.pages = [[listed(payment, 'AUTHORIZED', { money: { amountMinor: 1, currency: 'NOK' } })]];
    reads(world, payment, 'AUTHORIZED', { money: { amountMinor: 1, currency: 'NOK' } });
    world.at.looks = () => turns(world, payment, 'AUTHORIZED');
    const { result, differences } = await world.reconcile();
    expect(result.drift?.mismatch).toEqual({ found: 1, unexplained: 1 });
    expect(differences).toMatchObject([
      {
        class: 'mismatch',
        orderReference: payment.orderReference,
        paymentId: payment.id,
        here: { status: 'AUTHORIZED', amount: 72_200 },
        there: { status: 'AUTHORIZED', amount: 1 },
        explanation: null,
      },
    ]);
  });

  it('does not wait for a run that it has asked about the same before', async () => {
    const payment = await anOpenPayment(world);
    await turns(world, payment, 'AUTHORIZED');
    const other = { money: { amountMinor: 1, currency: 'NOK' } };
    world.at.pages = [[listed(payment, 'AUTHORIZED', other)]];
    reads(world, payment, 'AUTHORIZED', other);
    world.at.looks = () => turns(world, payment, 'AUTHORIZED');
    await world.reconcile();
    const begun = performance.now();
    const { result } = await world.reconcile();
    expect(result.drift?.mismatch).toEqual({ found: 1, unexplained: 1 });
    expect(woken()).toHaveLength(1);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('reads what a listing that lags has left out, and reports only what no read shows', async () => {
    const late = await anOpenPayment(world);
    await turns(world, late, 'AUTHORIZED');
    reads(world, late);
    const forged = await anOpenPayment(world);
    await turns(world, forged, 'CAPTURED', { capturedMinor: 72_200 });
    world.at.looks = () => turns(world, forged, 'CAPTURED', { capturedMinor: 72_200 });
    const { result, differences } = await world.reconcile();
    expect(result).toMatchObject({ compared: 2, matched: 1, repaired: 0 });
    expect(result.drift?.missing_there).toEqual({ found: 1, unexplained: 1 });
    expect(differences).toMatchObject([
      { class: 'missing_there', paymentId: forged.id, here: { status: 'CAPTURED' }, there: null },
    ]);
  });

  it('takes a listing that is behind for no difference where a read agrees', async () => {
    const payment = await anOpenPayment(world);
    await turns(world, payment, 'CAPTURED', { capturedMinor: 72_200 });
    world.at.pages = [[listed(payment, 'AUTHORIZED')]];
    reads(world, payment, 'CAPTURED', { capturedMinor: 72_200 });
    world.at.looks = () => turns(world, payment, 'CAPTURED', { capturedMinor: 72_200 });
    const { result } = await world.reconcile();
    expect(result).toMatchObject({ compared: 1, matched: 1, repaired: 0 });
  });

  it('reports money whose session names a payment that the store lost, and the order that it doubles', async () => {
    const kept = await anOpenPayment(world);
    await turns(world, kept, 'AUTHORIZED');
    const sessions = [aSessionId(), aSessionId(), aSessionId()];
    const [again, both, begun] = sessions as [string, string, string];
    lostSession(world, again, kept.orderReference, 2);
    lostSession(world, both, `${kept.orderReference}-b`, 1);
    lostSession(world, begun, `${kept.orderReference}-c`, 1);
    world.at.pages = [
      [listed(kept), listed({ sessionId: again }), listed({ sessionId: both })],
      [listed({ sessionId: begun }, 'FAILED')],
    ];
    const { result, differences } = await world.reconcile();
    expect(result.drift).toMatchObject({
      missing_here: { found: 3, unexplained: 2 },
      duplicate: { found: 1, unexplained: 1 },
    });
    expect(woken()).toEqual([]);
    const doubled = differences.find((one) => one.class === 'duplicate');
    expect(doubled).toMatchObject({
      orderReference: kept.orderReference,
      holdings: [{ payment: kept.id }, { transactionId: transactionOf({ sessionId: again }) }],
    });
    expect(differences.find((one) => one.sessionId === begun)).toMatchObject({ explanation: 'no_money' });
  });

  it('lists what is explained, and does not count it', async () => {
    const reviewed = await anOpenPayment(world);
    await turns(world, reviewed, 'AUTHORIZED');
    await db()
      .update(payments)
      .set({ status: 'REVIEW', reviewCode: 'late_money' })
      .where(eq(payments.id, reviewed.id));
    const moving = await anOpenPayment(world);
    await turns(world, moving, 'AUTHORIZED');
    const wanted = { paymentId: moving.id, bodyHash: 'x', wanted: 4_000, finalCapture: false } as const;
    await claimOperation(db(), { ...wanted, kind: 'capture', reference: 'c1', cause: 'merchant' });
    world.at.pages = [[listed(reviewed), listed(moving, 'PARTIALLY_CAPTURED', { capturedMinor: 4_000 })]];
    const { result, differences } = await world.reconcile();
    expect(result.drift?.mismatch).toEqual({ found: 2, unexplained: 0 });
    const explanations = new Set(differences.map(({ explanation }) => explanation));
    expect(explanations).toEqual(new Set(['in_review', 'operation_under_way']));
    expect(woken()).toEqual([]);
  });

  it('knows an order that two payments of ours have paid, unless the second one is going back', async () => {
    const first = await anOpenPayment(world);
    await turns(world, first, 'AUTHORIZED');
    const second = await anOpenPayment(world);
    await turns(world, second, 'AUTHORIZED');
    const same = { orderReference: first.orderReference, n: 2 };
    await db().update(payments).set(same).where(eq(payments.id, second.id));
    world.at.pages = [[listed(first), listed(second)]];
    const twice = await world.reconcile();
    expect(twice.result).toMatchObject({ matched: 2, drift: { duplicate: { found: 1, unexplained: 1 } } });
    await db().update(payments).set({ mustGiveBack: true }).where(eq(payments.id, second.id));
    const { result } = await world.reconcile();
    expect(result.drift?.duplicate).toEqual({ found: 1, unexplained: 0 });
  });

  it('compares what either clock puts into the period, and nothing else', async () => {
    const since = new Date(Date.now() - DAY_MS);
    const until = new Date(Date.now() - 60 * MINUTE_MS);
    const created = async (minutesAgo: number) => {
      const payment = await anOpenPayment(world);
      await turns(world, payment, 'AUTHORIZED');
      const createdAt = new Date(Date.now() - minutesAgo * MINUTE_MS);
      await db().update(payments).set({ createdAt }).where(eq(payments.id, payment.id));
      return payment;
    };
    const [before, atEdge, within, after] = [
      await created(24 * 60 + 8),
      await created(24 * 60 + 2),
      await created(61),
      await created(58),
    ];
    // The gateway's clock is five minutes ahead.
    const ahead = (minutesAgo: number) => ({
      createdAt: new Date(Date.now() - (minutesAgo - 5) * MINUTE_MS),
    });
    world.at.pages = [
      [
        listed(before, 'AUTHORIZED', ahead(24 * 60 + 8)),
        listed(atEdge, 'AUTHORIZED', ahead(24 * 60 + 2)),
        listed(within, 'AUTHORIZED', ahead(61)),
        listed(after, 'AUTHORIZED', ahead(58)),
      ],
    ];
    const { result } = await world.reconcile({ since: since.toISOString(), until: until.toISOString() });
    expect(result).toMatchObject({ compared: 2, matched: 2 });
    // Created at the gateway an hour after our payment, and outside of the period of that payment.
    const [old] = [await created(24 * 60 + 60)];
    world.at.pages = [[listed(old, 'AUTHORIZED', ahead(23 * 60))]];
    reads(world, within);
    expect(
      (await world.reconcile({ since: since.toISOString(), until: until.toISOString() })).result,
    ).toMatchObject({
      compared: 2,
      matched: 2,
    });
  });

  it('reads each payment of the period where the gateway can not list', async () => {
    const payment = await anOpenPayment(world);
    await turns(world, payment, 'AUTHORIZED');
    reads(world, payment);
    world.at.canList = false;
    const { result } = await world.reconcile();
    expect(result).toMatchObject({ coverage: 'evidence', compared: 1, matched: 1 });
    expect(world.asked).toEqual([`payment ${payment.sessionId}`]);
  });

  it('continues at its page after a silence, and counts each transaction once', async () => {
    const rows = Array.from({ length: 5 }, () => [listed({ sessionId: aSessionId() })]);
    world.at.pages = rows;
    let failures = 2;
    world.at.trouble = (page) => {
      if (page === 2 && failures-- > 0) throw new GatewayUnavailable('no answer', { kind: 'silent' });
    };
    const { result } = await world.reconcile();
    expect(result).toMatchObject({ state: 'complete', foreign: 5 });
    expect(world.asked.filter((what) => what.startsWith('page'))).toEqual(
      [0, 1, 2, 2, 2, 3, 4].map((page) => `page ${page}`),
    );
  });

  it('says why it has failed', async () => {
    world.at.trouble = () => {
      throw new GatewayRejected('the listing repeats itself');
    };
    const { result } = await world.reconcile();
    expect(result).toMatchObject({ state: 'failed', failure: 'the listing repeats itself', drift: null });
  });

  it('gives the figures only where it covers the usual period up to now', async () => {
    await db().delete(reconciliations);
    await world.reconcile({ since: new Date(Date.now() - DAY_MS).toISOString() });
    await world.reconcile({
      since: new Date(Date.now() - 30 * DAY_MS).toISOString(),
      until: new Date().toISOString(),
    });
    expect(await lastReconciliations(db())).toEqual([]);
    const { result } = await world.reconcile();
    expect(await lastReconciliations(db())).toMatchObject([{ gateway: 'dintero', drift: result.drift }]);
  });

  it.each([
    ['nothing', []],
    ['a number', [42]],
    ['no gateway', [{ gateway: '' }]],
    ['a time that is none', [{ gateway: 'dintero', since: 'yesterday-ish' }]],
    ['an id of another kind', [{ gateway: 'dintero', id: 'pay_1' }]],
  ])('started by hand with %s ends with a failure that says what it expects', async (name, args) => {
    const options = { workflowId: `odd reconciliation ${name}`, taskQueue: 'payments', args };
    const handle = await world.client.workflow.start('reconcileGateway', options);
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringContaining('reconcileGateway expects {"gateway"') },
    });
  });
});
