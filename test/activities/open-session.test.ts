/**
 * Opening against the sandbox and a real store. Dintero has no idempotency key, so the activity searches for
 * an existing session first.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import type { OpenSessionOutcome, PaymentActivities } from '../../src/activities/contract.ts';
import type { Callback } from '../../src/domain/callback.ts';
import { createDinteroGateway } from '../../src/gateways/dintero/adapter.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { listDeliveries } from '../../src/store/lists.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { createAtGateway } from '../../src/sessions/open-at-gateway.ts';
import { endLease, findPayment, type PaymentRow } from '../../src/store/payments.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { readTimeline } from '../../src/store/timeline.ts';
import { ACCOUNT, startSandbox, type SandboxClient } from '../sandbox/sandbox-client.ts';
import { activitiesOn, anActivityRun } from '../support/activity.ts';
import {
  aDelivery,
  aFinding,
  aPayment,
  aRecord,
  aReference,
  handled,
  keyOf,
  TELLS,
} from '../support/builders.ts';
import { scripted } from '../support/simulation.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const MONEY = { amountMinor: 29990, currency: 'NOK' };
const LIFETIME_MS = 4 * 3_600_000;
const NEVER = new AbortController().signal;
const UNAVAILABLE = { kind: 'unavailable', reason: expect.any(String) };

describe('opening a session', () => {
  let store: TestStore;
  let sandbox: SandboxClient;
  let gateway: Gateway;
  let activities: PaymentActivities;
  /** The merchant's updates, in their order. */
  const told: string[] = [];
  beforeAll(async () => {
    [store, sandbox] = [await openTestStore(), await startSandbox()];
    gateway = createDinteroGateway({
      accountId: ACCOUNT,
      clientId: 'sandbox-client',
      clientSecret: 'sandbox-client-secret-0001',
      profileId: 'default',
      signatureSecrets: ['sandbox-signature-secret-0001'],
      apiUrl: sandbox.url,
      checkoutUrl: sandbox.url,
      publicUrl: 'https://pay.example',
    });
    activities = activitiesOn({ db: store.db, gateway, told, lifetimeMs: LIFETIME_MS });
  }, 180_000);
  beforeEach(() => void (told.length = 0));
  afterEach(() => sandbox.call('DELETE', '/__sim/faults'));
  afterAll(async () => {
    await sandbox.close();
    await store.close();
  });

  const fault = (body: object) => sandbox.call('POST', '/__sim/faults', body);
  const newPayment = () => aPayment(store.db, { money: MONEY });
  let tries = 0;
  const open = (
    payment: { paymentId: string; orderReference: string; n: number },
    {
      attempt = 1,
      isRetried = false,
      since = Date.now(),
      callbacks = [],
    }: {
      attempt?: number;
      isRetried?: boolean;
      since?: number;
      callbacks?: readonly Callback[];
    } = {},
  ): Promise<OpenSessionOutcome> => {
    const input = {
      ...payment,
      gateway: 'dintero',
      key: `run-1-open-${(tries += 1)}`,
      callbacks,
      isRetried,
      since,
    };
    return anActivityRun(attempt).run(() => activities.openSession(input));
  };
  const sessionsOf = async (payment: PaymentRow) => gateway.findSessions(keyOf(payment), payment.createdAt);
  const liveOf = async (payment: PaymentRow) => (await sessionsOf(payment)).filter(({ live }) => live);

  it('leaves the opening to the request that holds the lease, and then searches for its session', async () => {
    const payment = await aPayment(store.db, { money: MONEY, leaseMs: 60_000 });
    expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
    expect(await sessionsOf(payment)).toEqual([]);
    // The request died after it had created the session.
    const left = await createAtGateway({ gateway, signal: NEVER }, payment);
    await endLease(store.db, payment.id);
    expect(await open(keyOf(payment))).toMatchObject({ kind: 'opened', sessionId: left.sessionId });
    expect(await sessionsOf(payment)).toHaveLength(1);
  });

  it('opens one at the gateway and records it', async () => {
    const payment = await newPayment();
    const outcome = await open(keyOf(payment));
    expect(outcome).toMatchObject({
      kind: 'opened',
      status: 'PENDING',
      reviewCode: null,
      dismissed: false,
      money: MONEY,
      mayHaveSurplus: false,
    });
    const [session] = await sessionsOf(payment);
    expect(await findPayment(store.db, payment.id)).toMatchObject({
      sessionId: session?.sessionId,
      checkoutUrl: expect.stringMatching(/^http/),
    });
  });

  it('sets the expiry a grace after the end of the session, at most a quarter of its lifetime', async () => {
    const outcome = await open(keyOf(await newPayment()));
    if (outcome.kind !== 'opened') throw new Error(outcome.kind);
    expect(Date.parse(outcome.expiryDueAt) - Date.parse(outcome.expiresAt)).toBe(15 * 60_000);
  });

  it('opens no second session when it runs again', async () => {
    const payment = await newPayment();
    const first = await open(keyOf(payment));
    // A try whose answer was lost may have been the second one to create a session.
    expect(await open(keyOf(payment), { attempt: 2 })).toEqual({ ...first, mayHaveSurplus: true });
    expect(await sessionsOf(payment)).toHaveLength(1);
  });

  it('finds the session whose answer was lost', async () => {
    const payment = await newPayment();
    await fault({ create: { drop: 'after', times: 1 } });
    expect(await open(keyOf(payment))).toMatchObject({
      ...UNAVAILABLE,
      expiresAt: payment.expiresAt.toISOString(),
    });
    const outcome = await open(keyOf(payment), { isRetried: true });
    const sessions = await sessionsOf(payment);
    expect(sessions).toHaveLength(1);
    expect(outcome).toMatchObject({
      kind: 'opened',
      sessionId: sessions[0]?.sessionId,
      mayHaveSurplus: true,
    });
  });

  it('finds it also in a new run, when the row is older than a request can last', async () => {
    const payment = await newPayment();
    await fault({ create: { drop: 'after', times: 1 } });
    expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
    const createdAt = sql`now() - interval '11 seconds'`;
    await store.db.update(payments).set({ createdAt }).where(eq(payments.id, payment.id));
    expect(await open(keyOf(payment))).toMatchObject({ kind: 'opened' });
    expect(await sessionsOf(payment)).toHaveLength(1);
  });

  it.each([
    ['a truncated answer', { truncate: true }],
    ['an answer without an id', { body: { url: 'https://checkout.example/' } }],
    ['an id of another account', { patch: { id: 'T99999999.abc' } }],
    ['500', { status: 500 }],
  ])('leaves one live session behind after %s', async (_, create) => {
    const payment = await newPayment();
    await fault({ create: { ...create, times: 1 } });
    expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
    const outcome = await open(keyOf(payment), { isRetried: true });
    const live = await liveOf(payment);
    expect(live).toHaveLength(1);
    expect(outcome).toMatchObject({ kind: 'opened', sessionId: live[0]?.sessionId });
  });

  it('gives way to a try that ended first, and closes its own session', async () => {
    const payment = await newPayment();
    const create = gateway.createSession.bind(gateway);
    const slow = scripted(gateway, {
      async createSession(request, options) {
        const late = await create(request, options);
        await open(keyOf(payment));
        return late;
      },
    });
    const slowly = activitiesOn({ db: store.db, gateway: slow, told: [], lifetimeMs: LIFETIME_MS });
    const input = {
      ...keyOf(payment),
      gateway: 'dintero',
      key: 'slow',
      callbacks: [],
      isRetried: false,
      since: 0,
    };
    const outcome = await anActivityRun().run((at: typeof input) => slowly.openSession(at), input);
    const kept = (await findPayment(store.db, payment.id))?.sessionId;
    expect(outcome).toMatchObject({ kind: 'opened', sessionId: kept });
    expect(await sessionsOf(payment)).toHaveLength(2);
    expect((await liveOf(payment)).map(({ sessionId }) => sessionId)).toEqual([kept]);
  });

  it('keeps the oldest of several sessions and cancels the others', async () => {
    const payment = await newPayment();
    await fault({ create: { drop: 'after', times: 2 }, searchLagMs: 60_000 });
    expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
    expect(await open(keyOf(payment), { isRetried: true })).toMatchObject(UNAVAILABLE);
    await fault({ searchLagMs: 0 });
    const outcome = await open(keyOf(payment), { isRetried: true });
    const [oldest, ...surplus] = await sessionsOf(payment);
    expect(surplus).toHaveLength(1);
    expect(surplus.map(({ live }) => live)).toEqual([false]);
    expect(outcome).toMatchObject({ kind: 'opened', sessionId: oldest?.sessionId });
  });

  it('closes later a session that the search did not show in time', async () => {
    const payment = await newPayment();
    await fault({ create: { drop: 'after', times: 1 }, searchLagMs: 60_000 });
    expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
    const outcome = await open(keyOf(payment), { isRetried: true });
    if (outcome.kind !== 'opened') throw new Error(outcome.kind);
    expect(outcome.mayHaveSurplus).toBe(true);
    await fault({ searchLagMs: 0 });
    const { sessionId } = outcome;
    const input = { ...keyOf(payment), gateway: 'dintero', sessionId };
    const closeSurplus = () => anActivityRun().run(() => activities.cancelSurplusSessions(input));
    expect(await closeSurplus()).toBe(1);
    expect((await liveOf(payment)).map((session) => session.sessionId)).toEqual([sessionId]);
    expect(await closeSurplus()).toBe(0);
  });

  it('does not take the session of another shop with the same order number', async () => {
    const payment = await newPayment();
    const order = { amount: 29990, currency: 'NOK', merchant_reference: payment.orderReference, items: [] };
    const url = { return_url: 'https://other.example/' };
    await sandbox.api('POST', '/v1/sessions-profile', { profile_id: 'default', order, url });
    const outcome = await open(keyOf(payment), { isRetried: true });
    expect(outcome).toMatchObject({ kind: 'opened' });
    expect(await sessionsOf(payment)).toHaveLength(1);
  });

  it('ends as rejected, with the reason, when the gateway understands and refuses', async () => {
    const payment = await newPayment();
    await fault({ create: { status: 400, body: { error: { message: 'no such profile' } } } });
    const rejected = {
      kind: 'rejected',
      status: 'FAILED',
      reason: expect.stringContaining('no such profile'),
    };
    expect(await open(keyOf(payment))).toEqual(rejected);
    const { reason } = (await findPayment(store.db, payment.id)) ?? {};
    expect(await findPayment(store.db, payment.id)).toMatchObject({ status: 'FAILED', sessionId: null });
    expect(told).toEqual([`${payment.id}/order.payment_failed/rejected`]);
    const story = await readTimeline(store.db, payment.id);
    expect(story.map(({ text }) => text)).toContain(`no session: ${reason}`);
    // A try whose answer was lost returns the same again, and notifies the merchant no second time.
    expect(await open(keyOf(payment), { attempt: 2 })).toEqual(rejected);
    expect(told).toHaveLength(1);
  });

  it.each([
    [{ status: 429, retryAfter: 90 }, { retryAfterMs: 90_000 }],
    [{ status: 429, retryAfter: 90_000 }, { retryAfterMs: 3_600_000 }],
    [{ status: 401 }, {}],
    [{ status: 403 }, {}],
    [{ status: 503 }, {}],
  ])('leaves the retry to the run after %j', async (create, failure) => {
    const payment = await newPayment();
    await fault({ create });
    expect(await open(keyOf(payment))).toMatchObject({ ...UNAVAILABLE, ...failure });
  });

  it('opens nothing once the payment has expired', async () => {
    const payment = await newPayment();
    const expiresAt = new Date(Date.now() - 1_000);
    await store.db.update(payments).set({ expiresAt }).where(eq(payments.id, payment.id));
    expect(await open(keyOf(payment))).toMatchObject({ kind: 'never_opened', status: 'EXPIRED' });
    expect(await findPayment(store.db, payment.id)).toMatchObject({ status: 'EXPIRED', closedBy: 'expiry' });
    expect(told).toEqual([`${payment.id}/order.payment_expired/never_opened`]);
    expect(await sessionsOf(payment)).toEqual([]);
  });

  it('opens nothing for a payment that was closed without ever having a session', async () => {
    const payment = await newPayment();
    const finding = aFinding('CANCELLED', { closedBy: 'merchant', reason: 'by the merchant' });
    await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    expect(await open(keyOf(payment))).toEqual({
      kind: 'closed',
      status: 'CANCELLED',
      reason: 'by the merchant',
    });
    expect(await sessionsOf(payment)).toEqual([]);
  });

  it('leaves a payment that was closed without a session as it is, and marks its callbacks as handled', async () => {
    const payment = await newPayment();
    const finding = aFinding('CANCELLED', { closedBy: 'merchant', reason: 'by the merchant' });
    await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
    const delivery = aDelivery(payment);
    await logDelivery(store.db, delivery);
    expect(await open(keyOf(payment), { callbacks: [handled(delivery)] })).toMatchObject({ kind: 'closed' });
    const { rows } = await listDeliveries(store.db, { payment: payment.id, limit: 1 });
    expect(rows).toMatchObject([{ outcome: 'accepted', state: 'handled' }]);
    expect(await findPayment(store.db, payment.id)).toMatchObject({ status: 'CANCELLED' });
    expect(told).toEqual([]);
  });

  it('reports the current status of an open payment', async () => {
    const payment = await newPayment();
    await open(keyOf(payment));
    await recordFinding(store.db, aRecord(payment, { finding: aFinding('DECLINED') }), TELLS);
    expect(await open(keyOf(payment))).toMatchObject({ kind: 'opened', status: 'DECLINED' });
    // The process that has recorded it sends the update.
    expect(told).toEqual([]);
  });

  describe('for a callback about a payment that the store does not know', () => {
    /** A callback that names this session. */
    const naming = (sessionId: string) => [{ ...handled(aDelivery(null)), claim: { sessionId } }];

    /** A session at the gateway whose metadata names a payment that was never committed here. */
    async function lostSession() {
      const key = { paymentId: `pay_${aReference()}`, orderReference: aReference(), n: 1 };
      const session = await gateway.createSession({
        ...key,
        money: MONEY,
        lines: [],
        returnKey: 'k',
        capture: 'manual',
        idempotencyKey: 'open-1',
        expiresAt: new Date(Date.now() + LIFETIME_MS),
      });
      return { key, sessionId: session.sessionId };
    }

    it("adopts it when the session's own metadata names that payment", async () => {
      const { key, sessionId } = await lostSession();
      expect(await open(key, { callbacks: naming(sessionId) })).toMatchObject({
        kind: 'opened',
        sessionId,
        money: MONEY,
      });
      expect(await findPayment(store.db, key.paymentId)).toMatchObject({ sessionId, n: 1, amount: 29990 });
    });

    it.each([
      ['another payment', { paymentId: 'pay_other' }],
      ['another order', { orderReference: 'other' }],
      ['another number', { n: 2 }],
    ])(
      'ignores the session when its metadata names %s, and marks the callback as foreign',
      async (_, change) => {
        const { key, sessionId } = await lostSession();
        const claimed = { ...key, ...change };
        const delivery = aDelivery(null, { key: claimed });
        await logDelivery(store.db, delivery);
        const outcome = await open(claimed, { callbacks: [{ ...handled(delivery), claim: { sessionId } }] });
        expect(outcome).toMatchObject({ kind: 'unknown' });
        expect(await findPayment(store.db, claimed.paymentId)).toBeNull();
        const { rows } = await listDeliveries(store.db, { payment: claimed.paymentId, limit: 1 });
        expect(rows).toMatchObject([{ outcome: 'ignored', state: 'handled' }]);
      },
    );

    it('ignores a callback that names no session', async () => {
      const key = { paymentId: `pay_${aReference()}`, orderReference: aReference(), n: 1 };
      expect(await open(key)).toMatchObject({ kind: 'unknown' });
    });

    it('asks again for as long as a session lives while the session is not found, and then ignores it', async () => {
      const key = { paymentId: `pay_${aReference()}`, orderReference: aReference(), n: 1 };
      const callbacks = naming(`${ACCOUNT}.none`);
      expect(await open(key, { callbacks, isRetried: true })).toMatchObject(UNAVAILABLE);
      const since = Date.now() - LIFETIME_MS - 1;
      expect(await open(key, { callbacks, since })).toMatchObject({ kind: 'unknown' });
    });

    it('gives up where the order has continued without it: another payment has its number', async () => {
      const { orderReference, n } = await aPayment(store.db);
      const key = { paymentId: `pay_${aReference()}`, orderReference, n };
      expect(await open(key, { callbacks: naming(`${ACCOUNT}.none`) })).toMatchObject({ kind: 'unknown' });
    });

    it('waits while the gateway is silent, since the session may be ours', async () => {
      const { key, sessionId } = await lostSession();
      await fault({ readSession: { status: 500 } });
      expect(await open(key, { callbacks: naming(sessionId) })).toMatchObject(UNAVAILABLE);
    });

    it('adopts the session of a payment whose row does not name it yet', async () => {
      const payment = await newPayment();
      await fault({ create: { drop: 'after', times: 1 }, searchLagMs: 60_000 });
      expect(await open(keyOf(payment))).toMatchObject(UNAVAILABLE);
      await fault({ searchLagMs: 0 });
      const [session] = await sessionsOf(payment);
      const sessionId = session?.sessionId ?? '';
      expect(await open(keyOf(payment), { callbacks: naming(sessionId) })).toMatchObject({
        kind: 'opened',
        sessionId,
      });
      expect(await sessionsOf(payment)).toHaveLength(1);
    });
  });
});
