/**
 * `GET /v1/health` of a service with a real store and a simulated Temporal; and the output of `paidonce
 * doctor` for it.
 */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createOpenings, type Openings } from '../../src/health/openings.ts';
import { runCommand } from '../../src/cli/program.ts';
import { claimOperation } from '../../src/store/operations.ts';
import { operations } from '../../src/store/schema/operation-table.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { API_KEY, anOrderBody, startTestApi, type TestApi } from '../support/api.ts';
import { useTestApi } from '../support/door.ts';
import { aPaidPayment } from '../support/paid-payment.ts';
import { useTerminal } from '../support/terminal.ts';
import { RunsUnavailable } from '../../src/temporal/run-calls.ts';

interface Found {
  readonly status: string;
  readonly version: string;
  readonly gateways: unknown;
  readonly checks: readonly { name: string; state: string; text: string; todo?: string }[];
}

describe('the health of the service', () => {
  const at = useTestApi();
  const terminal = useTerminal();
  let api: TestApi;

  // The service caches the results of its checks for some seconds.
  beforeEach(async () => {
    api = await startTestApi(at.store);
  });
  afterEach(async () => {
    await api.stop();
    await at.store.db.delete(operations);
    await at.store.db.delete(outbox);
  });

  const look = async (): Promise<Found> =>
    (await api.send('GET', '/v1/health', { key: API_KEY })).json as Found;
  const named = ({ checks }: Found, name: string) => checks.find((check) => check.name === name);

  it('names good and bad checks, the worst first, with the remedies', async () => {
    const found = await look();
    expect(found).toMatchObject({
      status: 'fail',
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      gateways: [{ gateway: 'dintero', account: 'T12345678', mode: 'test' }],
    });
    expect(named(found, 'store')).toMatchObject({ state: 'ok' });
    expect(named(found, 'dintero credentials')).toMatchObject({ state: 'fail' });
    expect(named(found, 'reviews')).toMatchObject({ state: 'ok' });
    for (const { state, todo } of found.checks) expect(todo !== undefined).toBe(state !== 'ok');
    expect(JSON.stringify(found)).not.toContain('a-client-secret');
  });

  it('requires a key', async () => {
    expect((await api.send('GET', '/v1/health')).status).toBe(401);
  });

  it('names captures that have not ended after five minutes, and lists them', async () => {
    const payment = await aPaidPayment(at.store.db);
    const wanted = { paymentId: payment.id, bodyHash: 'x', wanted: 4_000, finalCapture: false } as const;
    await claimOperation(at.store.db, { ...wanted, kind: 'capture', reference: 'c1', cause: 'merchant' });
    expect(named(await look(), 'operations')).toMatchObject({ state: 'ok' });
    await at.store.db.update(operations).set({ createdAt: new Date(Date.now() - 301_000) });
    await api.stop();
    api = await startTestApi(at.store);
    expect(named(await look(), 'operations')).toMatchObject({
      state: 'warn',
      text: expect.stringContaining(`capture c1 of order ${payment.orderReference}`),
    });
    const list = async (query: string) =>
      (await api.send('GET', `/v1/operations?${query}`, { key: API_KEY })).json.data as unknown[];
    expect(await list('status=pending')).toMatchObject([
      { kind: 'capture', reference: 'c1', status: 'pending', amount: 4_000, payment: payment.id },
    ]);
    expect(await list('status=pending&kind=refund')).toEqual([]);
    expect(await list('status=done')).toEqual([]);
    const figures = (await api.send('GET', '/metrics')).text;
    expect(figures).toMatch(/paidonce_open_operations\{status="pending"\} 1/);
    expect(figures).toMatch(/paidonce_open_operation_oldest_seconds 30\d/);
  });

  it('uses the last figures while the store is away, and says where they are too old', async () => {
    const judged = async (agoMs: number | null) => {
      await api.stop();
      let now = Date.now();
      api = await startTestApi(at.store, {}, { rememberedMs: 0, now: () => now });
      if (agoMs !== null) await api.send('GET', '/metrics');
      api.troubles.mood = 'down';
      now += agoMs ?? 0;
      const found = await look();
      expect(named(found, 'store')).toMatchObject({ state: 'fail' });
      return named(found, 'reviews');
    };
    expect(await judged(20_000)).toMatchObject({ state: 'ok', text: 'none' });
    expect(await judged(45_000)).toMatchObject({
      state: 'warn',
      text: "can't be checked: the figures were read 45 s ago",
      todo: expect.stringContaining('"store"'),
    });
    expect(await judged(null)).toMatchObject({ state: 'warn', text: expect.stringContaining('never read') });
  });

  it("names updates that keep failing, with the shop's answers", async () => {
    const payment = await aPaidPayment(at.store.db);
    await at.store.db.delete(outbox);
    const rows = Array.from({ length: 5 }, (_, index) => ({
      effectId: `100${index}/order.paid`,
      type: 'order.paid',
      orderReference: `100${index}`,
      paymentId: payment.id,
      sequence: 1,
      body: '{}',
      state: 'pending',
      attempts: index === 4 ? 1 : 7,
      lastAnswer: '502',
    }));
    await at.store.db.insert(outbox).values(rows);
    expect(named(await look(), 'failing updates')).toMatchObject({
      state: 'fail',
      text: expect.stringMatching(/100\d\/order.paid \(7 times, last: 502\).*, and 1 more$/),
      commands: expect.arrayContaining([
        expect.stringMatching(/^paidonce redeliver 100\d\/order.paid --reason /),
      ]),
    });
  });

  it('reports that nothing can be opened after three failures in a row, as /readyz does', async () => {
    api.runs.answers.open = () => Promise.reject(new RunsUnavailable('no worker'));
    for (const n of [1, 2, 3]) {
      expect((await api.send('GET', '/readyz')).json).toMatchObject({ status: 'ready', openings: 'ok' });
      expect((await api.post('/v1/payments', anOrderBody(`none-${n}`))).status).toBe(503);
    }
    expect(await api.send('GET', '/readyz')).toMatchObject({
      status: 200,
      json: { status: 'degraded', openings: 'failing' },
    });
    expect(named(await look(), 'openings')).toMatchObject({ state: 'fail' });
    expect((await api.send('GET', '/metrics')).text).toContain(
      'paidonce_openings_total{outcome="unavailable"} 3',
    );
  });

  it('is the output of paidonce doctor, which needs only an address and a key', async () => {
    process.env = {
      PATH: process.env['PATH'],
      PUBLIC_URL: `http://127.0.0.1:${api.port}`,
      API_KEYS: API_KEY,
    };
    const code = await runCommand(['doctor']);
    const { output } = terminal;
    process.env = { ...process.env, API_KEYS: 'another-key-of-more-than-24-characters' };
    const refused = await runCommand(['doctor']);
    process.env = { ...process.env, PUBLIC_URL: 'http://127.0.0.1:1' };
    const alone = await runCommand(['doctor']);
    const { complaints } = terminal;
    expect([code, refused, alone]).toEqual([1, 2, 2]);
    expect(output).toContain('ok    configuration: of the service at http://127.0.0.1:');
    expect(output).toContain('dintero account T12345678 (test)');
    expect(output).toContain('fail  dintero credentials: ');
    expect(output).toContain('ok    API key: the first of 1 is accepted');
    expect(complaints).toContain('unauthorized');
    expect(complaints).toContain('no answer from http://127.0.0.1:1');
    expect(complaints).toContain('gateway: none is configured; set DINTERO_ACCOUNT_ID');
  }, 30_000);
});

describe('openings', () => {
  let openings: Openings;
  beforeEach(() => {
    openings = createOpenings(createMetrics());
  });

  it.each(['opened', 'known', 'refused'] as const)('are healthy again after one that is %s', (outcome) => {
    for (let count = 0; count < 4; count += 1) openings.note('unavailable');
    expect(openings.failing()).toBe(4);
    openings.note(outcome);
    expect(openings.failing()).toBe(0);
  });

  it('are not reported after two minutes without a payer', () => {
    for (let count = 0; count < 3; count += 1) openings.note('unavailable');
    expect(openings.failing(Date.now() + 121_000)).toBe(0);
  });
});
