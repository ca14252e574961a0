/**
 * The figures behind "How large a machine" of docs/run-in-production.md: paid sessions on PostgreSQL with one and two
 * workers, the CPU time of each process, memory, connections, and the disk that a paid session takes. CPU time for a
 * session hardly depends on what else the machine does; sessions per second do.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { paidoncePart } from './paidonce-part.ts';
import { CORE } from './stand/built.ts';
import { startDatabase, type Child } from './stand/measured-child.ts';
import { startProduct } from './stand/product.ts';
import { startSandbox } from './stand/sandbox.ts';
import { startSink } from './stand/sink.ts';
import { startTemporal } from './stand/temporal.ts';
import { inParallel } from './stand/waiting.ts';

const WORKERS = [1, 2];
const WARM_UP = 100;
const SESSIONS = 400;
const WIDTH = 40;

say(`${SESSIONS} sessions, ${WIDTH} at a time, on ${cpus().length} cores`);
const folder = await mkdtemp(join(tmpdir(), 'paidonce-size-'));
const temporal = await startTemporal(folder, WORKERS.map(namespaceOf));
const sandbox = await startSandbox(folder);
const sink = await startSink();
try {
  for (const workers of WORKERS) await measure(workers);
} finally {
  await sandbox.process.stop();
  await temporal.connection.close();
  await temporal.process.stop();
  sink.close();
  await rm(folder, { recursive: true, force: true });
}

function namespaceOf(workers: number): string {
  return `size-${workers}`;
}

async function measure(workers: number): Promise<void> {
  const database = await startDatabase();
  if (database === null) throw new Error('no PostgreSQL is installed; on Debian: apt-get install postgresql');
  const roles = ['api', ...Array.from({ length: workers }, () => 'worker')];
  const name = namespaceOf(workers);
  const common = { name, namespace: name, dist: CORE, folder, temporalAddress: temporal.address };
  const surroundings = { sandbox, sink };
  const product = await startProduct(
    { ...common, sandbox, sinkUrl: sink.url, databaseUrl: database.url, database: database.process },
    roles,
  );
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const part = paidoncePart(product, surroundings);
    const session = (round: string) => (_: unknown, n: number) => `${name}-${round}-${n}`;
    // A worker serves no HTTP: the first sessions wait until one polls, and the others start meanwhile.
    await sleep(5_000);
    await inParallel(Array.from({ length: WARM_UP }, session('warm')), WIDTH, (reference) =>
      part.busy(reference),
    );
    const processes = [...product.processes, temporal.process];
    const [before, bytesBefore] = [cpuOf(processes), await bytes(client)];
    let connections = 0;
    const counting = setInterval(() => {
      void connectionsOf(client).then((found) => (connections = Math.max(connections, found)));
    }, 500);
    const begun = performance.now();
    await inParallel(Array.from({ length: SESSIONS }, session('busy')), WIDTH, (reference) =>
      part.busy(reference),
    );
    const seconds = (performance.now() - begun) / 1_000;
    clearInterval(counting);
    const used = cpuOf(processes).map((cpu, index) => ((cpu - (before[index] ?? 0)) * 1_000) / SESSIONS);
    const memory = processes.map((process) => Math.round(process.residentMb()));
    const grown = ((await bytes(client)) - bytesBefore) / SESSIONS;
    say(`${workers} ${workers === 1 ? 'worker' : 'workers'}: ${(SESSIONS / seconds).toFixed(1)} sessions/s`);
    processes.forEach((process, index) =>
      say(`  ${process.name}: ${used[index]?.toFixed(1)} ms of CPU a session, ${memory[index]} MB`),
    );
    say(`  ${connections} connections at most; ${(grown / 1_000).toFixed(1)} kB of disk a session`);
  } finally {
    await client.end();
    for (const process of product.processes.toReversed()) await process.stop();
  }
}

function cpuOf(processes: readonly Child[]): number[] {
  return processes.map((process) => process.cpuSeconds());
}

async function bytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ size: string }>(
    'select pg_database_size(current_database()) as size',
  );
  return Number(rows[0]?.size);
}

/** Those of paidonce, without this one. */
async function connectionsOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>(
    `select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  return Number(rows[0]?.count);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
