/** The request that creates a payment opens its session itself: the real gateway code, at a sandbox. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { runSandbox, type RunningSandbox } from '../../../sandbox/run-sandbox.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { SessionOpener } from '../../../src/api/payments/session-opener.ts';
import { createSandbox, type Sandbox } from '../../e2e/support/sandbox.ts';
import { anOrderBody, API_KEY, startTestApi, type Answer, type TestApi } from '../../support/api.ts';
import { aFinding, aPayment, aRecord, aReference, TELLS } from '../../support/builders.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';
import { until } from '../../support/until.ts';

/** Contract §3. */
const ANSWER_WITHIN_MS = 15_000;

let running: RunningSandbox;
let sandbox: Sandbox;
let store: TestStore;
let api: TestApi;
let usual: TestApi['runs']['answers'];
beforeAll(async () => {
  running = await runSandbox({ SANDBOX_PORT: '0' });
  sandbox = createSandbox(running.url);
  store = await openTestStore();
  api = await startTestApi(store, { ...atSandbox(), ...NOTIFIES });
  usual = { ...api.runs.answers };
}, 180_000);
afterAll(async () => {
  await api.stop();
  await store.close();
  await running.close();
});

const NOTIFIES = {
  ORDER_WEBHOOK_URL: 'https://shop.example/updates',
  ORDER_WEBHOOK_SECRETS: 'whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
};

function atSandbox(): NodeJS.ProcessEnv {
  return {
    DINTERO_API_URL: running.url,
    DINTERO_CHECKOUT_URL: running.url,
    DINTERO_CLIENT_ID: 'sandbox-client',
    DINTERO_CLIENT_SECRET: 'sandbox-client-secret-0001',
  };
}

let reference: string;
let started: Parameters<PaymentRuns['start']>[];
/** The payments whose runs were asked to open a session. */
let left: string[];
beforeEach(() => {
  reference = aReference();
  started = api.runs.started;
  started.length = 0;
  left = [];
  api.runs.answers.open = (payment) => {
    left.push(payment.orderReference);
    return usual.open(payment);
  };
});
afterEach(async () => {
  api.runs.temporal = 'well';
  Object.assign(api.runs.answers, usual);
  await sandbox.clearFaults();
});

const open = (more: Record<string, unknown> = {}): Promise<Answer> =>
  api.post('/v1/payments', { ...anOrderBody(reference), ...more });
const rowOf = async (id: string) => (await findPayment(store.db, id)) as PaymentRow;

describe('the request that creates a payment', () => {
  it('opens the session and starts the run with it', async () => {
    const { status, json } = await open({ customer: { email: 'kari@shop.example' } });
    expect({ status, payment: json.status }).toEqual({ status: 201, payment: 'PENDING' });
    const [session, ...others] = await sandbox.sessionsOf(reference);
    expect(others).toEqual([]);
    expect(json).toMatchObject({ sessionId: session?.session.id, checkoutUrl: expect.any(String) });
    const { sessionId, checkoutUrl } = json;
    expect(started).toEqual([
      [
        expect.objectContaining({ paymentId: json.id, orderReference: reference }),
        expect.objectContaining({ status: 'PENDING', sessionId, checkoutUrl, mayHaveSurplus: false }),
      ],
    ]);
    expect(left).toEqual([]);
    const row = await rowOf(json.id);
    expect(row).toMatchObject({ sessionId, checkoutUrl, runId: 'run-1' });
    expect(row.request).not.toHaveProperty('customer');
  });

  it('shares the session with the requests that arrive in the meantime', async () => {
    await sandbox.faults({ create: { delayMs: 300 } });
    const answers = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(new Set(answers.map(({ json }) => json.sessionId)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(await sandbox.sessionsOf(reference)).toHaveLength(1);
    expect(started).toHaveLength(1);
  });

  it.each([
    ['does not answer', { delayMs: 60_000 }],
    ['loses its answer', { drop: 'after', times: 10 }],
    ['fails', { status: 503, times: 10 }],
  ])('leaves the session to the run where the gateway %s', async (_, fault) => {
    await sandbox.faults({ create: fault });
    const { status, json, ms } = await open();
    expect({ status, left }).toEqual({ status: 201, left: [reference] });
    expect(ms).toBeLessThan(ANSWER_WITHIN_MS);
    expect(started).toEqual([]);
    const { openingUntil } = await rowOf(json.id);
    expect(openingUntil?.getTime()).toBeLessThanOrEqual(Date.now());
  });

  it('treats a refusal as final', async () => {
    await sandbox.faults({ create: { status: 400, times: 1 } });
    expect(await open()).toMatchObject({ status: 502, json: { code: 'gateway_rejected' } });
    const { json: order } = await api.send('GET', `/v1/orders/${reference}`, { key: API_KEY });
    expect(order.status).toBe('PAYMENT_FAILED');
    expect(await rowOf(order.payments[0])).toMatchObject({ status: 'FAILED', sessionId: null });
    expect(left).toEqual([]);
    expect((await open()).status).toBe(201);
  });

  it("leaves a refusal to the run where only the workers know the merchant's endpoint", async () => {
    const alone = await startTestApi(store, atSandbox());
    alone.runs.answers.open = api.runs.answers.open;
    try {
      await sandbox.faults({ create: { status: 400, times: 1 } });
      await alone.post('/v1/payments', anOrderBody(reference));
      expect(left).toEqual([reference]);
    } finally {
      await alone.stop();
    }
  });

  it('waits for a slow gateway, and keeps its run from opening a second session', async () => {
    await sandbox.faults({ create: { delayMs: 5_000 } });
    const answer = open();
    await until('the lease is renewed', async () => {
      const { json } = await api.send('GET', `/v1/orders/${reference}`, { key: API_KEY });
      const id: string | undefined = json.payments?.[0];
      if (id === undefined) return false;
      const { createdAt, openingUntil } = await rowOf(id);
      return Number(openingUntil) - createdAt.getTime() > 4_000;
    });
    expect((await answer).status).toBe(201);
    expect(await sandbox.sessionsOf(reference)).toHaveLength(1);
    expect(left).toEqual([]);
  });

  it('hands out no session of a payment that was closed in the meantime', async () => {
    await sandbox.faults({ create: { delayMs: 500, times: 1 } });
    const answer = open();
    await until('the session is created', async () => (await sandbox.sessionsOf(reference)).length > 0);
    const [created] = await sandbox.sessionsOf(reference);
    const { json: order } = await api.send('GET', `/v1/orders/${reference}`, { key: API_KEY });
    const closed = await rowOf(order.payments[0]);
    const finding = aFinding('CANCELLED', { closedBy: 'merchant' });
    await recordFinding(store.db, aRecord(closed, { finding, key: 'closed' }), TELLS);
    api.runs.answers.open = () => Promise.resolve({ kind: 'not_open', status: 'CANCELLED' });
    const { status, json } = await answer;
    expect(status).toBe(201);
    expect(json.id).not.toBe(closed.id);
    expect(json.sessionId).not.toBe(created?.session.id);
    const { session } = await sandbox.session(created?.session.id ?? '');
    expect(session.cancelled_at).toEqual(expect.any(String));
  });

  it('hands out no session without a run, and the same one as soon as there is a run', async () => {
    api.runs.temporal = 'down';
    expect(await open()).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    const [session] = await sandbox.sessionsOf(reference);
    api.runs.temporal = 'well';
    expect(await open()).toMatchObject({ status: 200, json: { sessionId: session?.session.id } });
    expect(left).toEqual([reference]);
    expect(await rowOf((await open()).json.id)).toMatchObject({ runId: 'run-1' });
    expect(await sandbox.sessionsOf(reference)).toHaveLength(1);
  });

  it('leaves the next opening to its run while a gateway that hangs holds the maximum number of openings', async () => {
    await sandbox.faults({ create: { delayMs: 60_000 } });
    const opener = new SessionOpener(api.service, { waitsMs: 5_000, atOnce: 2 });
    const ended: Promise<unknown>[] = [];
    for (const _ of [1, 2]) {
      const { leaseMs } = opener;
      expect(leaseMs).toBe(3_000);
      const payment = await aPayment(store.db, leaseMs === undefined ? {} : { leaseMs });
      ended.push(opener.open({ kind: 'created', payment }));
    }
    expect(opener.leaseMs).toBeUndefined();
    const unleased = await aPayment(store.db);
    expect(await opener.open({ kind: 'created', payment: unleased })).toBeNull();
    await Promise.all(ended);
    expect(opener.leaseMs).toBe(3_000);
  });
});
