/**
 * `npm run prove:store -- [--payments N] [--ms N]`: the frequent statements, on a million payments in a
 * PostgreSQL with its default durability. Each must answer within 20 ms. For one that does not, the plan is
 * printed, and the exit code is 1.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import type * as Audit from '../../src/store/audit.ts';
import type * as Deliveries from '../../src/store/deliveries.ts';
import type * as Expiring from '../../src/store/expiring-authorizations.ts';
import type * as ForgottenOperations from '../../src/store/forgotten-operations.ts';
import type * as Health from '../../src/store/store-health.ts';
import type * as Lists from '../../src/store/lists.ts';
import type * as Open from '../../src/store/open.ts';
import type * as Redelivery from '../../src/store/redelivery.ts';
import type * as Retention from '../../src/store/retention.ts';
import type * as Search from '../../src/store/search.ts';
import type * as Sweeps from '../../src/store/sweeps.ts';
import type * as UntoldUpdates from '../../src/store/untold-updates.ts';
import type * as Wakes from '../../src/store/wakes.ts';
import { CORE } from '../stand/built.ts';
import { startDatabase } from '../stand/measured-child.ts';
import { seedYears } from './seed.ts';

/** The functions themselves, of the proved build. */
const compiled = <Module>(name: string): Promise<Module> =>
  import(join(CORE, 'store', `${name}.js`)) as Promise<Module>;

const { listAudit } = await compiled<typeof Audit>('audit');
const { claimUnsignalled } = await compiled<typeof Deliveries>('deliveries');
const { findExpiring } = await compiled<typeof Expiring>('expiring');
const { takeForgotten } = await compiled<typeof ForgottenOperations>('forgotten-operations');
const { countLive, readFigures } = await compiled<typeof Health>('health');
const { listDeliveries, listPayments, pageOfOperations, pageOfUpdates } =
  await compiled<typeof Lists>('lists');
const { openStore } = await compiled<typeof Open>('open');
const { gaveUpSince, waitingSince } = await compiled<typeof Redelivery>('redelivery');
const { forgetSlice } = await compiled<typeof Retention>('retention');
const { search } = await compiled<typeof Search>('search');
const { findUnwatched, readMarks } = await compiled<typeof Sweeps>('sweeps');
const { findAbandoned, findUntold } = await compiled<typeof UntoldUpdates>('untold-updates');
const { takeUnwoken } = await compiled<typeof Wakes>('wakes');

const REPEATS = 7;
const EXPLAINING =
  '-c session_preload_libraries=auto_explain -c auto_explain.log_min_duration=0 -c auto_explain.log_analyze=on -c auto_explain.log_level=notice';

const { values } = parseArgs({
  options: { payments: { type: 'string', default: '1000000' }, ms: { type: 'string', default: '20' } },
});
const limitMs = Number(values.ms);

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();
const page = { limit: 20 };

type Asked = readonly [name: string, ask: (db: Open.Db) => Promise<unknown>];

const ASKED: readonly Asked[] = [
  ['figures of /metrics', (db) => readFigures(db)],
  ['marks of the sweeps', (db) => readMarks(db)],
  ['live payments by gateway', (db) => countLive(db)],
  ['payments, the newest', (db) => listPayments(db, page)],
  ['payments of an order', (db) => listPayments(db, { ...page, order: 'order-500000' })],
  ['payments created within the hour', (db) => listPayments(db, { ...page, createdAfter: ago(HOUR_MS) })],
  [
    'payments created within a year',
    (db) => listPayments(db, { ...page, createdAfter: ago(365 * 24 * HOUR_MS) }),
  ],
  [
    'payments created after tomorrow: none',
    (db) => listPayments(db, { ...page, createdAfter: ago(-24 * HOUR_MS) }),
  ],
  ['payments in REVIEW', (db) => listPayments(db, { ...page, status: 'REVIEW' })],
  ['payments ON_HOLD', (db) => listPayments(db, { ...page, status: 'ON_HOLD' })],
  ['payments EXPIRED', (db) => listPayments(db, { ...page, status: 'EXPIRED' })],
  ['payments VOIDED: none', (db) => listPayments(db, { ...page, status: 'VOIDED' })],
  ['payments for a person', (db) => listPayments(db, { ...page, review: 'true' })],
  ['payments of a gateway that there is not', (db) => listPayments(db, { ...page, gateway: 'none' })],
  ['payments that lapse soon', (db) => listPayments(db, { ...page, expiringBefore: ago(-48 * HOUR_MS) })],
  ['deliveries, the newest', (db) => listDeliveries(db, page)],
  ['deliveries refused', (db) => listDeliveries(db, { ...page, outcome: 'refused' })],
  ['deliveries ignored: none', (db) => listDeliveries(db, { ...page, outcome: 'ignored' })],
  ['deliveries of a gateway that there is not', (db) => listDeliveries(db, { ...page, gateway: 'none' })],
  ['updates given up', (db) => pageOfUpdates(db, { ...page, state: 'gave_up' })],
  ['updates gone: none', (db) => pageOfUpdates(db, { ...page, state: 'gone' })],
  ['updates that keep failing', (db) => pageOfUpdates(db, { ...page, state: 'pending', minAttempts: 4 })],
  ['updates of an order', (db) => pageOfUpdates(db, { ...page, order: 'order-500000' })],
  ['updates given up since yesterday', (db) => gaveUpSince(db, new Date(ago(24 * HOUR_MS)), 500)],
  ['updates that wait since yesterday', (db) => waitingSince(db, new Date(ago(24 * HOUR_MS)), 500)],
  ['operations pending', (db) => pageOfOperations(db, { ...page, state: 'pending' })],
  ['operations unknown: none', (db) => pageOfOperations(db, { ...page, state: 'unknown' })],
  ['operations of a kind that there is not', (db) => pageOfOperations(db, { ...page, kind: 'void' })],
  [
    'operations open for long',
    (db) => pageOfOperations(db, { ...page, isOpen: true, createdBefore: new Date(ago(300_000)) }),
  ],
  ['audit of an order', (db) => listAudit(db, { ...page, order: 'order-500000' })],
  ['audit of an unknown key', (db) => listAudit(db, { ...page, key: 'nobody' })],
  ['audit of refunds: none', (db) => listAudit(db, { ...page, what: 'refund' })],
  ['audit within the hour', (db) => listAudit(db, { ...page, createdAfter: ago(HOUR_MS) })],
  ['search: an order', (db) => search(db, 'order-500000')],
  ['search: a session', (db) => search(db, 'T12345678.s500000')],
  ['search: a transaction', (db) => search(db, 'T12345678.t500000')],
  ['search: an event', (db) => search(db, 'event-500001')],
  ['search: an update', (db) => search(db, 'order-500000/order.paid')],
  ['search: a workflow', (db) => search(db, 'payment/order-500000/1')],
  ['search: an operation that half of the payments have', (db) => search(db, 'c1')],
  ['search: the amount of all payments', (db) => search(db, '722.00 NOK')],
  ['search: the same in any currency', (db) => search(db, '722.00')],
  ['search: an amount that there is not', (db) => search(db, '722.01')],
  ['search: an id that there is not', (db) => search(db, 'none')],
  ['forwarder: deliveries to signal', (db) => claimUnsignalled(db, 100)],
  [
    'forwarder: payments that no run watches',
    (db) => findUnwatched(db, { limit: 100, pollIntervalMs: HOUR_MS }),
  ],
  ['forwarder: runs to wake', (db) => takeUnwoken(db, 100)],
  ['forwarder: operations that are forgotten', (db) => takeForgotten(db, 100)],
  ['forwarder: updates that are abandoned', (db) => findAbandoned(db, 100)],
  ['forwarder: updates that no process tells', (db) => findUntold(db, 100)],
  ['retention: a slice of the timeline', (db) => forgetSlice(db, 'timeline', WEEK_MS)],
  ['retention: a slice of the operations', (db) => forgetSlice(db, 'operations', WEEK_MS)],
  ['retention: a slice of the audit', (db) => forgetSlice(db, 'audit', WEEK_MS)],
  ['retention: a slice of the updates', (db) => forgetSlice(db, 'updates', WEEK_MS)],
  ['forwarder: authorizations that lapse', (db) => findExpiring(db, 100)],
];

const server = await startDatabase();
if (server === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
const store = await openStore({ databaseUrl: server.url, dataDir: '' });
let slow = 0;
try {
  await store.migrate();
  const { payments, megabytes } = await seedYears(server.url, Number(values.payments));
  say(`${payments} payments, ${megabytes} MB`);
  for (const [name, ask] of ASKED) slow += await measure(name, ask);
} finally {
  await store.close();
  await server.process.stop();
}
say(slow === 0 ? `all within ${limitMs} ms` : `${slow} NOT within ${limitMs} ms`);
process.exit(slow === 0 ? 0 : 1);

/** The median of several runs; returns 1 where it is too slow. */
async function measure(name: string, ask: Asked[1]): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < REPEATS; count += 1) {
    const begun = performance.now();
    await ask(store.db);
    times.push(performance.now() - begun);
  }
  const median = times.toSorted((one, other) => one - other)[Math.floor(REPEATS / 2)] ?? 0;
  const isSlow = median > limitMs;
  say(`${isSlow ? 'SLOW' : 'ok  '} ${median.toFixed(1).padStart(7)} ms  ${name}`);
  if (isSlow) await explain(ask);
  return isSlow ? 1 : 0;
}

/** The plans of the statements, from a store whose connections explain every statement. */
async function explain(ask: Asked[1]): Promise<void> {
  const plans: string[] = [];
  const explaining = await openStore({
    databaseUrl: `${server?.url ?? ''}?options=${encodeURIComponent(EXPLAINING)}`,
    dataDir: '',
  });
  const listen = (message: { message?: string | undefined }): void => void plans.push(message.message ?? '');
  const pool = (explaining.db as unknown as { $client: pg.Pool }).$client;
  pool.on('connect', (client) => client.on('notice', listen));
  await ask(explaining.db);
  await explaining.close();
  for (const plan of plans) say(plan.replaceAll(/^/gm, '        '));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
