/**
 * `npm run prove:pages -- [--payments N] [--looking]`: the dashboard on a million payments in PostgreSQL. Each page must
 * answer within 200 ms at the 95th percentile; `--looking` leaves that out. While five sessions a second are paid, fifty people who look at a page cost at
 * most 5 % of a core, and callback → paid takes at most one and a half times as long. Exit code 1 otherwise.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openStore } from '../../src/store/open.ts';
import { rollUpHours } from '../../src/store/stats/roll-up.ts';
import { paidoncePart } from '../paidonce-part.ts';
import { CORE } from '../stand/built.ts';
import { startDatabase, type Child } from '../stand/measured-child.ts';
import { API_KEY, startProduct } from '../stand/product.ts';
import { startSandbox } from '../stand/sandbox.ts';
import { startSink } from '../stand/sink.ts';
import { startTemporal } from '../stand/temporal.ts';
import { percentiles } from '../stats.ts';
import { seedYears } from '../store/seed.ts';

const NAME = 'paidonce-pages';
const WEEK_MS = 7 * 24 * 3_600_000;
const REPEATS = 40;
const PAGE_LIMIT_MS = 200;
const LOOKING = 50;
/** Of each kind, in turn: background jobs take more in one round than in another. */
const ROUNDS = 5;
const SESSIONS = 100;
/** Times five seconds. */
const SETTLED_WITHIN = 24;
const SETTLED_CORES = 0.15;
const SESSION_EVERY_MS = 200;
const CORE_LIMIT = 0.05;
const SLOWER_LIMIT = 1.5;

const PAGES = [
  '',
  '/payments',
  '/payments?status=REVIEW',
  '/payments?q=order-5000',
  '/payments?heard=no',
  '/payments?foundBy=sweep',
  '/payments?method=vipps',
  '/orders/order-5000',
  '/reviews',
  '/approvals',
  '/operations',
  '/operations?status=pending',
  '/payments?capturable=true',
  '/deliveries',
  '/deliveries?outcome=refused',
  '/updates',
  '/updates?state=gave_up',
  '/gateways',
  '/gateways/dintero',
  '/system',
  '/reconcile',
  '/numbers',
  '/audit',
];

const { values } = parseArgs({
  options: { payments: { type: 'string', default: '1000000' }, looking: { type: 'boolean', default: false } },
});
const folder = await mkdtemp(join(tmpdir(), 'paidonce-pages-'));
const database = await startDatabase();
if (database === null) throw new Error('PostgreSQL is not installed: apt-get install postgresql');
const store = await openStore({ databaseUrl: database.url, dataDir: '' });
await store.migrate();
const { payments, megabytes } = await seedYears(database.url, Number(values.payments));
// The years before today are counted, as in a store that has run so long.
while (await rollUpHours(store.db, WEEK_MS));
await store.close();
say(`${payments} payments, ${megabytes} MB`);
const temporal = await startTemporal(folder, [NAME]);
const sandbox = await startSandbox(folder);
const sink = await startSink();
const product = await startProduct({
  name: NAME,
  dist: CORE,
  folder,
  namespace: NAME,
  temporalAddress: temporal.address,
  sandbox,
  sinkUrl: sink.url,
  databaseUrl: database.url,
  database: database.process,
});
let missed = 0;
try {
  const cookie = await signIn();
  await settle();
  if (!values.looking) for (const page of PAGES) await provePage(cookie, page);
  await proveLooking(cookie);
} finally {
  for (const child of product.processes.toReversed()) await child.stop();
  await sandbox.process.stop();
  await temporal.connection.close();
  await temporal.process.stop();
  sink.close();
  await rm(folder, { recursive: true, force: true });
}
process.exit(missed === 0 ? 0 : 1);

async function signIn(): Promise<string> {
  const answer = await fetch(`${product.origin}/dashboard/login`, {
    method: 'POST',
    body: new URLSearchParams({ key: API_KEY, name: 'Ada' }),
    redirect: 'manual',
  });
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(';')[0] ?? '');
  if (answer.status !== 303 || cookies.length === 0) throw new Error(`the sign-in answered ${answer.status}`);
  return cookies.join('; ');
}

async function provePage(cookie: string, page: string): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < REPEATS; n += 1) {
    const begun = performance.now();
    const answer = await fetch(`${product.origin}/dashboard${page}`, { headers: { cookie } });
    await answer.text();
    times.push(performance.now() - begun);
    if (answer.status !== 200) throw new Error(`${page} answered ${answer.status}`);
  }
  const { p50, p95 } = percentiles(times);
  judge(
    `/dashboard${page}`,
    p95 <= PAGE_LIMIT_MS,
    `p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms (${PAGE_LIMIT_MS})`,
  );
}

/** The store has open work from its years: the service does it first. */
async function settle(): Promise<void> {
  for (
    let n = 0;
    n < SETTLED_WITHIN && sum((await spentIn(() => sleep(5_000))).cores) > SETTLED_CORES;
    n += 1
  );
}

async function proveLooking(cookie: string): Promise<void> {
  await payMany('warm');
  const rounds = { quiet: [] as Paid[], watched: [] as Paid[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.quiet.push(await payMany(`quiet-${round}`));
    const leave = await look(cookie);
    rounds.watched.push(await payMany(`watched-${round}`));
    leave();
  }
  const [quiet, watched] = [together(rounds.quiet), together(rounds.watched)];
  const cores = sum(watched.each) - sum(quiet.each);
  judge(
    `${LOOKING} people look at a page`,
    cores <= CORE_LIMIT,
    `${(100 * cores).toFixed(1)} % of a core more (${100 * CORE_LIMIT} %): ${inWords(quiet.each)} → ${inWords(watched.each)}`,
  );
  const slower = watched.p50 / quiet.p50;
  judge(
    'callback → paid meanwhile',
    slower <= SLOWER_LIMIT,
    `p50 ${watched.p50.toFixed(0)} ms, ${slower.toFixed(2)} × quiet (${SLOWER_LIMIT} ×)`,
  );
}

interface Paid {
  /** From the callback until the order is paid, in milliseconds. */
  readonly times: readonly number[];
  /** Of each process. */
  readonly cores: Cores;
}

type Cores = ReadonlyMap<string, number>;

function together(rounds: readonly Paid[]): { p50: number; each: Cores } {
  const { p50 } = percentiles(rounds.flatMap(({ times }) => times));
  const names = product.processes.map(({ name }) => name);
  const mean = (name: string) =>
    rounds.reduce((all, { cores }) => all + (cores.get(name) ?? 0), 0) / rounds.length;
  return { p50, each: new Map(names.map((name) => [name, mean(name)])) };
}

function sum(cores: Cores): number {
  return [...cores.values()].reduce((all, one) => all + one, 0);
}

function inWords(cores: Cores): string {
  const each = [...cores].map(([name, one]) => `${name.replace(`${NAME} `, '')} ${one.toFixed(2)}`);
  return `${sum(cores).toFixed(2)} cores (${each.join(', ')})`;
}

/** Five sessions a second. */
async function payMany(round: string): Promise<Paid> {
  const { answer: times, cores } = await spentIn(() => pay(round));
  return { times, cores };
}

async function pay(round: string): Promise<number[]> {
  const part = paidoncePart(product, { sandbox, sink });
  const sessions: Promise<number>[] = [];
  for (let n = 0; n < SESSIONS; n += 1) {
    const paid = part.alone(`${NAME}-${round}-${n}`);
    sessions.push(paid.then(async (done) => (await done.sample()).callbackToPaidMs));
    await sleep(SESSION_EVERY_MS);
  }
  return Promise.all(sessions);
}

async function spentIn<Answer>(work: () => Promise<Answer>): Promise<{ answer: Answer; cores: Cores }> {
  const before = product.processes.map((child) => child.cpuSeconds());
  const begun = performance.now();
  const answer = await work();
  const seconds = (performance.now() - begun) / 1_000;
  const coresOf = (child: Child, at: number) => (child.cpuSeconds() - (before[at] ?? 0)) / seconds;
  return { answer, cores: new Map(product.processes.map((child, at) => [child.name, coresOf(child, at)])) };
}

/** Everybody looks at the first page. @returns ends it */
async function look(cookie: string): Promise<() => void> {
  const away = new AbortController();
  for (let n = 0; n < LOOKING; n += 1) {
    const { status, body } = await fetch(`${product.origin}/dashboard/live?page=/`, {
      headers: { cookie },
      signal: away.signal,
    });
    if (status !== 200 || body === null) throw new Error(`the stream of a page answered ${status}`);
    void body.pipeTo(new WritableStream(), { signal: away.signal }).catch(() => undefined);
  }
  return () => away.abort();
}

function judge(name: string, isMet: boolean, text: string): void {
  if (!isMet) missed += 1;
  say(`${isMet ? 'ok  ' : 'SLOW'} ${name}: ${text}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
