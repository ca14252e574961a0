/** What has just happened, to any payment: read by streams, by indexes whose end is short. */
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

export interface StoredNote extends StoredEvent {
  readonly n: number;
}

export interface StoredUpdate extends StoredEvent {
  readonly effectId: string;
  readonly isPending: boolean;
}

const MOST = 500;

/** The number of the newest note; 0 where there is none. */
export async function newestNote(db: Db): Promise<number> {
  const [newest] = await db.select({ id: timeline.id }).from(timeline).orderBy(desc(timeline.id)).limit(1);
  return newest?.id ?? 0;
}

const OF_PAYMENT = sql`p.order_reference as "orderReference", p.gateway, p.status, o.status as "orderStatus",
  coalesce(p.accepted_currency, p.currency) as currency`;

/** Notes of timelines with a larger number than this, oldest first. */
export function notesAfter(db: Db, after: number): Promise<StoredNote[]> {
  return rows(
    db,
    sql`select t.id::float as n, t.id::text as id, t.at, t.kind, t.text, t.payment_id as "paymentId", ${OF_PAYMENT}
      from timeline t join payments p on p.id = t.payment_id left join orders o on o.reference = p.order_reference
      where t.id > ${after} order by t.id limit ${MOST}`,
  );
}

/** Updates that were queued since then, and those with these ids, as they are now. */
export function updatesSince(db: Db, since: Date, ids: readonly string[]): Promise<StoredUpdate[]> {
  const found = sql`select u.effect_id as "effectId", u.state = 'pending' as "isPending",
      u.effect_id || ' ' || u.state || ' ' || u.attempts as id, coalesce(u.finished_at, u.attempted_at, u.created_at) as at, 'update' as kind,
      u.type || ': ' || u.state || coalesce(', ' || u.last_answer, '') as text, u.payment_id as "paymentId", ${OF_PAYMENT}
    from outbox u join payments p on p.id = u.payment_id left join orders o on o.reference = p.order_reference`;
  const known = sql.join(
    ids.map((id) => sql`${id}`),
    sql`, `,
  );
  const others = ids.length === 0 ? sql`` : sql` union ${found} where u.effect_id in (${known})`;
  return rows(
    db,
    sql`(${found} where u.created_at > ${since.toISOString()}::timestamptz order by u.created_at limit ${MOST})${others}`,
  );
}

/** Callbacks that were refused since then. Their senders are unknown, so they belong to no payment. */
export function refusedSince(db: Db, since: Date): Promise<StoredEvent[]> {
  return rows(
    db,
    sql`select d.id, d.received_at as at, 'refused' as kind, 'a callback was refused: ' || coalesce(d.reason, 'no reason') as text,
        null as "paymentId", null as "orderReference", d.gateway, null as status, null as "orderStatus", null as currency
      from deliveries d where d.outcome = 'refused' and d.received_at > ${since.toISOString()}::timestamptz
      order by d.received_at limit ${MOST}`,
  );
}
