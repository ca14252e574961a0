/**
 * Counts what happened in a period, by time bucket, from the rows themselves. Each count belongs to the bucket in
 * which it happened. Each part reads one index by time.
 */
import { sql, type SQL } from 'drizzle-orm';
import { rows, type Db } from '../open.ts';

/** From `from` to before `to`, both at the beginning of a bucket. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
  readonly bucketMs: number;
  /** Only what is about this gateway. */
  readonly gateway?: string | undefined;
}

/**
 * What is counted, with its detail:
 * - `opened`: sessions that were asked for
 * - `outcome`: an `Outcome`; `found_by`: a `FoundBy` or `unknown`
 * - `paid`, `captured`: a payment method, or nothing where none is known; `captured` counts first captures
 * - `declined`, `failed`: the reason
 * - `money`: `authorized`, `captured`, `refunded`, `voided` or `givenBack`, with a currency and an amount
 * - `delivery`: `accepted`, `duplicate`, `ignored` or `refused`; `refused`: the reason
 * - `attempt`: `acknowledged`, `4xx`, `5xx`, `other` or `noAnswer`; `gave_up`
 * - `heard`: the merchant acknowledged order.paid for the first time; the detail is the step of the delay
 */
export type CountKind =
  | 'opened'
  | 'outcome'
  | 'found_by'
  | 'paid'
  | 'captured'
  | 'declined'
  | 'failed'
  | 'money'
  | 'delivery'
  | 'refused'
  | 'attempt'
  | 'gave_up'
  | 'heard';

export interface Count {
  /** The beginning of its bucket. */
  readonly at: Date;
  readonly kind: CountKind;
  readonly detail: string;
  /** Empty where no money is counted. */
  readonly currency: string;
  readonly count: number;
  /** In minor units. */
  readonly amount: number;
}

/** The counts of a period. What is not there is 0. Two statements at once, since each takes half of the time. */
export async function countRows(db: Db, period: Period): Promise<Count[]> {
  const found = await Promise.all(
    [ofPayments(period), ofMessages(period)].map((parts) =>
      db.transaction(async (tx) => {
        await tx.execute(EXPECT_FEW_GROUPS);
        return countsOf(await rows<CountRow>(tx, unionOf(parts)));
      }),
    ),
  );
  return found.flat();
}

/**
 * For the transaction. PostgreSQL overestimates the groups and the subqueries by far: it would compile the
 * statement for longer than it runs, and sort all rows where a small table of hashes is enough.
 */
export const EXPECT_FEW_GROUPS = sql`select set_config('jit', 'off', true), set_config('enable_sort', 'off', true)`;

/** A row as both drivers read it. */
export type CountRow = Omit<Count, 'at'> & { readonly at: Date | string };

export function countsOf(found: readonly CountRow[]): Count[] {
  return found.map((row) => ({ ...row, at: new Date(row.at) }));
}

/** All of it in one statement, for the roll-up. */
export function countingRows(period: Period): SQL {
  return unionOf([...ofPayments(period), ...ofMessages(period)]);
}

const ofPayments = (period: Period): SQL[] => [opened(period), found(period)];
const ofMessages = (period: Period): SQL[] => [
  delivered(period),
  attempted(period),
  heard(period),
  gaveUp(period),
];

function unionOf(parts: readonly SQL[]): SQL {
  return sql`select at, kind, detail, currency, count::float8 as count, amount::float8 as amount
    from (${sql.join([...parts], sql` union all `)}) counted (at, kind, detail, currency, count, amount)`;
}

/** The beginning of the bucket of a time. Buckets are counted from 1970, so they are aligned to UTC. */
export function bucketOf(at: SQL, bucketMs: number): SQL {
  return sql`date_bin(${bucketMs} * interval '1 millisecond', ${at}, timestamptz 'epoch')`;
}

function within(at: SQL, { from, to }: Period): SQL {
  return sql`${at} >= ${from.toISOString()}::timestamptz and ${at} < ${to.toISOString()}::timestamptz`;
}

/** `column` is the gateway of the row. A scalar subquery there, since a join may read all payments. */
function ofGateway(column: SQL, { gateway }: Period): SQL {
  return gateway === undefined ? sql`` : sql` and ${column} = ${gateway}`;
}

function opened(period: Period): SQL {
  return sql`select ${bucketOf(sql`created_at`, period.bucketMs)}, 'opened', '', '', count(*), 0
    from payments where ${within(sql`created_at`, period)}${ofGateway(sql`gateway`, period)} group by 1`;
}

function found(period: Period): SQL {
  return sql`select at, kind, detail, currency, sum(count), sum(amount) from (
      select ${bucketOf(sql`at`, period.bucketMs)} as at, outcome, found_by, payment_method, reason, is_first_capture,
        currency as of, count(*) as n, sum(authorized) as authorized, sum(captured) as captured, sum(refunded) as refunded,
        sum(voided) as voided, sum(given_back) as given_back
      from findings where ${within(sql`at`, period)}${ofGateway(sql`gateway`, period)} group by 1, 2, 3, 4, 5, 6, 7) found
    cross join lateral (values
      ('outcome', outcome, '', n, 0),
      ('found_by', case when outcome = 'paid' then coalesce(found_by, 'unknown') end, '', n, 0),
      ('paid', case when outcome = 'paid' then coalesce(payment_method, '') end, '', n, 0),
      ('captured', case when is_first_capture then coalesce(payment_method, '') end, '', n, 0),
      (outcome, case when outcome in ('declined', 'failed') then coalesce(reason, '') end, '', n, 0),
      ('money', 'authorized', of, n, authorized),
      ('money', 'captured', of, n, captured),
      ('money', 'refunded', of, n, refunded),
      ('money', 'voided', of, n, voided),
      ('money', 'givenBack', of, n, given_back)) told (kind, detail, currency, count, amount)
    where detail is not null and (kind <> 'money' or amount <> 0) group by 1, 2, 3, 4`;
}

/**
 * A repetition of a delivery is counted in its row, and so in the bucket of the first receipt. A delivery that
 * a person runs again was not received again.
 */
function delivered(period: Period): SQL {
  return sql`select at, kind, detail, '', sum(count), 0 from (
      select ${bucketOf(sql`received_at`, period.bucketMs)} as at, outcome, case when outcome = 'refused' then reason end as reason,
        count(*) as n, sum(receipts - 1) as again
      from deliveries where ${within(sql`received_at`, period)} and outcome <> 'backfilled'
        and (event_id is null or event_id not like 'redelivery/%')${ofGateway(sql`gateway`, period)} group by 1, 2, 3) received
    cross join lateral (values
      ('delivery', outcome, n),
      ('delivery', 'duplicate', again),
      ('refused', case when outcome = 'refused' then coalesce(reason, '') end, n)) told (kind, detail, count)
    where detail is not null and count > 0 group by 1, 2, 3`;
}

/** The attempts that have ended, by their beginning. */
function attempted(period: Period): SQL {
  const gateway = sql`(select p.gateway from outbox u join payments p on p.id = u.payment_id where u.effect_id = made.effect_id)`;
  return sql`select ${bucketOf(sql`made.at`, period.bucketMs)}, 'attempt', case when status is null then 'noAnswer'
        when status between 200 and 299 then 'acknowledged' when status between 400 and 499 then '4xx'
        when status between 500 and 599 then '5xx' else 'other' end, '', count(*), 0
    from update_attempts made where ${within(sql`made.at`, period)} and (status is not null or error is not null)
      ${ofGateway(gateway, period)} group by 1, 3`;
}

/** In steps of the tenth part of a decade: 10 is ten seconds. Everything up to 10 ms is in the first step. */
function heard(period: Period): SQL {
  const gateway = sql`(select p.gateway from payments p where p.id = outbox.payment_id)`;
  return sql`select ${bucketOf(sql`heard_at`, period.bucketMs)}, 'heard',
      ceil(10 * log(greatest(heard_after_ms, 10) / 1000.0::float8))::integer::text, '', count(*), 0
    from outbox where heard_after_ms is not null and ${within(sql`heard_at`, period)}${ofGateway(gateway, period)} group by 1, 3`;
}

function gaveUp(period: Period): SQL {
  const gateway = sql`(select p.gateway from payments p where p.id = outbox.payment_id)`;
  return sql`select ${bucketOf(sql`finished_at`, period.bucketMs)}, 'gave_up', '', '', count(*), 0
    from outbox where state = 'gave_up' and ${within(sql`finished_at`, period)}${ofGateway(gateway, period)} group by 1`;
}
