/** The delivery log: the received callbacks, and whether each was handled. */
import { and, eq, inArray, sql, type SQL } from 'drizzle-orm';
import type { Callback } from '../domain/callback.ts';
import type { PaymentKey } from '../domain/payment.ts';
import { newId } from './new-ids.ts';
import { rows, type Db } from './open.ts';
import type { ReceivedDelivery } from './log-delivery.ts';
import { deliveries } from './schema/delivery-table.ts';
import type { Change } from './one-statement.ts';

export type DeliveryRow = typeof deliveries.$inferSelect;

/** Counts another receipt of the newest delivery with the same content. Returns whether there is one. */
export async function countReceipt(
  db: Db,
  gateway: string,
  { contentHash, key }: { readonly contentHash: string; readonly key: PaymentKey | null },
): Promise<boolean> {
  const counted = await rows(
    db,
    sql`update deliveries set receipts = receipts + 1, last_received_at = now() where id = (select id from deliveries
      where payment_id is not distinct from ${key?.paymentId ?? null} and content_hash = ${contentHash} and gateway = ${gateway}
        and outcome <> 'backfilled'
      order by received_at desc limit 1) returning id`,
  );
  return counted.length > 0;
}

/** Logs a request that proved nothing. It takes no event id, so that the genuine delivery is still new. */
export async function logRefused(
  db: Db,
  refused: Omit<ReceivedDelivery, 'eventId' | 'contentHash' | 'ignoredBecause'> & { reason: string },
): Promise<void> {
  const { key, claim, clues = [], ...rest } = refused;
  await db.insert(deliveries).values({
    ...rest,
    claim: { ...claim },
    clues: clues.length === 0 ? null : clues,
    id: newId('dlv'),
    paymentId: key?.paymentId ?? null,
    orderReference: key?.orderReference ?? null,
    n: key?.n ?? null,
    outcome: 'refused',
  });
}

/** Temporal has these signals, so the forwarder need not send them. */
export async function markSignalled(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await db
    .update(deliveries)
    .set({ state: 'signalled' })
    .where(and(inArray(deliveries.id, [...ids]), eq(deliveries.state, 'received')));
}

/**
 * The workflow has acted on these deliveries. One that came while the store was away gets its row now, so
 * that a repetition is recognized.
 */
export function markHandled(
  tx: Db,
  payment: { id: string; gateway: string; orderReference: string; n: number },
  handled: readonly Callback[],
): Change | null {
  if (handled.length === 0) return null;
  // One statement can't update a row twice, and a run must never block on that.
  const distinct = new Map(handled.map((delivery) => [delivery.eventId, delivery]));
  const values = [...distinct.values()].map((delivery) => ({
    id: newId('dlv'),
    gateway: payment.gateway,
    eventId: delivery.eventId,
    contentHash: delivery.contentHash,
    paymentId: payment.id,
    orderReference: payment.orderReference,
    n: payment.n,
    outcome: 'accepted',
    state: 'handled',
    reason: 'kept by Temporal while the store was away; its bytes are not known',
    claim: { ...delivery.claim },
    method: '',
    target: '',
    headers: {},
    body: Buffer.alloc(0),
    receivedAt: new Date(delivery.receivedAt),
    handledAt: sql`now()`,
  }));
  return tx
    .insert(deliveries)
    .values(values)
    .onConflictDoUpdate({
      target: [deliveries.gateway, deliveries.eventId],
      set: { state: 'handled', handledAt: sql`now()` },
    });
}

/** These deliveries are about a payment that is not ours: kept, counted, never acted on. */
export async function markForeign(
  db: Db,
  gateway: string,
  eventIds: readonly string[],
  reason: string,
): Promise<void> {
  if (eventIds.length === 0) return;
  await db
    .update(deliveries)
    .set({ outcome: 'ignored', state: 'handled', reason, handledAt: sql`now()` })
    .where(and(eq(deliveries.gateway, gateway), inArray(deliveries.eventId, [...eventIds])));
}

/**
 * Takes deliveries that could not be signalled when they came. Each stays taken for 10 s. It also takes,
 * after 1, 2, 4 … hours, deliveries that were signalled and that no run has handled: the gateway may be
 * silent, or the signal was lost with the last seconds of a server. A run remembers which deliveries it has
 * seen, and keeps every signal in its history.
 */
export async function claimUnsignalled(db: Db, limit: number): Promise<DeliveryRow[]> {
  const taken = await rows<{ id: string }>(
    db,
    sql`update deliveries set claimed_at = now() where id in (
          select id from deliveries where
            (state = 'received' and received_at < now() - interval '2 seconds'
              and (claimed_at is null or claimed_at < now() - interval '10 seconds'))
            or (state = 'signalled' and received_at < now() - interval '15 minutes'
              and (claimed_at is null or claimed_at < now() - greatest(interval '1 hour', claimed_at - received_at)))
          order by state, received_at limit ${limit} for update skip locked)
        returning id`,
  );
  if (taken.length === 0) return [];
  return db
    .select()
    .from(deliveries)
    .where(
      inArray(
        deliveries.id,
        taken.map((row) => row.id),
      ),
    );
}

const REFUSED_KEPT = sql`interval '7 days'`;

const PRUNED_AT_ONCE = 1_000;

/**
 * A refused delivery has at most 4 KiB, so all of them together take at most about 400 MB. SECURITY.md says
 * so.
 */
const REFUSED_AT_MOST = 100_000;
const IS_REFUSED = sql`outcome = 'refused'`;
/** Genuine, and about nothing of ours: without a body, and as short-lived as a refused one. */
const IS_OTHER = sql`outcome = 'ignored' and reason = 'other'`;

/**
 * Deletes some deliveries that are older than the retention; refused ones and others after a week, or beyond
 * the maximum number. Returns whether there may be more.
 */
export async function pruneDeliveries(
  db: Db,
  retentionMs: number,
  atMost = REFUSED_AT_MOST,
): Promise<boolean> {
  const gone = await rows<{ id: string }>(
    db,
    sql`delete from deliveries where id in (
      ${overdueAmong(IS_REFUSED, atMost)} union ${overdueAmong(IS_OTHER, atMost)} union (select id from deliveries where received_at < now() - ${retentionMs / 1_000} * interval '1 second'
        and state is distinct from 'received' limit ${PRUNED_AT_ONCE})) returning id`,
  );
  return gone.length >= PRUNED_AT_ONCE;
}

function overdueAmong(kind: SQL, atMost: number): SQL {
  return sql`(select id from deliveries where ${kind} and received_at < now() - ${REFUSED_KEPT} limit ${PRUNED_AT_ONCE})
    union (select id from deliveries where ${kind} order by received_at desc offset ${atMost} limit ${PRUNED_AT_ONCE})`;
}
