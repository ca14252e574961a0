/** The statistics of a period: from the rows where it is short, else from the roll-up. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from '../open.ts';
import { readGateways } from '../store-health.ts';
import { bucketOf, countRows, countsOf, type Count, type CountRow, type Period } from './count-rows.ts';
import { HOUR_MS, rolledUpTo } from './roll-up.ts';

/** Up to here the rows are counted. */
const SHORT_MS = 7 * 24 * HOUR_MS;

/**
 * The counts of a period. A bucket may have the same count twice, from the roll-up and from the rows: they are
 * added. What is not rolled up yet is counted from the rows.
 */
export async function readCounts(db: Db, asked: Period): Promise<Count[]> {
  const period = { ...asked, gateway: await oneOfSeveral(db, asked.gateway) };
  const { from, to } = period;
  const isShort = to.getTime() - from.getTime() <= SHORT_MS || period.bucketMs < HOUR_MS;
  const end = isShort ? null : await rolledUpTo(db);
  if (end === null || end <= from) return countRows(db, period);
  if (end >= to) return readRolledUp(db, period);
  const [rolledUp, counted] = await Promise.all([
    readRolledUp(db, { ...period, to: end }),
    countRows(db, { ...period, from: end }),
  ]);
  return [...rolledUp, ...counted];
}

/** Everything is about the gateway if the store has never served another one. */
async function oneOfSeveral(db: Db, gateway: string | undefined): Promise<string | undefined> {
  if (gateway === undefined) return undefined;
  const served = await readGateways(db);
  return served.length === 1 && served[0]?.gateway === gateway ? undefined : gateway;
}

async function readRolledUp(db: Db, { from, to, bucketMs, gateway }: Period): Promise<Count[]> {
  const ofGateway = gateway === undefined ? sql`` : sql` and gateway = ${gateway}`;
  const found = await rows<CountRow>(
    db,
    sql`select ${bucketOf(sql`hour`, bucketMs)} as at, kind, detail, currency, sum(count)::float8 as count,
        sum(amount)::float8 as amount
      from stats_counts where hour >= ${from.toISOString()}::timestamptz and hour < ${to.toISOString()}::timestamptz${ofGateway}
      group by 1, 2, 3, 4`,
  );
  return countsOf(found);
}
