/** Calls to gateways by minute, from all processes. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

/** Calls of one minute with the same result, which took about as long. */
export interface CountedCalls {
  /** RFC 3339, the beginning of the minute. */
  readonly minute: string;
  readonly gateway: string;
  readonly operation: string;
  readonly outcome: string;
  /** The tenth part of a decade of milliseconds: 20 is up to 100 ms. */
  readonly step: number;
  readonly calls: number;
  readonly totalMs: number;
}

/** Adds to what is there. In the order of the key, so that two processes never wait for each other in a circle. */
export async function addCalls(db: Db, counted: readonly CountedCalls[]): Promise<void> {
  if (counted.length === 0) return;
  await db.execute(sql`insert into gateway_calls (gateway, minute, operation, outcome, step, calls, total_ms)
    select gateway, minute, operation, outcome, step, calls, "totalMs" from jsonb_to_recordset(${JSON.stringify(counted)}::jsonb)
      as counted (gateway text, minute timestamptz, operation text, outcome text, step integer, calls bigint, "totalMs" bigint)
      order by gateway, minute, operation, outcome, step
    on conflict (gateway, minute, operation, outcome, step)
      do update set calls = gateway_calls.calls + excluded.calls, total_ms = gateway_calls.total_ms + excluded.total_ms`);
}

/** Calls of one bucket with the same result, which took about as long. */
export interface CallsInBucket {
  /** The beginning of the bucket. */
  readonly at: Date;
  readonly operation: string;
  readonly outcome: string;
  readonly step: number;
  readonly calls: number;
  readonly totalMs: number;
}

/** From `from` to before `to`, both at the beginning of a bucket. Oldest first. */
export async function readCalls(
  db: Db,
  gateway: string,
  { from, to, bucketMs }: { readonly from: Date; readonly to: Date; readonly bucketMs: number },
): Promise<CallsInBucket[]> {
  const found = await rows<Omit<CallsInBucket, 'at'> & { bucket: number }>(
    db,
    sql`select floor(extract(epoch from minute)::float8 * 1000 / ${bucketMs}::float8) as bucket, operation, outcome, step,
        sum(calls)::float8 as calls, sum(total_ms)::float8 as "totalMs" from gateway_calls
      where gateway = ${gateway} and minute >= ${from.toISOString()}::timestamptz and minute < ${to.toISOString()}::timestamptz
      group by bucket, operation, outcome, step order by bucket, operation, outcome, step`,
  );
  return found.map(({ bucket, ...counts }) => ({ at: new Date(bucket * bucketMs), ...counts }));
}

/** When the gateway accepted our credentials last, and when it refused them last: to the minute, within eight days. */
export async function readCredentialUse(
  db: Db,
  gateway: string,
): Promise<{ acceptedAt: Date | null; refusedAt: Date | null }> {
  const [row] = await rows<{ accepted: string | null; refused: string | null }>(
    db,
    sql`select
        (select minute from gateway_calls where gateway = ${gateway} and outcome in ('ok', 'rejected')
          order by minute desc limit 1) as accepted,
        (select minute from gateway_calls where gateway = ${gateway} and outcome = 'credentials'
          order by minute desc limit 1) as refused`,
  );
  const timeOf = (at: string | null | undefined) => (at == null ? null : new Date(at));
  return { acceptedAt: timeOf(row?.accepted), refusedAt: timeOf(row?.refused) };
}

export async function pruneCalls(db: Db): Promise<void> {
  await db.execute(sql`delete from gateway_calls where minute < now() - interval '8 days'`);
}
