/**
 * Writes the counts of each past hour to `stats_counts`, hour after hour from the oldest row on. Long ranges are
 * read from there. An hour is counted again later, since a late fact may change it.
 */
import { sql, type SQL } from 'drizzle-orm';
import { rows, type Db } from '../open.ts';
import { readGateways } from '../store-health.ts';
import { countingRows, EXPECT_FEW_GROUPS } from './count-rows.ts';
import { fillFindings } from './fill-findings.ts';

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A transaction that was under way at the end of the hour has ended by then. */
const SETTLED_MS = 60_000;

/**
 * When an hour is counted again, after its end. The last time is before refused deliveries are deleted, which
 * stay for seven days.
 */
const AGAIN_MS = [HOUR_MS, DAY_MS, 6 * DAY_MS] as const;

/** A number that no other program uses as an advisory lock in the same database. */
const ROLL_UP_LOCK = 7_201_002;

/** So long before its deletion a delivery is counted for the last time. */
const RESERVE_MS = 2 * HOUR_MS;

/** How many hours are counted at once where none of them was counted before. */
const AT_ONCE_MS = 6 * HOUR_MS;

/** Some hours that must be counted. */
interface Due {
  readonly from: Date;
  readonly to: Date;
  /** They were counted before. */
  readonly isAgain: boolean;
}

/**
 * Counts some hours, in one transaction. Returns whether there may be more. One process does it at a time; the
 * others do nothing. `retentionMs`: after which age deliveries are deleted.
 */
export function rollUpHours(db: Db, retentionMs: number): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [lock] = await rows<{ taken: boolean }>(
      tx,
      sql`select pg_try_advisory_xact_lock(${ROLL_UP_LOCK}) as taken`,
    );
    if (lock?.taken !== true) return false;
    const due = (await newHours(tx)) ?? (await changedHour(tx, retentionMs));
    if (due === null) return false;
    await countHours(tx, due);
    return true;
  });
}

/** The end of what is rolled up. Null where nothing is. */
export async function rolledUpTo(db: Db): Promise<Date | null> {
  const [last] = await rows<{ hour: Date | string | null }>(
    db,
    sql`select max(hour) as hour from stats_hours`,
  );
  return last?.hour ? new Date(new Date(last.hour).getTime() + HOUR_MS) : null;
}

const ms = (count: number): SQL => sql`${count} * interval '1 millisecond'`;
const hourOf = (at: SQL): SQL => sql`date_bin(${ms(HOUR_MS)}, ${at}, timestamptz 'epoch')`;

/** The hours after the newest that is counted, or the first in which anything happened. */
async function newHours(db: Db): Promise<Due | null> {
  const first = sql`least((select min(created_at) from payments), (select min(received_at) from deliveries))`;
  const [due] = await rows<{ from: Date | string; to: Date | string }>(
    db,
    sql`select hour as "from", least(hour + ${ms(AT_ONCE_MS)}, ${hourOf(sql`now() - ${ms(SETTLED_MS)}`)}) as "to"
      from (select coalesce((select max(hour) + ${ms(HOUR_MS)} from stats_hours), ${hourOf(first)}) as hour) next
      where hour + ${ms(HOUR_MS + SETTLED_MS)} <= now()`,
  );
  return due === undefined ? null : { from: new Date(due.from), to: new Date(due.to), isAgain: false };
}

/** The oldest hour that was last counted before an age at which it is counted again, and has reached it since. */
async function changedHour(db: Db, retentionMs: number): Promise<Due | null> {
  const ages = AGAIN_MS.filter((age) => age + HOUR_MS + RESERVE_MS < retentionMs).map(
    (age) => sql`(counted_at < hour + ${ms(HOUR_MS + age)} and hour + ${ms(HOUR_MS + age)} <= now())`,
  );
  if (ages.length === 0) return null;
  const [due] = await rows<{ hour: Date | string }>(
    db,
    sql`select hour from stats_hours where hour > now() - ${ms(8 * DAY_MS)} and (${sql.join(ages, sql` or `)})
      order by hour limit 1`,
  );
  if (due === undefined) return null;
  const from = new Date(due.hour);
  return { from, to: new Date(from.getTime() + HOUR_MS), isAgain: true };
}

async function countHours(tx: Db, { from, to, isAgain }: Due): Promise<void> {
  const begin = sql`${from.toISOString()}::timestamptz`;
  const end = sql`${to.toISOString()}::timestamptz`;
  await tx.execute(EXPECT_FEW_GROUPS);
  if (!isAgain) await fillFindings(tx, { from, to });
  await tx.execute(sql`delete from stats_counts where hour >= ${begin} and hour < ${end}`);
  for (const { gateway } of await readGateways(tx)) {
    const counts = countingRows({ from, to, bucketMs: HOUR_MS, gateway });
    await tx.execute(sql`insert into stats_counts (hour, gateway, kind, detail, currency, count, amount)
      select at, ${gateway}, kind, detail, currency, count, amount from (${counts}) counts`);
  }
  await tx.execute(sql`insert into stats_hours (hour) select hour from generate_series(${begin}, ${end} - ${ms(HOUR_MS)}, ${ms(HOUR_MS)}) hour
    on conflict (hour) do update set counted_at = now()`);
}
