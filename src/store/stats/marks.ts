/** Marks on a chart that explain it: another version of the service, another secret, a time without any process. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from '../open.ts';

export interface Mark {
  readonly at: Date;
  /** Null for a mark without a length. */
  readonly until: Date | null;
  /**
   * `version`: processes of this version began to run. `down`: no process ran. `secret`: a secret signed for the
   * first time.
   */
  readonly kind: 'version' | 'down' | 'secret';
  /** The version, or the gateway and the fingerprint of the secret. */
  readonly detail: string | null;
}

/** A process that was away for longer than this was not only busy. */
const PAUSE = sql`interval '5 minutes'`;

/** Called each minute: this version of the service runs. */
export async function noteRunning(db: Db, version: string): Promise<void> {
  await db.execute(sql`with extended as (update service_runs set until = now()
      where version = ${version} and until > now() - ${PAUSE} returning version)
    insert into service_runs (version) select ${version} where not exists (select 1 from extended) on conflict do nothing`);
}

/** The marks within a period, oldest first. */
export async function marksWithin(db: Db, { from, to }: { from: Date; to: Date }): Promise<Mark[]> {
  const found = await rows<{ at: string; until: string | null; kind: Mark['kind']; detail: string | null }>(
    db,
    sql`select at, until, kind, detail from (${runs} union all ${secrets}) marked
      where coalesce(until, at) >= ${from.toISOString()}::timestamptz and at < ${to.toISOString()}::timestamptz
      order by at, kind, detail`,
  );
  return found.map(({ at, until, ...mark }) => ({
    ...mark,
    at: new Date(at),
    until: until === null ? null : new Date(until),
  }));
}

/** The first run of all is neither a deployment nor the end of an outage. */
const runs = sql`select told.at, told.until, told.kind, told.detail from (
    select since, version, max(until) over (order by since, version rows between unbounded preceding and 1 preceding) as last,
      lag(version) over (order by since, version) as version_before from service_runs) run
  cross join lateral (values
    (since, null::timestamptz, 'version', version, version_before <> version),
    (last, since, 'down', null, since > last + ${PAUSE})) told (at, until, kind, detail, is_so)
  where told.is_so`;

/**
 * Each secret of which the log has deliveries, except the oldest of its gateway. A secret is found by the next
 * one in the index, since there are few of them and many deliveries.
 */
const secrets = sql`select first_at, null, 'secret', gateway || ' ' || secret from (
    select secret, gateway, first_at, min(first_at) over (partition by gateway) as oldest from (
      with recursive used as (
        (select secret from deliveries where secret is not null order by secret limit 1)
        union all
        select (select next.secret from deliveries next where next.secret > used.secret order by next.secret limit 1)
        from used where used.secret is not null)
      select used.secret, first.gateway, first.last_received_at as first_at from used
      cross join lateral (select gateway, last_received_at from deliveries where secret = used.secret
        order by last_received_at limit 1) first where used.secret is not null) each_secret) dated
  where first_at > oldest`;
