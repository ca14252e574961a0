/** Whether callbacks came for what was settled or held. */
import { sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';

export interface Heard {
  /** Callbacks that were accepted. */
  readonly heard: number;
  /** Sessions of which nothing was heard; some of them where there are many. */
  readonly unheard: readonly string[];
}

/** Ids sort by time of creation; sessions of several days are rare, and what is older was held: it has been heard of. */
const OLDEST_MS = 7 * 24 * 3_600_000;

/** Of the payments that have come to something at the gateway within a time, so that it should have called us. */
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
