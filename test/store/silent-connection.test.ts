/**
 * Connections on which nothing arrives any more, not even their end, as after a pulled cable or a firewall
 * that forgot them.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sql } from 'drizzle-orm';
import { isStoreUnavailable } from '../../src/store/errors.ts';
import { ping } from '../../src/store/store-health.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { openGate, type Gate } from '../e2e/support/gate.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

/** More than the pool has. */
const AT_ONCE = 40;

let postgres: TestPostgres;
let gate: Gate;
let store: Store;

beforeAll(async () => {
  postgres = await startPostgres();
  const url = new URL(await postgres.createDatabase());
  gate = await openGate({ host: url.hostname, port: Number(url.port) });
  url.port = String(gate.port);
  store = await openStore({ databaseUrl: url.href, dataDir: '' });
  await store.migrate();
}, 60_000);

afterAll(async () => {
  await gate.close();
  await store.close();
  await postgres.stop();
});

function transactions(): Promise<PromiseSettledResult<unknown>[]> {
  const one = () => store.db.transaction((tx) => tx.execute(sql`select pg_sleep(0.02)`));
  return Promise.allSettled(Array.from({ length: AT_ONCE }, one));
}

it('connections that stay silent are given up after transactions began on them, and leave the pool', async () => {
  expect((await transactions()).every(({ status }) => status === 'fulfilled')).toBe(true);
  gate.freeze();
  const lost = await transactions();
  expect(lost.every((each) => each.status === 'rejected' && isStoreUnavailable(each.reason))).toBe(true);
  gate.abandonFrozen();
  await ping(store.db);
  expect((await transactions()).every(({ status }) => status === 'fulfilled')).toBe(true);
}, 90_000);
