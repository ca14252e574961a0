/** Whether callbacks came for the payments that were settled or on hold. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

export interface Heard {
  /** The number of accepted callbacks. */
  readonly heard: number;
  /** Sessions without any callback; a random sample where there are many. */
  readonly unheard: readonly string[];
}

/**
 * Ids sort by time of creation. Sessions that last several days are rare, and an older payment was on hold,
 * so a callback has come for it.
 */
const OLDEST_MS = 7 * 24 * 3_600_000;

/**
 * Covers the payments that got a result at the gateway within a period, so that the gateway should have
 * called us.
 */
export async function findHeard(
  db: Db,
  gateway: string,
  { from, to }: { from: Date; to: Date },
  mostUnheard: number,
): Promise<Heard> {
  const oldest = `pay_${(from.getTime() - OLDEST_MS).toString(16).padStart(12, '0')}`;
  const [found] = await rows<Heard>(
    db,
    sql`with heard as (select p.session_id, (select count(*)::int from deliveries d
          where d.payment_id = p.id and d.outcome = 'accepted' and d.event_id not like 'redelivery/%') as times
        from payments p where p.id >= ${oldest} and p.gateway = ${gateway} and p.updated_at >= ${from.toISOString()}
          and p.session_id is not null and p.transaction_id is not null
          and exists (select 1 from timeline t where t.payment_id = p.id and t.kind = 'decision' and t.data->>'from' = 'PENDING'
            and t.at >= ${from.toISOString()} and t.at < ${to.toISOString()}))
      select (select coalesce(sum(times), 0)::int from heard) as heard, array(select session_id from heard where times = 0
        order by random() limit ${mostUnheard}) as unheard`,
  );
  return found as Heard;
}
