/** `GET /v1/gateways`, and `/calls` and `/sweeps` of each. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { startReports } from '../../../src/background/reports.ts';
import { addCalls, pruneCalls, type CountedCalls } from '../../../src/store/gateway-calls.ts';
import { newId } from '../../../src/store/new-ids.ts';
import { gatewayCalls, sweepPasses } from '../../../src/store/schema/system-tables.ts';
import { beginPasses, noteFailedPass, prunePasses } from '../../../src/store/sweep-passes.ts';
import { recordCompletePass } from '../../../src/store/sweeps.ts';
import { API_KEY } from '../../support/api.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';

const MINUTE_MS = 60_000;
const at = useTestApi({ SWEEP_INTERVAL: '5m' });

const ask = (path: string) => at.api.send('GET', `/v1/gateways/${path}`, { key: API_KEY });

/** The beginning of a minute, so many minutes ago. */
const ago = (minutes: number) =>
  new Date(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - minutes * MINUTE_MS);

describe('the calls to a gateway', () => {
  const some = (minutes: number, outcome: string, calls: number, step: number): CountedCalls => ({
    minute: ago(minutes).toISOString(),
    gateway: 'dintero',
    operation: 'capture',
    outcome,
    step,
    calls,
    totalMs: calls * 100,
  });

  beforeEach(() => at.store.db.delete(gatewayCalls));

  it('are counted where they are made, and written by the process when it stops', async () => {
    const { gateways, metrics, log, store } = at.api.service;
    const self = { id: newId('prc'), role: 'api', host: 'h', pid: 1, version: '0', build: null, node: '20' };
    const stop = startReports({ db: store.db, log, metrics, self: { ...self, startedAt: new Date() } });
    // Nobody listens at its address.
    await expect(gateways.named('dintero').checkCredentials()).rejects.toThrow('no answer');
    expect((await ask('dintero/calls')).json.data).toEqual([]);
    await stop();
    const { json } = await ask('dintero/calls');
    expect(json).toMatchObject({ gateway: 'dintero', bucket: '1m' });
    expect(json.data).toMatchObject([{ operation: 'token', calls: 1, silent: 1, ok: 0 }]);
    expect(json.data[0].buckets).toHaveLength(1);
  });

  it('of all processes add up, by minute and outcome, with the time that 95 % of them took', async () => {
    await addCalls(at.store.db, [some(10, 'ok', 90, 20), some(10, 'silent', 2, 40)]);
    await addCalls(at.store.db, [
      some(10, 'ok', 5, 20),
      some(9, 'ok', 3, 10),
      some(9, 'rate_limited', 1, 10),
    ]);
    const { json } = await ask('dintero/calls');
    expect(json.data).toEqual([
      {
        operation: 'capture',
        calls: 101,
        ok: 98,
        rejected: 0,
        silent: 2,
        credentials: 0,
        rateLimited: 1,
        p95Ms: 99,
        meanMs: 100,
        buckets: [
          expect.objectContaining({ at: ago(10).toISOString(), calls: 97, ok: 95, silent: 2 }),
          expect.objectContaining({ at: ago(9).toISOString(), calls: 4, ok: 3, rateLimited: 1, p95Ms: 10 }),
        ],
      },
    ]);
  });

  it('are those of the asked period, in the smallest buckets that can be read', async () => {
    await addCalls(at.store.db, [some(61, 'ok', 1, 1), some(1_500, 'ok', 1, 1), some(5, 'ok', 1, 1)]);
    const total = async (query: string) => {
      const { json } = await ask(`dintero/calls?${query}`);
      return [json.bucket, json.data[0]?.calls];
    };
    expect(await total('')).toEqual(['1m', 1]);
    expect(await total(`from=${ago(1_440).toISOString()}`)).toEqual(['5m', 2]);
    expect(await total(`from=${ago(2_880).toISOString()}`)).toEqual(['1h', 3]);
    expect(await total(`from=${ago(70).toISOString()}&to=${ago(50).toISOString()}`)).toEqual(['1m', 1]);
    const wrong = await ask(`dintero/calls?from=${ago(1).toISOString()}&to=${ago(5).toISOString()}`);
    expect([wrong.status, wrong.json.errors[0].pointer]).toEqual([422, '/from']);
    const many = await ask(`dintero/calls?from=${ago(3_000).toISOString()}&bucket=1m`);
    expect([many.status, many.json.errors[0].detail]).toEqual([
      422,
      expect.stringContaining('larger buckets (5m or 1h)'),
    ]);
  });

  it('say when the credentials were accepted and refused last', async () => {
    expect((await ask('dintero/calls')).json.credentials).toEqual({ acceptedAt: null, refusedAt: null });
    await addCalls(at.store.db, [
      some(200, 'credentials', 1, 1),
      some(90, 'rejected', 1, 1),
      some(3, 'silent', 1, 1),
    ]);
    expect((await ask('dintero/calls')).json.credentials).toEqual({
      acceptedAt: ago(90).toISOString(),
      refusedAt: ago(200).toISOString(),
    });
  });

  it('are forgotten after eight days', async () => {
    await addCalls(at.store.db, [some(8 * 1_440 + 1, 'ok', 1, 1), some(8 * 1_440 - 1, 'ok', 1, 1)]);
    await pruneCalls(at.store.db);
    expect(await at.store.db.select().from(gatewayCalls)).toHaveLength(1);
  });

  it('of a gateway that is not configured are 404, and 503 while the store is away', async () => {
    for (const part of ['calls', 'sweeps']) {
      expect((await ask(`none/${part}`)).json).toMatchObject({
        code: 'not_found',
        detail: expect.stringContaining('configured are: dintero'),
      });
      at.api.troubles.mood = 'down';
      expect((await ask(`dintero/${part}`)).status).toBe(503);
      at.api.troubles.mood = 'well';
    }
  });
});

describe('the sweeps of a gateway', () => {
  const INTERVAL_MS = 5 * MINUTE_MS;
  /** Some seconds after the beginning of an interval, so many intervals ago. */
  const began = (intervals: number) =>
    new Date(Math.floor(Date.now() / INTERVAL_MS) * INTERVAL_MS - intervals * INTERVAL_MS + 3_000);
  const sweep = (intervals: number, ...listings: string[]) =>
    beginPasses(at.store.db, { gateway: 'dintero', startedAt: began(intervals) }, listings);
  const complete = (intervals: number, listing: string, found = 0) =>
    recordCompletePass(at.store.db, {
      gateway: 'dintero',
      startedAt: began(intervals),
      listing,
      pages: 2,
      found,
      foreign: 1,
    });
  const failed = (intervals: number, listing: string) =>
    noteFailedPass(at.store.db, {
      gateway: 'dintero',
      startedAt: began(intervals),
      listing,
      failure: 'Dintero list: answered 503',
    });
  const states = async () =>
    (await ask('dintero/sweeps')).json.data.map(({ state, finds }: { state: string; finds: number }) => [
      state,
      finds,
    ]);

  beforeEach(() => at.store.db.delete(sweepPasses));

  it('are one for each interval from the first known one on, newest first', async () => {
    expect(await states()).toEqual([]);
    await sweep(6, 'created');
    await complete(6, 'created', 3);
    await sweep(4, 'created', 'captured');
    await complete(4, 'created');
    await failed(4, 'captured');
    await sweep(3, 'created');
    await failed(3, 'created');
    await sweep(2, 'created', 'captured');
    await complete(2, 'created', 1);
    await complete(2, 'captured', 1);
    await sweep(1, 'created');
    expect(await states()).toEqual([
      ['running', 0],
      ['complete', 2],
      ['failed', 0],
      ['partial', 0],
      ['missed', 0],
      ['complete', 3],
    ]);
    const { json } = await ask('dintero/sweeps?limit=3');
    expect(json.data).toHaveLength(2);
    expect(json.data[1].passes[0]).toMatchObject({
      listing: 'captured',
      pages: 2,
      finds: 1,
      foreign: 1,
      failure: null,
    });
    expect(json.listings.find(({ listing }: { listing: string }) => listing === 'created')).toMatchObject({
      every: 'sweep',
      isLate: false,
      finds: 4,
    });
  });

  it('that never ended are failed once the next one has begun, and one that is read at last is complete', async () => {
    await sweep(2, 'created');
    await sweep(1, 'created');
    await failed(1, 'created');
    expect(await states()).toEqual([
      ['failed', 0],
      ['failed', 0],
    ]);
    await complete(1, 'created', 1);
    // A try that was slower says nothing any more.
    await failed(1, 'created');
    expect((await states())[0]).toEqual(['complete', 1]);
  });

  it('are forgotten after eight days', async () => {
    await sweep(9 * 288, 'created');
    await prunePasses(at.store.db);
    expect(await at.store.db.select().from(sweepPasses)).toEqual([]);
  });
});

describe('the page of a transaction', () => {
  const itself = useTestApi({
    DINTERO_API_URL: undefined,
    DINTERO_CHECKOUT_URL: undefined,
    STRIPE_ACCOUNT_ID: 'acct_1A2b3C4d5E6f7G8h',
    STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef',
    STRIPE_WEBHOOK_SECRETS: 'whsec_0123456789abcdef',
  });
  const pagesOf = async (api: typeof at.api) => {
    const { json } = await api.send('GET', '/v1/gateways', { key: API_KEY });
    return json.data.map(({ transactionPage }: { transactionPage: string | null }) => transactionPage);
  };

  it('is at the gateway itself, for the account and its mode', async () => {
    expect(await pagesOf(itself.api)).toEqual([
      'https://backoffice.dintero.com/T12345678/payments/transactions/{transaction}',
      'https://dashboard.stripe.com/test/payments/{transaction}',
    ]);
  });

  it('is not there where a sandbox is called', async () => {
    expect(await pagesOf(at.api)).toEqual([null]);
  });

  it('is linked from the page of its order', async () => {
    const { orderReference, transactionId } = await aPaidPayment(itself.store.db);
    const ada = await Visitor.signedIn(itself.api, API_KEY);
    const { text } = await ada.get(`/orders/${orderReference}`);
    expect(text).toContain(
      `href="https://backoffice.dintero.com/T12345678/payments/transactions/${transactionId}"`,
    );
  });
});
