import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Config } from '../../config.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { countLive, readGateway } from '../../store/health.ts';
import { DirectoryInUse } from '../../store/lock.ts';
import { openStore, rows, type Db, type Store } from '../../store/open.ts';
import { check, fail, ok, warn, type Check, type Finding } from './check.ts';

const JOURNAL = join(import.meta.dirname, '..', '..', '..', 'migrations', 'meta', '_journal.json');

/** The store, its migrations and whose it is. Where a running service holds it, `/readyz` speaks for it. */
export async function checkStore(config: Config, gateways: readonly Gateway[]): Promise<Check[]> {
  const where = config.DATABASE_URL === undefined ? `embedded in ${config.DATA_DIR}` : 'PostgreSQL';
  const todo =
    config.DATABASE_URL === undefined
      ? 'is DATA_DIR right, and writable?'
      : 'is DATABASE_URL right, and the server up?';
  if (config.DATABASE_URL === undefined && !existsSync(join(config.DATA_DIR, 'store', 'PG_VERSION')))
    return [{ name: 'store', ...warn(`${where}: not there yet`, 'the first start makes it') }];
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR }).catch(
    (error: unknown) => error as Error,
  );
  if (store instanceof DirectoryInUse)
    return [{ name: 'store', ...ok(`${where}: held by the running service`) }];
  if (store instanceof Error) return [{ name: 'store', ...fail(`${where}: ${store.message}`, todo) }];
  return closing(store, () => checkOpened(store, where, todo, gateways));
}

async function closing<T>(store: Store, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    await store.close();
  }
}

async function checkOpened(
  { db }: Store,
  where: string,
  todo: string,
  gateways: readonly Gateway[],
): Promise<Check[]> {
  const migrations = await check('store', () => checkMigrations(db, where), todo);
  if (migrations.state === 'fail') return [migrations];
  const owners = gateways.map((gateway) =>
    check(`store of ${gateway.id}`, () => checkOwner(db, gateway), todo),
  );
  const strangers = check('gateways', () => checkGateways(db, gateways), todo);
  return [migrations, ...(await Promise.all([...owners, strangers]))];
}

async function checkMigrations(db: Db, where: string): Promise<Finding> {
  const { entries } = JSON.parse(readFileSync(JOURNAL, 'utf8')) as { entries: unknown[] };
  const [found] = await rows<{ name: string | null }>(
    db,
    sql`select to_regclass('drizzle.__drizzle_migrations')::text as name`,
  );
  if (found?.name === null || found?.name === undefined)
    return fail(`${where}: answers, but is empty`, 'paidonce migrate');
  const [done] = await rows<{ count: number }>(
    db,
    sql`select count(*)::int as count from drizzle.__drizzle_migrations`,
  );
  const count = done?.count ?? 0;
  if (count < entries.length)
    return fail(`${where}: ${count} of ${entries.length} migrations done`, 'paidonce migrate');
  if (count > entries.length)
    return fail(`${where}: made by a newer version`, 'run that version, or a newer one');
  return ok(`${where}: answers, all ${count} migrations done`);
}

/** Payments whose gateway was taken out of the configuration: nobody looks at them, polls them or moves their money. */
export async function checkGateways(db: Db, gateways: readonly Pick<Gateway, 'id'>[]): Promise<Finding> {
  const names = gateways.map(({ id }) => id);
  const found = (await countLive(db)).filter(({ gateway }) => !names.includes(gateway));
  if (found.length === 0)
    return ok('payments that are open, in review or moving money are all of one that is configured');
  const text = found.map(({ gateway, count }) => `${count} live payments of ${gateway}`).join(', ');
  return fail(
    `${text}, which is not configured: they rest, and calls about them are 503`,
    'configure it again, at least until they are settled',
  );
}

async function checkOwner(db: Db, { id, account, mode }: Gateway): Promise<Finding> {
  const row = await readGateway(db, id);
  if (row === null) return ok('not stamped yet: the first start does it');
  if (row.account === account && row.mode === mode) return ok(`belongs to account ${account} (${mode})`);
  return fail(
    `belongs to account ${row.account} (${row.mode}), but ${account} (${mode}) is configured`,
    'use another DATABASE_URL or DATA_DIR, or the account that it belongs to',
  );
}
