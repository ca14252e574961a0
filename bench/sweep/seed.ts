/** Payments that were settled long ago, as the product would have stored them. */
import pg from 'pg';
import { sessionOf } from './listing-psp.ts';

/** One for each of our own listed rows. */
export async function seedSettled(databaseUrl: string, rows: number, oursOfHundred: number): Promise<number> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const prefix = sessionOf(0).slice(0, -1);
    const ours = `generate_series(0, ${rows - 1}) number where number % 100 < ${oursOfHundred}`;
    await client.query(
      `insert into orders (reference, amount, currency, status, paid_payment_id, paid_at, latest_n)
       select 'settled-' || number, 72200, 'NOK', 'PAID', 'pay_settled' || number, now(), 1 from ${ours}`,
    );
    const made = await client.query(
      `insert into payments (id, order_reference, n, gateway, amount, currency, status, session_id, transaction_id, authorized,
         return_key, request, expires_at)
       select 'pay_settled' || number, 'settled-' || number, 1, 'dintero', 72200, 'NOK', 'AUTHORIZED', '${prefix}' || number,
         'T12345678.row-' || number, 72200, 'key-' || number, '{"lines":[]}', now() from ${ours}`,
    );
    await client.query('analyze orders, payments');
    return made.rowCount ?? 0;
  } finally {
    await client.end();
  }
}

/** The result of the sweep, from the store. */
export interface Found {
  readonly finds: number;
  readonly pages: number;
  readonly foreign: number;
  /** How often each planted payment was woken by the sweep. */
  readonly woken: readonly number[];
  readonly paid: number;
}

/** Null until the listing has reached its last page. */
export async function readFound(databaseUrl: string, orderPrefix: string): Promise<Found | null> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const marks = await client.query(
      `select finds, pages, foreign_rows from sweep_marks where gateway = 'dintero' and listing = 'unsettled'`,
    );
    if (marks.rows.length === 0) return null;
    const planted = await client.query(
      `select p.id, o.status, (select count(*)::int from timeline t where t.payment_id = p.id and t.kind = 'sweep') as woken
       from payments p join orders o on o.reference = p.order_reference where p.order_reference like $1`,
      [`${orderPrefix}%`],
    );
    const { finds, pages, foreign_rows: foreign } = marks.rows[0] as Record<string, number>;
    return {
      finds: finds ?? 0,
      pages: pages ?? 0,
      foreign: foreign ?? 0,
      woken: planted.rows.map((row: { woken: number }) => row.woken),
      paid: planted.rows.filter((row: { status: string }) => row.status === 'PAID').length,
    };
  } finally {
    await client.end();
  }
}

/** Whether the look-up of a page's sessions uses the index, for any contents of the table. */
export async function explainLookup(databaseUrl: string): Promise<string> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const sessions = Array.from({ length: 100 }, (_, number) => sessionOf(number));
    const plan = await client.query(
      `explain (analyze, format text) select * from payments where gateway = 'dintero' and session_id = any($1)`,
      [sessions],
    );
    const lines = plan.rows.map((row: Record<string, string>) => row['QUERY PLAN']?.trim() ?? '');
    return lines.filter((line) => /Scan|Execution/.test(line)).join('; ');
  } finally {
    await client.end();
  }
}
