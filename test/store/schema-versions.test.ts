/**
 * Contract §1 and §2: with PostgreSQL only `paidonce migrate` changes the schema, and it blocks nothing
 * meanwhile.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migratePostgres, MIGRATION_LIMITS } from '../../src/store/migrations.ts';
import { readSchemaState } from '../../src/store/schema-state.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { ENVIRONMENT } from '../support/api.ts';
import { aPayment } from '../support/builders.ts';
import { builtFolder } from '../support/compiled.ts';
import { freePort } from '../support/ports.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';

const FOLDER = join(import.meta.dirname, '..', '..', 'migrations');

let postgres: TestPostgres;
let url: string;
let store: Store;
let client: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres();
}, 60_000);
afterAll(() => postgres.stop());
beforeEach(async () => {
  url = await postgres.createDatabase();
  store = await openStore({ databaseUrl: url, dataDir: '' });
  client = new pg.Client({ connectionString: url });
  await client.connect();
});
afterEach(async () => {
  await client.end();
  await store.close();
});

const states = async () => (await readSchemaState(store.db)).state;

/** The statements that undo the newest migrations. */
const UNDO: readonly (readonly [tag: string, statement: string])[] = [
  ['0016_retention', 'drop table retention_left, retention_marks'],
  // This also drops the index of one of the columns.
  ['0017_review-codes', 'alter table payments drop column review_code, drop column must_give_back'],
  ['0018_finding-indexes', 'drop index outbox_untold'],
  ['0019_opening-lease', 'alter table payments drop column opening_until'],
  ['0020_parked-deliveries', 'drop index deliveries_other, deliveries_parked'],
  ['0021_operation-keys', 'alter table operations drop column key_number, drop column key_since'],
  ['0022_disputes', 'alter table payments drop column disputes'],
  [
    '0023_surplus',
    'alter table payments drop column surplus; alter table operations drop column transaction_id',
  ],
  // The index went with its column.
  ['0024_surplus-index', 'drop index if exists payments_surplus'],
  ['0025_reconciliations', 'drop table reconciliation_rows, reconciliations, foreign_sessions'],
  [
    '0026_backfills',
    'drop table backfills; alter table deliveries drop column backfilled_event_id, drop column backfill_id',
  ],
  // The index went with its column.
  ['0027_backfilled-index', 'drop index if exists deliveries_backfilled'],
  [
    '0028_dashboard',
    `drop table attention_marks, approvals, findings, stats_counts, stats_hours, service_runs;
      alter table payments drop column found_by; alter table outbox drop column heard_at, drop column heard_after_ms;
      alter table deliveries drop column clues`,
  ],
  [
    '0029_dashboard-indexes',
    `drop index if exists deliveries_reason, operations_cause, orders_status, payments_reference2, payments_method, payments_reason,
      payments_refunded, payments_disputed, payments_created, payments_unopened, outbox_type, outbox_unheard, outbox_heard, update_attempts_at`,
  ],
  ['0030_system', 'drop table processes, gateway_calls, sweep_passes, store_sizes'],
  ['0031_lists-indexes', 'drop index if exists payments_found_by, payments_accepted'],
  ['0032_retried-updates', 'drop index outbox_retried'],
];

/** The schema as left by a build that did not know this migration and the later ones. */
async function forgetFrom(tag: string, ...undo: string[]): Promise<void> {
  const { entries } = JSON.parse(readFileSync(join(FOLDER, 'meta', '_journal.json'), 'utf8')) as {
    entries: { tag: string; when: number }[];
  };
  const later = UNDO.flatMap(([made, statement]) => (made >= tag ? [statement] : []));
  for (const statement of [...undo, ...later]) await client.query(statement);
  const first = entries.find((entry) => entry.tag === tag)?.when;
  const { rowCount } = await client.query('delete from drizzle.__drizzle_migrations where created_at >= $1', [
    first,
  ]);
  expect(rowCount).toBeGreaterThan(0);
}

/** Runs one role to its end. */
async function runRole(role: string): Promise<{ code: number | null; said: string }> {
  const args = [join(await builtFolder(), 'cli', 'main.js'), role];
  const env = {
    ...process.env,
    ...ENVIRONMENT,
    PORT: String(await freePort()),
    DATABASE_URL: url,
    TEMPORAL_ADDRESS: '127.0.0.1:1',
  };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, args, { env, timeout: 60_000 }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, said: stdout + stderr }),
    );
  });
}

describe('the schema of a database', () => {
  it('that is empty or older ends every process with 2 and the command; migrate makes it current', async () => {
    for (const role of ['api', 'worker']) {
      const { code, said } = await runRole(role);
      expect([role, code]).toEqual([role, 2]);
      expect(said).toContain('run "paidonce migrate"');
    }
    expect((await runRole('migrate')).code).toBe(0);
    expect(await states()).toBe('current');
    await forgetFrom('0013_operations_of_all', 'drop index operations_state');
    expect(await states()).toBe('older');
    expect((await runRole('api')).code).toBe(2);
    await migratePostgres(url);
    expect(await states()).toBe('current');
  }, 120_000);

  it('that a newer build has made is accepted', async () => {
    await migratePostgres(url);
    await client.query("insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', $1)", [
      Date.now() + 1_000_000_000,
    ]);
    expect(await states()).toBe('newer');
    await migratePostgres(url);
    expect(await states()).toBe('newer');
  });

  it('is not waited for by a callback: a statement that waits for its lock gives up', async () => {
    await migratePostgres(url);
    await forgetFrom(
      '0012_audit',
      'drop index operations_state',
      'drop table audit',
      'alter table operations drop column key',
    );
    // A long transaction has read the table that gets a column.
    await client.query('begin');
    await client.query('select * from operations');
    const migrating = migratePostgres(url, { ...MIGRATION_LIMITS, give: 200 });
    const other = new pg.Client({ connectionString: url });
    await other.connect();
    const waits = "select 1 from pg_locks where not granted and relation = 'operations'::regclass";
    await until('it waits for its lock', async () => ((await other.query(waits)).rowCount ?? 0) > 0);
    const begun = performance.now();
    await other.query("set lock_timeout = '10s'");
    await other.query('select count(*) from operations');
    expect(performance.now() - begun).toBeLessThan(1_000);
    await client.query('rollback');
    await migrating;
    expect(await states()).toBe('current');
    await other.end();
  }, 60_000);

  it('gets an index without blocking writers, also where an earlier try has left half of it', async () => {
    await migratePostgres(url);
    await forgetFrom('0013_operations_of_all', 'drop index operations_state');
    const writer = new pg.Client({ connectionString: url });
    await writer.connect();
    await writer.query('begin');
    await writer.query('lock table operations in row exclusive mode');
    await expect(migratePostgres(url, { ...MIGRATION_LIMITS, lock: 1_000 })).rejects.toThrow(
      /held its locks/,
    );
    const left = async () =>
      (
        await client.query(
          "select indisvalid from pg_index where indexrelid = to_regclass('operations_state')",
        )
      ).rows as { indisvalid: boolean }[];
    expect(await left()).toEqual([{ indisvalid: false }]);
    // It continues while another connection writes, which a plain index would block.
    const migrating = migratePostgres(url);
    await until('it waits', async () => {
      const { rowCount } = await client.query(
        "select 1 from pg_stat_activity where query ilike '%index concurrently%' and wait_event_type = 'Lock'",
      );
      return (rowCount ?? 0) > 0;
    });
    await client.query("set lock_timeout = '2s'");
    await client.query(
      "insert into operations (id, payment_id, kind, reference, body_hash, cause, state) values ('op_1', 'pay_1', 'capture', 'r', 'h', 'merchant', 'done')",
    );
    await writer.query('commit');
    await writer.end();
    await migrating;
    expect(await left()).toEqual([{ indisvalid: true }]);
    expect(await states()).toBe('current');
  }, 60_000);
});

describe('the codes of reviews', () => {
  /**
   * A payment as the previous build has written it: of an order that this payment or another one has paid, or
   * that is not paid.
   */
  interface Before {
    readonly status: string;
    readonly reason?: string;
    readonly mark?: string;
    readonly dismissed?: true;
    readonly isAdopted?: true;
    readonly paidBy?: 'it' | 'another';
  }

  const given = async (before: Before): Promise<unknown> => {
    const { status, reason = null, mark = null, dismissed = false, isAdopted = false, paidBy } = before;
    await migratePostgres(url);
    const { id, orderReference } = await aPayment(store.db);
    await forgetFrom('0017_review-codes');
    const payer = paidBy === undefined ? null : paidBy === 'it' ? id : 'pay_0';
    await client.query('update orders set paid_payment_id = $1 where reference = $2', [
      payer,
      orderReference,
    ]);
    await client.query(
      'update payments set request = $1, status = $2, reason = $3, review_mark = $4, dismissed = $5 where id = $6',
      [JSON.stringify({ lines: [], ...(isAdopted && { isAdopted }) }), status, reason, mark, dismissed, id],
    );
    await migratePostgres(url);
    expect(await states()).toBe('current');
    const { rows } = await client.query('select review_code as code, must_give_back as back from payments');
    return rows[0];
  };

  it.each([
    'amount_mismatch',
    'currency_mismatch',
    'reference_mismatch',
    'contradiction',
    'late_hold',
    'late_money',
    'order_already_paid',
    'order_changed',
    'give_back_failed',
    'capture_reversed',
  ])('are taken from the reason of a payment in REVIEW: %s', async (reason) => {
    expect(await given({ status: 'REVIEW', reason })).toEqual({ code: reason, back: false });
  });

  it.each<[string, Before, { code: string | null; back: boolean }]>([
    [
      'an answer that is not understood',
      { status: 'REVIEW', reason: 'unclear: it is X' },
      { code: 'unclear', back: false },
    ],
    [
      'a reason that begins like another one',
      { status: 'REVIEW', reason: 'late moneys' },
      { code: 'unclear', back: false },
    ],
    ['no text', { status: 'REVIEW' }, { code: 'unclear', back: false }],
    [
      'money that was found beside another session',
      { status: 'REVIEW', isAdopted: true },
      { code: 'adopted', back: false },
    ],
    [
      'a mark beside money that has paid',
      { status: 'CAPTURED', mark: 'unclear: it is X', paidBy: 'it' },
      { code: 'unclear', back: false },
    ],
    [
      'a mark beside money that has to go back',
      { status: 'AUTHORIZED', reason: 'late_money', mark: 'unclear: it is X' },
      { code: 'unclear', back: true },
    ],
    ['late money', { status: 'AUTHORIZED', reason: 'late_money' }, { code: null, back: true }],
    [
      'money of an order that is paid',
      { status: 'PARTIALLY_REFUNDED', reason: 'order_already_paid', paidBy: 'another' },
      { code: null, back: true },
    ],
    [
      'money that has paid',
      { status: 'CAPTURED', reason: 'late_money', paidBy: 'it' },
      { code: null, back: false },
    ],
    ['money without a reason', { status: 'CAPTURED' }, { code: null, back: false }],
    [
      'money that was dismissed',
      { status: 'AUTHORIZED', reason: 'dismissed by an operator', dismissed: true },
      { code: null, back: false },
    ],
    ['money that has gone back', { status: 'VOIDED', reason: 'late_money' }, { code: null, back: false }],
    ['a failure', { status: 'FAILED', reason: 'late_money' }, { code: null, back: false }],
    ['an open session', { status: 'PENDING' }, { code: null, back: false }],
  ])('and the money that has to go back are determined for %s', async (_, before, expected) => {
    expect(await given(before)).toEqual(expected);
  });
});

describe('a migration', () => {
  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const statementsOf = (file: string) =>
    readFileSync(join(FOLDER, file), 'utf8')
      .split('--> statement-breakpoint')
      .map((text) => text.trim());

  /** Earlier migrations are older than this rule. */
  const FIRST = '0012';

  it.each(files.filter((file) => file >= FIRST))(
    '%s builds indexes of tables in use without blocking writers, and alone',
    (file) => {
      const statements = statementsOf(file);
      const made = statements.flatMap((text) => /^CREATE TABLE "(\w+)"/.exec(text)?.[1] ?? []);
      const indexes = statements.filter((text) => /^CREATE (UNIQUE )?INDEX/.test(text));
      const inUse = indexes.filter((text) => !made.includes(/ ON "(\w+)"/.exec(text)?.[1] ?? ''));
      for (const index of inUse) expect(index).toContain('INDEX CONCURRENTLY');
      const isAside = (text: string) => inUse.includes(text) || text.startsWith('DROP INDEX CONCURRENTLY ');
      if (inUse.length > 0) expect(statements.filter((text) => !isAside(text))).toEqual([]);
    },
  );
});
