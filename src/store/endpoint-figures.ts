/** How the merchant's endpoint has answered. */
import { rows, type Db } from './open.ts';
import { sql } from 'drizzle-orm';

/** Finished attempts of a time. */
export interface AnsweredAttempts {
  readonly attempts: number;
  /** Those that were answered 2xx. */
  readonly acknowledged: number;
  /** How long 95 % of the answers took at most; null without attempts. */
  readonly p95Ms: number | null;
}

export interface EndpointFigures {
  readonly lastHour: AnsweredAttempts;
  readonly lastDay: AnsweredAttempts;
  /** Of the newest attempts; null where none of them was answered 2xx. */
  readonly lastAcknowledgedAt: Date | null;
  readonly pending: number;
  readonly oldestPendingAt: Date | null;
  /** The last 90 minutes, the oldest first. */
  readonly minutes: readonly MinuteFigures[];
}

export interface MinuteFigures {
  readonly at: Date;
  readonly attempts: number;
  readonly acknowledged: number;
  /** Updates that waited for an acknowledgement at its end. */
  readonly waiting: number;
}

interface Row {
  attempts: number;
  acknowledged: number;
  p95Ms: number | null;
  hourAttempts: number;
  hourAcknowledged: number;
  hourP95Ms: number | null;
  lastAcknowledgedAt: string | null;
  pending: number;
  oldestPendingAt: string | null;
}

/** An endpoint that answers nothing gets many attempts, so the last good one is not searched without end. */
const NEWEST = 10_000;

const IS_FINISHED = sql`(status is not null or error is not null)`;
const IS_ACKNOWLEDGED = sql`status between 200 and 299`;
const IN_LAST_HOUR = sql`at > now() - interval '1 hour'`;
const P95 = sql`percentile_disc(0.95) within group (order by ms)`;

/** Reads the attempts of a day, so a caller should remember the result for some seconds. */
export async function readEndpointFigures(db: Db): Promise<EndpointFigures> {
  const [row] = await rows<Row>(
    db,
    sql`select day.*,
      (select recent.at from (select at, status from update_attempts order by at desc limit ${NEWEST}) recent
        where ${IS_ACKNOWLEDGED} order by recent.at desc limit 1) as "lastAcknowledgedAt",
      (select count(*)::int from outbox where state = 'pending') as pending,
      (select min(created_at) from outbox where state = 'pending') as "oldestPendingAt"
    from (select count(*)::int as attempts, count(*) filter (where ${IS_ACKNOWLEDGED})::int as acknowledged, ${P95} as "p95Ms",
        count(*) filter (where ${IN_LAST_HOUR})::int as "hourAttempts",
        count(*) filter (where ${IN_LAST_HOUR} and ${IS_ACKNOWLEDGED})::int as "hourAcknowledged",
        ${P95} filter (where ${IN_LAST_HOUR}) as "hourP95Ms"
      from update_attempts where at > now() - interval '1 day' and ${IS_FINISHED}) day`,
  );
  const { hourAttempts, hourAcknowledged, hourP95Ms, ...day } = row as Row;
  const minutes = await readMinutes(db);
  const { attempts, acknowledged, p95Ms, pending } = day;
  return {
    lastHour: { attempts: hourAttempts, acknowledged: hourAcknowledged, p95Ms: hourP95Ms },
    lastDay: { attempts, acknowledged, p95Ms },
    lastAcknowledgedAt: dateOf(day.lastAcknowledgedAt),
    pending,
    oldestPendingAt: dateOf(day.oldestPendingAt),
    minutes,
  };
}

const MINUTES = 90;

interface MinuteRow {
  at: string;
  attempts: number;
  acknowledged: number;
  change: number;
}

/**
 * Reads only what was queued, tried or waiting in these minutes. An update that was sent again counts from then
 * on, since that is when it was queued last. The first row is the time before.
 */
async function readMinutes(db: Db): Promise<MinuteFigures[]> {
  const found = await rows<MinuteRow>(
    db,
    sql`with first as (select date_trunc('minute', now()) - make_interval(mins => ${MINUTES - 1}) as minute),
    tried as (select effect_id, date_trunc('minute', at) as minute, status, ${IS_FINISHED} as is_finished
      from update_attempts where at >= (select minute from first)),
    touched as (select effect_id from outbox where created_at >= (select minute from first)
      union select effect_id from tried union select effect_id from outbox where state = 'pending'),
    known as (select o.created_at, o.finished_at from outbox o join touched using (effect_id)
      where o.state = 'pending' or (o.finished_at is not null and o.state <> 'off')),
    changes as (select created_at as at, 1 as change from known
      union all select finished_at, -1 from known where finished_at is not null),
    placed as (select greatest(date_trunc('minute', at), (select minute from first) - interval '1 minute') as minute,
      sum(change)::int as change from changes group by 1),
    answered as (select minute, count(*)::int as attempts, count(*) filter (where ${IS_ACKNOWLEDGED})::int as acknowledged
      from tried where is_finished group by 1)
    select to_char(minute.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, coalesce(answered.attempts, 0) as attempts,
      coalesce(answered.acknowledged, 0) as acknowledged, coalesce(placed.change, 0) as change
    from first, generate_series(first.minute - interval '1 minute', first.minute + make_interval(mins => ${MINUTES - 1}), interval '1 minute') as minute(at)
    left join answered on answered.minute = minute.at left join placed on placed.minute = minute.at
    order by minute.at`,
  );
  let waiting = 0;
  const minutes = found.map(({ at, attempts, acknowledged, change }) => {
    waiting += change;
    return { at: new Date(at), attempts, acknowledged, waiting: Math.max(0, waiting) };
  });
  return minutes.slice(1);
}

function dateOf(at: string | null): Date | null {
  return at === null ? null : new Date(at);
}
