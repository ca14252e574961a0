/** What in the store needs a person, by partial indexes of what is open, so its size does not matter. */
import { inArray, lt, sql, type SQL } from 'drizzle-orm';
import type { OperationKind } from '../domain/operation.ts';
import { idsFrom } from './new-ids.ts';
import { rows, type Db } from './open.ts';
import { attentionMarks } from './schema/attention-table.ts';

export type AttentionKind =
  | 'review'
  | 'give_back_due'
  | 'update_gave_up'
  | 'update_gone'
  | 'update_failing'
  | 'operation_open'
  | 'operation_unconfirmed'
  | 'callback_unhandled'
  | 'session_unopened'
  | 'authorization_lapsing'
  | 'approval_awaited'
  | 'dispute_open';

/** One thing, with what its sentence needs. `amount` in minor units, of money at risk. */
export interface OpenItem {
  readonly kind: AttentionKind;
  /** The payment, operation, update or callback. */
  readonly about: string;
  readonly since: Date;
  readonly orderReference: string | null;
  readonly paymentId: string | null;
  readonly gateway: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  /** The code or the words of its cause; items with the same are one fault. */
  readonly cause: string | null;
  readonly status: string;
  readonly attempts: number | null;
  readonly operation: OperationKind | null;
  /** What the gateway held when it was last read; only of a review. */
  readonly held?: { readonly amount?: number; readonly currency?: string } | null;
}

/** Of each kind. More are a flood, of which the figures have the number. */
const MOST_OF_KIND = 50;

const NOW = sql`now()`;
const ago = (text: string): SQL => sql`${NOW} - ${text}::interval`;

/** Everything that is open. `hasMore`: of some kind there is more than is listed. */
export async function readOpenItems(db: Db, now: Date): Promise<{ items: OpenItem[]; hasMore: boolean }> {
  const found = await Promise.all(
    [
      reviews(),
      givesBack(),
      updates('gave_up'),
      updates('gone'),
      failingUpdates(),
      openOperations(),
      unconfirmedOperations(now),
      unhandledCallbacks(),
      unopenedSessions(),
      lapsingAuthorizations(),
      awaitedApprovals(),
      openDisputes(),
    ].map((query) => rows<OpenItem>(db, sql`${query} limit ${MOST_OF_KIND + 1}`)),
  );
  return {
    items: found
      .flatMap((some) => some.slice(0, MOST_OF_KIND))
      .map((one) => ({ ...one, since: new Date(one.since) })),
    hasMore: found.some((some) => some.length > MOST_OF_KIND),
  };
}

const OF_PAYMENT_BUT_CURRENCY = sql`p.order_reference as "orderReference", p.id as "paymentId", p.gateway`;
const OF_PAYMENT = sql`${OF_PAYMENT_BUT_CURRENCY}, coalesce(p.accepted_currency, p.currency) as currency`;

/** In REVIEW, or settled with a question. */
function reviews(): SQL {
  return sql`select 'review' as kind, p.id as about, coalesce(p.review_since, p.updated_at) as since, ${OF_PAYMENT},
      p.amount, coalesce(p.review_mark, p.reason) as cause, p.status, null::int as attempts, null as operation, reading.data as held
    from payments p left join lateral (select data from timeline t
      where t.payment_id = p.id and t.kind = 'read' order by t.id desc limit 1) reading on true
    where p.status = 'REVIEW' or p.review_mark is not null order by p.id desc`;
}

/** Money that must go back, and is still there. */
function givesBack(): SQL {
  return sql`select 'give_back_due' as kind, p.id as about, p.updated_at as since, ${OF_PAYMENT},
      greatest(p.authorized, p.captured) as amount, p.reason as cause, p.status, null::int as attempts, null as operation
    from payments p where p.must_give_back and p.updated_at < ${ago('5 minutes')} order by p.updated_at`;
}

const OF_UPDATE = sql`o.effect_id as about, o.order_reference as "orderReference", o.payment_id as "paymentId", p.gateway,
  p.amount, p.currency, o.last_answer as cause, o.type as status, o.attempts, null as operation`;

/** Not told, and nothing later was: the shop does not know the order's state. */
function updates(state: 'gave_up' | 'gone'): SQL {
  return sql`select ${`update_${state}`} as kind, coalesce(o.finished_at, o.created_at) as since, ${OF_UPDATE}
    from outbox o join payments p on p.id = o.payment_id
    where o.state = ${state} and not exists (select 1 from outbox later where later.order_reference = o.order_reference
      and later.sequence > o.sequence and later.state = 'delivered')
    order by o.created_at desc`;
}

/** Refused four times: a shop that was away for a moment has answered by then. */
function failingUpdates(): SQL {
  return sql`select 'update_failing' as kind, o.created_at as since, ${OF_UPDATE}
    from outbox o join payments p on p.id = o.payment_id
    where o.state = 'pending' and o.attempts >= 4 order by o.created_at`;
}

const OF_OPERATION = sql`op.id as about, op.created_at as since, ${OF_PAYMENT}, coalesce(op.amount, op.wanted) as amount,
  null::int as attempts, op.kind as operation`;

function openOperations(): SQL {
  return sql`select 'operation_open' as kind, ${OF_OPERATION}, op.detail as cause, op.state as status
    from operations op join payments p on p.id = op.payment_id
    where op.state in ('pending', 'unknown') and op.created_at < ${ago('5 minutes')} order by op.updated_at`;
}

/** Given up without knowing: only the gateway can tell. They stay for a week. */
function unconfirmedOperations(now: Date): SQL {
  const since = idsFrom('op', new Date(now.getTime() - 7 * 86_400_000));
  return sql`select 'operation_unconfirmed' as kind, ${OF_OPERATION}, op.code as cause, op.state as status
    from operations op join payments p on p.id = op.payment_id
    where op.state = 'failed' and op.code = 'not_confirmed' and op.id >= ${since} order by op.id desc`;
}

function unhandledCallbacks(): SQL {
  return sql`select 'callback_unhandled' as kind, d.id as about, d.received_at as since, d.order_reference as "orderReference",
      d.payment_id as "paymentId", d.gateway, p.amount, p.currency, d.state as cause, d.outcome as status, null::int as attempts, null as operation
    from deliveries d left join payments p on p.id = d.payment_id
    where d.state in ('received', 'signalled') and d.received_at < ${ago('60 seconds')} order by d.received_at`;
}

function unopenedSessions(): SQL {
  return sql`select 'session_unopened' as kind, p.id as about, p.created_at as since, ${OF_PAYMENT}, p.amount, null as cause, p.status,
      null::int as attempts, null as operation
    from payments p where p.status = 'PENDING' and p.session_id is null and p.created_at < ${ago('30 seconds')} order by p.created_at`;
}

function lapsingAuthorizations(): SQL {
  return sql`select 'authorization_lapsing' as kind, p.id as about, p.authorization_expires_at as since, ${OF_PAYMENT},
      p.authorized - p.captured as amount, null as cause, p.status, null::int as attempts, null as operation
    from payments p where p.authorization_expires_at < ${NOW} + interval '48 hours'
      and p.status in ('AUTHORIZED', 'PARTIALLY_CAPTURED') order by p.authorization_expires_at`;
}

/** Requests above the limit, which end after a day without a second person. */
function awaitedApprovals(): SQL {
  return sql`select 'approval_awaited' as kind, a.id as about, a.asked_at as since, ${OF_PAYMENT_BUT_CURRENCY}, a.amount, a.currency,
      a.what as cause, a.actor as status, null::int as attempts, null as operation
    from approvals a join payments p on p.id = a.payment_id
    where a.state = 'awaiting' and a.expires_at > ${NOW} order by a.id`;
}

/** A payer's bank wants money back, and the merchant can answer. They are few: an index has those with any. */
function openDisputes(): SQL {
  return sql`select 'dispute_open' as kind, p.id as about, p.updated_at as since, ${OF_PAYMENT},
      (one ->> 'amountMinor')::int as amount, one ->> 'reason' as cause, coalesce(one ->> 'dueBy', '') as status,
      null::int as attempts, null as operation
    from payments p, jsonb_array_elements(p.disputes) one
    where p.disputes <> '[]'::jsonb and one ->> 'state' = 'open' order by p.id desc`;
}

export type AttentionMark = typeof attentionMarks.$inferSelect;

export function readMarksOf(db: Db, items: readonly string[]): Promise<AttentionMark[]> {
  return items.length === 0
    ? Promise.resolve([])
    : db
        .select()
        .from(attentionMarks)
        .where(inArray(attentionMarks.item, [...items]));
}

/** What a person writes; what is undefined stays, and null takes it away. */
export interface NewMark {
  readonly item: string;
  readonly owner?: string | null | undefined;
  readonly snoozedUntil?: Date | null | undefined;
  readonly note?: string | null | undefined;
  readonly actor: string;
  readonly key: string;
}

export async function writeMark(db: Db, { item, ...mark }: NewMark): Promise<AttentionMark> {
  const changed = { ...mark, updatedAt: NOW };
  const [written] = await db
    .insert(attentionMarks)
    .values({ item, ...mark })
    .onConflictDoUpdate({ target: attentionMarks.item, set: changed })
    .returning();
  return written as AttentionMark;
}

const KEPT = sql`interval '90 days'`;

/** Deletes old marks. Their items ended long ago, or somebody has to look at them again. */
export async function pruneMarks(db: Db): Promise<void> {
  await db.delete(attentionMarks).where(lt(attentionMarks.updatedAt, sql`now() - ${KEPT}`));
}
