/**
 * `npm run prove:stats -- [--payments N] [--plans]`: the statements of `GET /v1/stats` on a million payments, of
 * which 100,000 are of the last week, in a PostgreSQL with its default durability. Exit code 1 if one is too slow.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import type * as Lapsing from '../../src/store/stats/lapsing.ts';
import type * as Marks from '../../src/store/stats/marks.ts';
import type * as Open from '../../src/store/open.ts';
import type * as ReadStats from '../../src/store/stats/read-stats.ts';
import type * as RollUp from '../../src/store/stats/roll-up.ts';
import { startDatabase } from '../stand/measured-child.ts';
import { explain, medianMs, say } from './asked.ts';
import { seedYears } from './seed.ts';

/** From the sources: a build has only whole programs. */
const STORE = join(import.meta.dirname, '..', '..', 'src', 'store');
const source = <Module>(name: string): Promise<Module> =>
  import(join(STORE, `${name}.ts`)) as Promise<Module>;

const { openStore } = await source<typeof Open>('open');
const { readCounts } = await source<typeof ReadStats>('stats/read-stats');
const { readLapsing } = await source<typeof Lapsing>('stats/lapsing');
const { marksWithin, noteRunning } = await source<typeof Marks>('stats/marks');
const { rollUpHours } = await source<typeof RollUp>('stats/roll-up');

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** 100,000 payments a week. */
const SECONDS_APART = 6;

const { values } = parseArgs({
  options: { payments: { type: 'string', default: '1000000' }, plans: { type: 'boolean', default: false } },
});

const end = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS);
const period = (days: number, bucketMs: number, gateway?: string) => ({
  from: new Date(end.getTime() - days * DAY_MS),
  to: end,
  bucketMs,
  ...(gateway !== undefined && { gateway }),
});

type Asked = readonly [name: string, limitMs: number, ask: (db: Open.Db) => Promise<unknown>];

const ASKED: readonly Asked[] = [
  ['24 hours by 5 minutes', 50, (db) => readCounts(db, period(1, 5 * MINUTE_MS))],
  ['7 days by hour', 500, (db) => readCounts(db, period(7, HOUR_MS))],
  ['7 days by 5 minutes', 500, (db) => readCounts(db, period(7, 5 * MINUTE_MS))],
  ['24 hours of one of two gateways', 250, (db) => readCounts(db, period(1, 5 * MINUTE_MS, 'dintero'))],
  ['7 days of one of two gateways', 2_000, (db) => readCounts(db, period(7, HOUR_MS, 'dintero'))],
  ['60 days by day, rolled up', 200, (db) => readCounts(db, period(60, DAY_MS))],
  ['authorizations that lapse', 50, (db) => readLapsing(db)],
  ['marks of a week', 50, (db) => marksWithin(db, period(7, HOUR_MS))],
];

const server = await startDatabase();
if (server === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
const store = await openStore({ databaseUrl: server.url, dataDir: '' });
let slow = 0;
try {
  await store.migrate();
  const { payments, megabytes } = await seedYears(server.url, Number(values.payments), SECONDS_APART);
  say(`${payments} payments, ${megabytes} MB`);
  await execute(`insert into gateways (gateway, account, mode) values ('other', 'a', 'test')`);
  await noteRunning(store.db, '0.0.0');
  await rollUp();
  for (const asked of ASKED) slow += await measure(...asked);
} finally {
  await store.close();
  await server.process.stop();
}
process.exit(slow === 0 ? 0 : 1);

/** Two days of hours as after an upgrade, without its rests. The hours before have as many counts as a usual hour. */
async function rollUp(): Promise<void> {
  const past = `generate_series(date_bin('1 hour', now() - interval '70 days', timestamptz 'epoch'), now() - interval '2 days', '1 hour')`;
  await execute(`insert into stats_hours (hour) select * from ${past}`);
  await execute(`insert into stats_counts select hour, 'dintero', 'heard', step::text, '', 20, 0
    from ${past} hour cross join generate_series(-20, 20) step`);
  const begun = performance.now();
  let steps = 0;
  while (await rollUpHours(store.db, 400 * DAY_MS)) steps += 1;
  const ms = (performance.now() - begun) / steps;
  say(`two days were rolled up in ${steps} steps, each in ${ms.toFixed(1)} ms`);
  await execute('vacuum analyze stats_counts, stats_hours, findings');
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: server?.url ?? '' });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** The median of several runs; returns 1 where it is too slow. */
async function measure(name: string, limitMs: number, ask: Asked[2]): Promise<number> {
  const median = await medianMs(store.db, ask);
  const isSlow = median > limitMs;
  say(`${isSlow ? 'SLOW' : 'ok  '} ${median.toFixed(1).padStart(7)} ms (of ${limitMs})  ${name}`);
  if (isSlow || values.plans) await explain(openStore, server?.url ?? '', ask);
  return isSlow ? 1 : 0;
}
