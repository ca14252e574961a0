/** Databases that keep a migration waiting: it ends with an explanation, and the start does not hang. */
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { migratePostgres } from '../../src/store/migrations.ts';
import { openGate, type Gate } from '../e2e/support/gate.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const LIMITS = { answer: 500, lock: 1_000, statement: 2_000, give: 200 };
const SILENT = /^migrating the database: the server accepted the connection and then did not answer/;

let postgres: TestPostgres;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.createDatabase();
}, 60_000);

afterAll(() => postgres.stop());

it('a migration gives up on a server that accepts and never answers', async () => {
  const mute = createServer(() => undefined);
  await new Promise<void>((settle) => mute.listen(0, '127.0.0.1', settle));
  const { port } = mute.address() as AddressInfo;
  await expect(migratePostgres(`postgres://nobody@127.0.0.1:${port}/x`, LIMITS)).rejects.toThrow(SILENT);
  mute.close();
});

it('a migration gives up on a server that falls silent while it waits', async () => {
  const { gate, through } = await gateTo(url);
  const holder = await holdMigrationLock();
  const migrated = migratePostgres(through, LIMITS).then(() => null, String);
  await until('it waits for the lock', async () => (await waitersBeside(holder)) > 0);
  gate.freeze();
  expect(await migrated).toMatch('the server accepted the connection and then did not answer');
  await Promise.all([holder.end(), gate.close()]);
});

it('a migration says that another process migrates, and continues when that one is done', async () => {
  const holder = await holdMigrationLock();
  await expect(migratePostgres(url, LIMITS)).rejects.toThrow(
    /other sessions have held its locks for 1 s.*advisory 7201001/,
  );
  const waiting = migratePostgres(url);
  await until('it waits for the lock', async () => (await waitersBeside(holder)) > 0);
  await holder.end();
  await waiting;
});

it("a migration repeats the server's own error", async () => {
  const missing = Object.assign(new URL(url), { pathname: '/nowhere' }).href;
  await expect(migratePostgres(missing, LIMITS)).rejects.toThrow('database "nowhere" does not exist');
});

async function gateTo(target: string): Promise<{ gate: Gate; through: string }> {
  const through = new URL(target);
  const gate = await openGate({ host: through.hostname, port: Number(through.port) });
  through.port = String(gate.port);
  return { gate, through: through.href };
}

async function holdMigrationLock(): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: url });
  await holder.connect();
  await holder.query('select pg_advisory_lock(7201001)');
  return holder;
}

/** Other processes that have asked for the lock, and ask again. */
async function waitersBeside(holder: pg.Client): Promise<number> {
  const { rowCount } = await holder.query(
    "select 1 from pg_stat_activity where datname = current_database() and query like 'select pg_try_advisory_lock%'",
  );
  return rowCount ?? 0;
}
