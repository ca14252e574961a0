/** What has just happened, to any payment: read for streams, by indexes whose end is short. */
import { desc, sql } from 'drizzle-orm';
import { rows, type Db } from './open.ts';
import { timeline } from './schema/order-tables.ts';

export interface StoredEvent {
  /** Unique, and the same when it is read again. */
  readonly id: string;
  readonly at: Date;
  readonly kind: string;
  readonly text: string;
  readonly paymentId: string | null;
  readonly orderReference: string | null;
  readonly gateway: string | null;
  /** Of the payment and the order, by now. */
  readonly status: string | null;
  readonly orderStatus: string | null;
  readonly currency: string | null;
}

/** Of a note its number, and of an update its id and whether it is still to be sent; null of all else. */
export interface HappenedEvent extends StoredEvent {
  readonly n: number | null;
  readonly effectId: string | null;
  readonly isPending: boolean | null;
}

export interface Asked {
  /** Notes of timelines with a larger number than this. */
  readonly afterNote: number;
  /** Their numbers: these notes are known already. */
  readonly knownNotes: readonly number[];
  /** Updates that were queued since then, and callbacks that were refused since then. */
  readonly since: Date;
  /** Updates with these ids, as they are now. */
  readonly updates: readonly string[];
}

const MOST = 500;

/** The number of the newest note; 0 where there is none. */
export async function newestNote(db: Db): Promise<number> {
  const [newest] = await db.select({ id: timeline.id }).from(timeline).orderBy(desc(timeline.id)).limit(1);
  return newest?.id ?? 0;
}

const OF_PAYMENT = sql`p.order_reference as "orderReference", p.gateway, p.status, o.status as "orderStatus",
  coalesce(p.accepted_currency, p.currency) as currency`;

const NOTES = sql`select t.id::float as n, null as "effectId", null::boolean as "isPending", t.id::text as id, t.at, t.kind, t.text,
    t.payment_id as "paymentId", ${OF_PAYMENT}
  from timeline t join payments p on p.id = t.payment_id left join orders o on o.reference = p.order_reference`;

const UPDATES = sql`select null::float as n, u.effect_id as "effectId", u.state = 'pending' as "isPending",
    u.effect_id || ' ' || u.state || ' ' || u.attempts as id, coalesce(u.finished_at, u.attempted_at, u.created_at) as at,
    'update' as kind, u.type || ': ' || u.state || coalesce(', ' || u.last_answer, '') as text, u.payment_id as "paymentId", ${OF_PAYMENT}
  from outbox u join payments p on p.id = u.payment_id left join orders o on o.reference = p.order_reference`;

/** The senders of refused callbacks are unknown, so they belong to no payment. */
const REFUSED = sql`select null::float as n, null as "effectId", null::boolean as "isPending", d.id, d.received_at as at,
    'refused' as kind, 'a callback was refused: ' || coalesce(d.reason, 'no reason') as text, null as "paymentId",
    null as "orderReference", d.gateway, null as status, null as "orderStatus", null as currency
  from deliveries d`;

/** Notes of timelines with a larger number than this, oldest first. */
export function notesAfter(db: Db, after: number): Promise<HappenedEvent[]> {
  return rows(db, sql`${NOTES} where t.id > ${after} order by t.id limit ${MOST}`);
}

/** What has just happened. One statement, since many streams ask for it all the time; each part reads one index. */
export function whatHappened(db: Db, asked: Asked): Promise<HappenedEvent[]> {
  const since = sql`${asked.since.toISOString()}::timestamptz`;
  return rows(
    db,
    sql`(${NOTES} where t.id > ${asked.afterNote} and t.id <> all(${`{${asked.knownNotes.join(',')}}`}::bigint[])
        order by t.id limit ${MOST})
      union all (${UPDATES} where u.created_at > ${since} order by u.created_at limit ${MOST})
      union (${UPDATES} where u.effect_id in (select jsonb_array_elements_text(${JSON.stringify(asked.updates)}::jsonb)))
      union all (${REFUSED} where d.outcome = 'refused' and d.received_at > ${since} order by d.received_at limit ${MOST})`,
  );
}
