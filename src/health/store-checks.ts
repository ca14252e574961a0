import { paidonce } from './shell-commands.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { countLive, readGateway } from '../store/store-health.ts';
import type { Db, Store } from '../store/open.ts';
import type { Refusal, RefusalKind } from '../store/refusals.ts';
import { readSchemaState } from '../store/schema-state.ts';
import { check, fail, ok, warn, type Check, type CheckResult } from './check.ts';

/** Checks an open store: its migrations and its owner. `where` names the store. */
export async function checkStore(db: Db, where: string, gateways: readonly Gateway[]): Promise<Check[]> {
  const todo = `check that ${where} answers and is the store of this service`;
  const migrations = await check('store', () => checkMigrations(db, where), todo);
  if (migrations.state === 'fail') return [migrations];
  const owners = gateways.map((gateway) =>
    check(`store of ${gateway.id}`, () => checkOwner(db, gateway), todo),
  );
  const strangers = check('gateways', () => checkGateways(db, gateways), todo);
  return [migrations, ...(await Promise.all([...owners, strangers]))];
}

/** Counts as the present: what could not be written is tried again within seconds. */
const PRESENT_MS = 60_000;

/** Why PostgreSQL refuses statements now, though it answers. Null where it does not. */
export function refusesNow(store: Pick<Store, 'refused'>): string | null {
  const refusal = presentRefusal(store.refused());
  return refusal && inWords(refusal);
}

export function checkRefusals(store: Pick<Store, 'refused'>): Check {
  const name = 'store refusals';
  const refusal = presentRefusal(store.refused());
  if (refusal === null) return { name, ...ok('none within the last minute, here') };
  const todo = `${TODO[refusal.kind]}; nothing is lost, and what waits is written then`;
  return { name, ...fail(`PostgreSQL ${inWords(refusal)}`, todo) };
}

function presentRefusal(refusal: Refusal | null): Refusal | null {
  return refusal !== null && Date.now() - refusal.at.getTime() <= PRESENT_MS ? refusal : null;
}

function inWords({ reason }: Refusal): string {
  return `refuses statements: ${reason}`;
}

const TODO: Record<RefusalKind, string> = {
  disk_full: 'give its disk room',
  read_only: 'DATABASE_URL must name the primary, and its default_transaction_read_only be off',
  resources: 'raise its memory or max_connections, or see what uses them: its log says more',
  io: 'see its log: a file could not be read or written',
};

async function checkMigrations(db: Db, where: string): Promise<CheckResult> {
  const { state, done, known } = await readSchemaState(db);
  if (state === 'older')
    return fail(
      `${where}: ${done} of ${known} migrations done`,
      'run the migrations, with the DATABASE_URL of the store',
      paidonce('migrate'),
    );
  if (state === 'newer')
    return warn(
      `${where}: its schema is of a newer version`,
      'normal while a newer version is being deployed',
    );
  return ok(`${where}: answers, all ${done} migrations done`);
}

/**
 * Checks for payments whose gateway was removed from the configuration: they are not looked at or polled, and
 * their money is not moved.
 */
export async function checkGateways(db: Db, gateways: readonly Pick<Gateway, 'id'>[]): Promise<CheckResult> {
  const names = gateways.map(({ id }) => id);
  const found = (await countLive(db)).filter(({ gateway }) => !names.includes(gateway));
  if (found.length === 0)
    return ok('all payments that are open, in review or moving money have a configured gateway');
  const text = found.map(({ gateway, count }) => `${count} live payments of ${gateway}`).join(', ');
  return fail(
    `${text}, which is not configured: they rest, and calls about them get 503`,
    'configure it again, at least until they are settled',
  );
}

async function checkOwner(db: Db, { id, account, mode }: Gateway): Promise<CheckResult> {
  const row = await readGateway(db, id);
  if (row === null) return ok('no owner recorded yet: the first start does it');
  if (row.account === account && row.mode === mode) return ok(`belongs to account ${account} (${mode})`);
  return fail(
    `belongs to account ${row.account} (${row.mode}), but ${account} (${mode}) is configured`,
    'use another DATABASE_URL or DATA_DIR, or the account that it belongs to',
  );
}
