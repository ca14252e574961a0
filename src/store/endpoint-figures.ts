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
  const { attempts, acknowledged, p95Ms, pending } = day;
  return {
    lastHour: { attempts: hourAttempts, acknowledged: hourAcknowledged, p95Ms: hourP95Ms },
    lastDay: { attempts, acknowledged, p95Ms },
    lastAcknowledgedAt: dateOf(day.lastAcknowledgedAt),
    pending,
    oldestPendingAt: dateOf(day.oldestPendingAt),
  };
}

function dateOf(at: string | null): Date | null {
  return at === null ? null : new Date(at);
}
