/** The figures of `/metrics` after events. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { startAdmin } from '../../src/api/http/server.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { recordCompletePass } from '../../src/store/sweeps.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { payments } from '../../src/store/schema/order-tables.ts';
import { aCallback, API_KEY, SECRETS, sendRaw, startTestApi } from '../support/api.ts';
import { ACCOUNT, aDelivery, aFinding, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';
import { beginAtZero } from '../../src/telemetry/begin-at-zero.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { VERSION } from '../../src/lib/version.ts';
import { freePort } from '../support/ports.ts';

describe('/metrics', () => {
  const at = useTestApi();

  async function figures(): Promise<Map<string, number>> {
    const { text, headers } = await at.api.send('GET', '/metrics');
    expect(headers['content-type']).toMatch(/^text\/plain/);
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Map(
      lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  }

  it('counts and times answers by route and status, and never by address', async () => {
    const { id } = await aPayment(at.store.db);
    for (const path of [`/v1/payments/${id}`, '/v1/payments/pay_none', '/v1/nothing', '/nothing-at-all'])
      await at.api.send('GET', path, { key: API_KEY });
    await at.api.send('GET', '/v1/payments');
    const found = await figures();
    const of = (route: string, status: number) =>
      found.get(`paidonce_http_requests_total{route="${route}",status="${status}"}`);
    expect(of('/v1/payments/:id', 200)).toBe(1);
    expect(of('/v1/payments/:id', 404)).toBe(1);
    expect(of('none', 404)).toBe(2);
    expect(of('none', 401)).toBe(1);
    expect(found.get('paidonce_http_request_seconds_count{route="/v1/payments/:id"}')).toBe(2);
    expect([...found.keys()].join()).not.toMatch(/pay_none|nothing-at-all/);
  });

  it('has the running build', async () => {
    const version = (await figures()).get(
      `paidonce_build_info{version="${VERSION}",node="${process.versions.node}"}`,
    );
    expect(version).toBe(1);
  });

  it('has every series of the alerts from the start', async () => {
    const metrics = createMetrics();
    beginAtZero(metrics, ['dintero']);
    const text = await metrics.registry.metrics();
    for (const series of [
      'paidonce_deliveries_total{gateway="dintero",outcome="unavailable"} 0',
      'paidonce_deliveries_total{gateway="dintero",outcome="stale"} 0',
      'paidonce_deliveries_total{gateway="dintero",outcome="refused",reason="wrong_signature"} 0',
      'paidonce_deliveries_total{gateway="dintero",outcome="ignored",reason="unclear"} 0',
      'paidonce_callbacks_missed_total{gateway="dintero"} 0',
      'paidonce_namespace_repairs_total{outcome="failed"} 0',
      'paidonce_outcomes_total{status="REVIEW"} 0',
      'paidonce_merchant_updates_total{type="order.paid",outcome="gave_up"} 0',
    ])
      expect(text).toContain(series);
  });

  it('counts callbacks by outcome, and by which secret signed them', async () => {
    const payment = await aPayment(at.store.db);
    const send = (changes: Parameters<typeof aCallback>[1]) => {
      const { method, target, headers } = aCallback(payment, changes);
      return at.api.send(method, target, { headers });
    };
    await send({ delivery: 'a' });
    await send({ delivery: 'a' });
    await send({ secret: SECRETS[1], delivery: 'b' });
    await send({ age: 4_000, delivery: 'c' });
    await send({ secret: null });
    await send({ secret: 'wrong' });
    await send({ query: { payment: undefined, order: undefined, n: undefined } });
    await at.api.send('GET', '/callbacks/dintero');
    const found = await figures();
    const of = (labels: string) => found.get(`paidonce_deliveries_total{gateway="dintero",${labels}}`);
    expect(of('outcome="accepted"')).toBe(2);
    expect(of('outcome="duplicate"')).toBe(1);
    expect(of('outcome="stale"')).toBe(1);
    expect(of('outcome="ignored",reason="foreign"')).toBe(1);
    expect(of('outcome="malformed"')).toBe(1);
    expect(of('outcome="refused",reason="no_signature"')).toBe(1);
    expect(of('outcome="refused",reason="wrong_signature"')).toBe(1);
    expect(
      found.get('paidonce_signature_secret_hits_total{gateway="dintero",kind="session",secret="1"}'),
    ).toBe(1);
    expect(found.get('paidonce_callback_acknowledged_seconds_count')).toBe(5);
  });

  it.each(['answers', 'answers 500', 'is silent', 'is gone'] as const)(
    "is not delayed by the SDK's own figures, where their server %s",
    async (how) => {
      const server = createServer((_, response) => {
        if (how === 'is silent') return;
        response.writeHead(how === 'answers' ? 200 : 500);
        response.end('temporal_worker_task_slots_available 3\n');
      });
      const port = await new Promise<number>((resolve) =>
        server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
      );
      if (how === 'is gone') server.close();
      at.api.service.metrics.sdk.port = port;
      const { status, ms } = await at.api.send('GET', '/metrics');
      expect(status).toBe(200);
      expect(ms).toBeLessThan(3_000);
      const found = await figures();
      expect(found.get('temporal_worker_task_slots_available')).toBe(how === 'answers' ? 3 : undefined);
      expect(found.get('paidonce_store_up')).toBe(1);
      at.api.service.metrics.sdk.port = null;
      server.closeAllConnections();
      server.close();
    },
  );

  it('has the figures that only the store knows', async () => {
    await at.store.db.delete(deliveries);
    await at.store.db.delete(payments);
    const [review, hold, , paid] = [
      await aPayment(at.store.db),
      await aPayment(at.store.db),
      await aPayment(at.store.db),
      await aPayment(at.store.db),
    ];
    await recordFinding(
      at.store.db,
      aRecord(review, { finding: aFinding('REVIEW', { review: 'amount_mismatch' }) }),
      TELLS,
    );
    await recordFinding(at.store.db, aRecord(hold, { finding: aFinding('ON_HOLD') }), TELLS);
    await recordFinding(at.store.db, aRecord(paid), TELLS);
    await at.store.db
      .update(payments)
      .set({ reviewSince: sql`now() - interval '2 hours'` })
      .where(sql`status = 'REVIEW'`);
    await logDelivery(at.store.db, aDelivery(review));
    await at.store.db.update(deliveries).set({ receivedAt: sql`now() - interval '1 minute'` });
    await stampGateway(at.store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
    const pass = { gateway: 'dintero', startedAt: new Date(), pages: 1, found: 3, foreign: 2 };
    await recordCompletePass(at.store.db, { ...pass, listing: 'created' });
    await recordCompletePass(at.store.db, { ...pass, listing: 'captured', found: 0 });
    const ofCreated = 'gateway="dintero",listing="created"';
    const found = await figures();
    expect(found.get('paidonce_store_up')).toBe(1);
    expect(found.get('paidonce_review_payments')).toBe(1);
    expect(found.get('paidonce_review_oldest_seconds')).toBeGreaterThanOrEqual(7_200);
    expect(found.get('paidonce_open_payments{status="PENDING"}')).toBe(1);
    expect(found.get('paidonce_open_payments{status="ON_HOLD"}')).toBe(1);
    expect(found.get('paidonce_outbox_pending')).toBe(3);
    expect(found.get('paidonce_unhandled_delivery_oldest_seconds')).toBeGreaterThanOrEqual(60);
    expect(found.get(`paidonce_sweep_finds_total{${ofCreated}}`)).toBe(3);
    expect(found.get(`paidonce_sweep_foreign_transactions{${ofCreated}}`)).toBe(2);
    const last = 'paidonce_last_complete_sweep_timestamp_seconds';
    expect(found.get(`${last}{${ofCreated}}`)).toBeGreaterThan(Date.now() / 1_000 - 60);
    expect(found.get(`${last}{gateway="dintero",listing="captured"}`)).toBeGreaterThan(
      Date.now() / 1_000 - 60,
    );
  });

  it('still answers while the store hangs, and reports that it hangs', async () => {
    at.api.troubles.mood = 'hanging';
    expect((await figures()).get('paidonce_store_up')).toBe(0);
    at.api.troubles.mood = 'well';
    expect((await figures()).get('paidonce_store_up')).toBe(1);
  });

  it('queries the store once for all requests within some seconds, and reports the age of the figures', async () => {
    let now = Date.now();
    let asked = 0;
    const db = new Proxy(at.store.db, {
      get: (target, name) => {
        const member = Reflect.get(target, name) as unknown;
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          if (name === 'execute') asked += 1;
          return member.apply(target, args) as unknown;
        };
      },
    });
    const other = await startTestApi({ ...at.store, db }, {}, { now: () => now });
    const scrape = async () => {
      const { text } = await other.send('GET', '/metrics');
      const of = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? NaN);
      return { reviews: of('paidonce_review_payments'), age: of('paidonce_store_figures_age_seconds') };
    };
    const before = await scrape();
    const { id } = await aPayment(at.store.db);
    await at.store.db.update(payments).set({ status: 'REVIEW' }).where(eq(payments.id, id));
    const once = asked;
    expect(once).toBeGreaterThan(0);
    now += 9_000;
    expect(await Promise.all([scrape(), scrape()])).toEqual([
      { ...before, age: 9 },
      { ...before, age: 9 },
    ]);
    expect(asked).toBe(once);
    now += 1_000;
    const after = await Promise.all([scrape(), scrape(), scrape()]);
    expect(after).toEqual(after.map(() => ({ reviews: before.reviews + 1, age: 0 })));
    expect(asked).toBe(2 * once);
    await other.stop();
  });

  it('keeps the last figures while the store is away, with their age, and recovers as soon as it is back', async () => {
    let now = Date.now();
    const other = await startTestApi(at.store, {}, { now: () => now });
    const scrape = async () => (await other.send('GET', '/metrics')).text;
    other.troubles.mood = 'down';
    const never = await scrape();
    expect(never).toContain('paidonce_store_up 0');
    // test/e2e/sdk-figures.test.ts checks its value with a real Temporal.
    expect(never).toMatch(/^paidonce_temporal_up [01]$/m);
    expect(never).not.toMatch(/^paidonce_(review_payments|store_figures_age_seconds|outbox_pending) /m);
    other.troubles.mood = 'well';
    expect(await scrape()).toMatch(/^paidonce_store_up 1$/m);
    other.troubles.mood = 'down';
    now += 60_000;
    const away = await scrape();
    expect(away).toMatch(/^paidonce_store_up 0$/m);
    expect(away).toMatch(/^paidonce_store_figures_age_seconds 60$/m);
    expect(away).toMatch(/^paidonce_review_payments \d+$/m);
    other.troubles.mood = 'well';
    const back = await scrape();
    expect(back).toMatch(/^paidonce_store_up 1$/m);
    expect(back).toMatch(/^paidonce_store_figures_age_seconds 0$/m);
    await other.stop();
  });

  it('is served at the admin port only, where one is set', async () => {
    const adminPort = await freePort();
    const other = await startTestApi(at.store, { ADMIN_PORT: String(adminPort) });
    expect(await other.send('GET', '/metrics', { key: API_KEY })).toMatchObject({ status: 404 });
    const stopAdmin = await startAdmin(other.service, adminPort);
    const answers = [
      await sendRaw(adminPort, 'GET', '/metrics'),
      await sendRaw(adminPort, 'GET', '/healthz'),
      await sendRaw(adminPort, 'GET', '/v1/payments', { key: API_KEY }),
    ];
    await stopAdmin();
    await other.stop();
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
    expect(answers[0]?.text).toContain('paidonce_store_up');
  });

  it('is not served where none is set', async () => {
    const other = await startTestApi(at.store, { ADMIN_PORT: undefined });
    expect(await other.send('GET', '/metrics')).toMatchObject({ status: 404 });
    await other.stop();
  });
});
