/** `GET /v1/system/…`: what the service is made of and how it is set up, also while a part of it is away. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { startReports, type Self } from '../../../src/background/reports.ts';
import { ALERTS } from '../../../src/health/alerts.ts';
import { fingerprintOf } from '../../../src/lib/fingerprint.ts';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import { newId } from '../../../src/store/new-ids.ts';
import { forgetProcess, pruneProcesses } from '../../../src/store/processes.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { processes, storeSizes } from '../../../src/store/schema/system-tables.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { noteStoreSize, pruneSizes } from '../../../src/store/store-size.ts';
import { API_KEY, SECRETS } from '../../support/api.ts';
import { aDelivery, aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 86_400_000;
const HOST = fingerprintOf(hostname());
const UPDATE_SECRETS = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'];
const REMOVED = fingerprintOf('a-secret-of-before');

const at = useTestApi({
  SWEEP_INTERVAL: '10m',
  SWEEP_INTERVALL: '1m',
  ORDER_WEBHOOK_URL: 'https://user:word@shop.example/hook?token=abc',
  ORDER_WEBHOOK_SECRETS: UPDATE_SECRETS.join(','),
});

const ask = (part: string) => at.api.send('GET', `/v1/system/${part}`, { key: API_KEY });

function aSelf(changes: Partial<Self> = {}): Self {
  const about = { host: HOST, pid: process.pid, version: '0.1.0', build: null, node: '20.19.2' };
  return { id: newId('prc'), role: 'api+worker', startedAt: new Date(), ...about, ...changes };
}

/** Reports as a process does. */
function started(changes: Partial<Self> = {}): { self: Self; stop: () => Promise<void> } {
  const self = aSelf(changes);
  const { log, metrics, store } = at.api.service;
  return { self, stop: startReports({ db: store.db, log, metrics, self }) };
}

async function processNamed(id: string): Promise<Record<string, unknown> | undefined> {
  const { json } = await ask('processes');
  return (json.data as { id: string }[]).find((one) => one.id === id);
}

describe('the processes', () => {
  it('report themselves at once, and leave the list when they stop', async () => {
    const { self, stop } = started({ build: 'b7' });
    await until('it is listed', async () => (await processNamed(self.id)) !== undefined);
    expect(await processNamed(self.id)).toMatchObject({
      roles: ['api', 'worker'],
      state: 'running',
      host: HOST,
      pid: process.pid,
      build: 'b7',
      // This Temporal does not tell.
      polls: null,
    });
    expect((await processNamed(self.id))?.['memoryBytes']).toBeGreaterThan(20_000_000);
    await stop();
    expect(await processNamed(self.id)).toBeUndefined();
  });

  it('are gone once they are not seen for 90 seconds, and forgotten after a day', async () => {
    const { self, stop } = started();
    await until('it is listed', async () => (await processNamed(self.id)) !== undefined);
    const seen = (ago: string) =>
      at.store.db
        .update(processes)
        .set({ seenAt: sql`now() - ${ago}::interval` })
        .where(eq(processes.id, self.id));
    await seen('80 seconds');
    expect(await processNamed(self.id)).toMatchObject({ state: 'running' });
    await seen('95 seconds');
    expect(await processNamed(self.id)).toMatchObject({ state: 'gone' });
    await pruneProcesses(at.store.db);
    expect(await processNamed(self.id)).toBeDefined();
    await seen('25 hours');
    await pruneProcesses(at.store.db);
    expect(await processNamed(self.id)).toBeUndefined();
    await stop();
  });

  it('are known to poll or not by what Temporal sees', async () => {
    const [polling, other, api] = [
      started(),
      started({ pid: process.pid + 1 }),
      started({ role: 'api', pid: process.pid }),
    ];
    const lastAccessTime = { seconds: Math.floor(Date.now() / 1_000) };
    const identity = `${process.pid}@${hostname()}`;
    const { workflowService } = at.api.service.connection;
    Object.assign(workflowService, {
      describeTaskQueue: () => Promise.resolve({ pollers: [{ identity, lastAccessTime }] }),
    });
    await until('all are listed', async () => (await processNamed(api.self.id)) !== undefined);
    expect((await processNamed(polling.self.id))?.['polls']).toBe(true);
    expect((await processNamed(other.self.id))?.['polls']).toBe(false);
    expect((await processNamed(api.self.id))?.['polls']).toBeNull();
    Object.assign(workflowService, { describeTaskQueue: () => Promise.reject(new Error('14 UNAVAILABLE')) });
    expect((await processNamed(polling.self.id))?.['polls']).toBeNull();
    for (const { stop } of [polling, other, api]) await stop();
  });

  it.each(['down', 'hanging'] as const)('are not held up by a store that is %s', async (mood) => {
    at.api.troubles.mood = mood;
    const begun = performance.now();
    const { self, stop } = started();
    await stop();
    expect(performance.now() - begun).toBeLessThan(6_000);
    at.api.troubles.mood = 'well';
    await forgetProcess(at.store.db, self.id);
  });
});

describe('the secrets', () => {
  const signed = async (secret: string, daysAgo: readonly number[]): Promise<void> => {
    const payment = await aPayment(at.store.db);
    for (const days of daysAgo) {
      const { id } = await logDelivery(at.store.db, aDelivery(payment, { secret }));
      const lastReceivedAt = new Date(Date.now() - days * DAY_MS);
      await at.store.db.update(deliveries).set({ lastReceivedAt }).where(eq(deliveries.id, id));
    }
  };

  it('are listed by place and fingerprint, with what may be removed, and never as they are', async () => {
    const [newest, older] = SECRETS.map(fingerprintOf);
    await signed(REMOVED, [40, 30]);
    await signed(older ?? '', [30, 10]);
    expect(await listed()).toMatchObject([
      { place: 0, fingerprint: newest, state: 'unused', firstSignedAt: null },
      { place: 1, fingerprint: older, state: 'old', retirableSince: null },
      { place: null, variable: null, fingerprint: REMOVED, state: 'removed' },
      { gateway: null, variable: 'ORDER_WEBHOOK_SECRETS', place: 0, state: 'signs' },
      { gateway: null, variable: 'ORDER_WEBHOOK_SECRETS', place: 1, state: 'signs' },
    ]);
    await signed(newest ?? '', [9, 0]);
    const [first, second] = await listed();
    expect(first).toMatchObject({ state: 'signs', kind: 'session', variable: 'DINTERO_SIGNATURE_SECRETS' });
    expect(second).toMatchObject({ state: 'retirable' });
    const days = (from: unknown) => Math.round((Date.now() - Date.parse(String(from))) / DAY_MS);
    expect(days(first?.['firstSignedAt'])).toBe(9);
    expect(days(second?.['lastSignedAt'])).toBe(10);
    expect(days(second?.['retirableSince'])).toBe(8);
    const { text } = await ask('secrets');
    for (const secret of [...SECRETS, ...UPDATE_SECRETS]) expect(text).not.toContain(secret.slice(-12));
  });

  const listed = async (): Promise<Record<string, unknown>[]> => (await ask('secrets')).json.data;
});

describe('the settings', () => {
  it('have their value and where it is from; of a secret only that it is set', async () => {
    const { json, text } = await ask('settings');
    const of = (name: string) => json.data.find((one: { name: string }) => one.name === name);
    expect(of('SWEEP_INTERVAL')).toEqual({
      name: 'SWEEP_INTERVAL',
      value: '10m',
      source: 'environment',
      isSecret: false,
    });
    expect(of('ON_HOLD_POLL_INTERVAL')).toMatchObject({ value: '1h', source: 'default' });
    expect(of('RETENTION_DELIVERIES')).toMatchObject({ value: '400d', source: 'default' });
    expect(of('WORKER_CACHED_RUNS')).toMatchObject({ value: '1000', source: 'default' });
    expect(of('RETURN_URL_SCHEMES')).toMatchObject({ value: 'https,http', source: 'default' });
    expect(of('RETENTION_TIMELINE')).toMatchObject({ value: null, source: 'unset' });
    expect(of('DINTERO_IP_POLICY')).toMatchObject({ value: 'report', source: 'default' });
    expect(of('DINTERO_SIGNATURE_SECRETS')).toMatchObject({ value: 'set (2 values)', isSecret: true });
    expect(of('ORDER_WEBHOOK_URL')).toMatchObject({ value: 'set', isSecret: true });
    expect(of('DATABASE_URL')).toMatchObject({ value: null, source: 'unset', isSecret: true });
    expect(of('STRIPE_API_URL')).toBeUndefined();
    for (const secret of [
      ...SECRETS,
      ...UPDATE_SECRETS,
      API_KEY,
      'a-client-secret',
      'token=abc',
      'user:word',
    ])
      expect(text).not.toContain(secret);
  });

  it('name what has no effect, with what was probably meant', async () => {
    const { json } = await ask('settings');
    expect(json.unknown).toEqual([{ name: 'SWEEP_INTERVALL', nearest: 'SWEEP_INTERVAL' }]);
  });
});

describe('the store', () => {
  it('shows its migrations, its size, and its growth once that is known', async () => {
    await at.store.db.delete(storeSizes);
    await noteStoreSize(at.store.db);
    await noteStoreSize(at.store.db);
    const [row, ...others] = await at.store.db.select().from(storeSizes);
    expect(others).toEqual([]);
    const { json } = await ask('store');
    expect(json).toMatchObject({ migrations: { state: 'current' }, daysUntilFull: null, freeBytes: null });
    expect(json.migrations.applied).toBe(json.migrations.expected);
    expect(json.bytes).toBeGreaterThan(1_000_000);
    const hour = sql`date_trunc('hour', now()) - interval '48 hours'`;
    await at.store.db.insert(storeSizes).values({ hour, bytes: (row?.bytes ?? 0) - 4_000_000 } as never);
    const { growthBytesPerDay: growth } = (await ask('store')).json;
    expect(growth).toBeGreaterThan(1_500_000);
    expect(growth).toBeLessThan(4_000_000);
    await at.store.db.update(storeSizes).set({ hour: sql`hour - interval '33 days'` });
    await pruneSizes(at.store.db);
    expect(await at.store.db.select().from(storeSizes)).toEqual([]);
  });
});

describe('the figures', () => {
  const figure = async (name: string) =>
    (await ask('figures')).json.data.find((one: { name: string }) => one.name === name);

  it('stand beside the thresholds of their alerts', async () => {
    expect(await figure('paidonce_store_up')).toMatchObject({ value: 1, alertBelow: 1, state: 'ok' });
    expect(await figure('paidonce_outbox_oldest_seconds')).toMatchObject({ alertAbove: 600, state: 'ok' });
    const payment = await aPaidPayment(at.store.db);
    await at.store.db
      .update(outbox)
      .set({ createdAt: sql`now() - interval '11 minutes'` })
      .where(eq(outbox.paymentId, payment.id));
    const late = await figure('paidonce_outbox_oldest_seconds');
    expect(late).toMatchObject({ state: 'alert', severity: 'ticket', unit: 'seconds' });
    expect(late.value).toBeGreaterThan(650);
  });

  it('have the thresholds of deploy/rules', () => {
    const rules = readFileSync(
      join(import.meta.dirname, '..', '..', '..', 'deploy', 'rules', 'paidonce.yml'),
      'utf8',
    );
    const lines = rules.split('\n').filter((line) => line.includes('expr:') || /^ {10,}/.test(line));
    for (const { name, threshold } of ALERTS) {
      const comparisons = lines
        .filter((line) => line.includes(name))
        .flatMap((line) => /\)\)? (>|==) ([\d *]+)$/.exec(line.trim())?.slice(1).join(' ') ?? []);
      const wanted =
        'below' in threshold ? '== 0' : name.endsWith('_stopped') ? '== 1' : `> ${threshold.above}`;
      const written = comparisons.map((text) => text.replace('2 * 86400', '172800'));
      expect([name, written]).toEqual([name, expect.arrayContaining([wanted])]);
    }
  });

  it('that should be there and are not are unknown, and those of a store that is away alert', async () => {
    at.api.troubles.mood = 'down';
    expect(await figure('paidonce_store_up')).toMatchObject({ value: 0, state: 'alert', severity: 'page' });
    expect(await figure('paidonce_gateway_clock_skew_seconds')).toMatchObject({
      value: null,
      state: 'unknown',
    });
  });
});

it('each part that is away says so, and the others still answer', async () => {
  at.api.troubles.mood = 'down';
  at.api.runs.temporal = 'down';
  const statuses = async () =>
    Object.fromEntries(
      await Promise.all(
        ['processes', 'temporal', 'secrets', 'settings', 'store', 'figures'].map(async (part) => {
          const { status, json } = await ask(part);
          return [part, status === 200 ? 200 : `${status} ${json.code}`] as const;
        }),
      ),
    );
  const away = '503 unavailable';
  expect(await statuses()).toEqual({
    processes: away,
    temporal: away,
    secrets: away,
    settings: 200,
    store: away,
    figures: 200,
  });
  at.api.runs.temporal = 'hanging';
  expect((await ask('temporal')).status).toBe(503);
});
