import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import type { Gateway } from '../gateways/gateway.ts';
import { countLive, readGateway } from '../store/health.ts';
import { rows, type Db } from '../store/open.ts';
import { check, fail, ok, type Check, type Finding } from './check.ts';

const JOURNAL = join(import.meta.dirname, '..', '..', 'migrations', 'meta', '_journal.json');

/** An open store: its migrations and whose it is. `where` names it. */
export async function checkStore(db: Db, where: string, gateways: readonly Gateway[]): Promise<Check[]> {
  const todo = `does ${where} answer, and is it ours?`;
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
