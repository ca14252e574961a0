/**
 * Repetitions on a person's request: run a stored callback again, send an update again. The person and the
 * reason are noted in the timeline, beside the audit log of the call.
 */
import { and, asc, eq, gte, inArray, isNotNull, lt, ne, not, or, sql } from 'drizzle-orm';
import { SUPERSEDED_BY_LATER } from '../domain/order.ts';
import { nameOf, type Asker } from './asker.ts';
import type { DeliveryRow } from './deliveries.ts';
import { is } from './lists.ts';
import { newId } from './new-ids.ts';
import type { Db } from './open.ts';
import { HAS_LATER, type OutboxRow, type OutboxState } from './outbox.ts';
import { deliveries } from './schema/delivery-table.ts';
import { outbox } from './schema/update-tables.ts';
import { timeline } from './schema/order-tables.ts';
import { changeTogether } from './one-statement.ts';

/** One delivery, or null. */
export async function findDelivery(db: Db, id: string): Promise<DeliveryRow | null> {
  const [delivery] = await db.select().from(deliveries).where(eq(deliveries.id, id));
  return delivery ?? null;
}

/** A delivery about a payment, to be run again. */
export type PaymentDelivery = DeliveryRow & { readonly paymentId: string };

/**
 * Records a stored delivery again, with an id of its own, so that the run takes it as new and the forwarder
 * signals it if no other process does. The bytes stay with the first delivery. Returns the new one.
 */
export async function writeAgain(db: Db, stored: PaymentDelivery, asker: Asker): Promise<PaymentDelivery> {
  const { id: first, gateway, contentHash, paymentId, orderReference, n, claim, method, target } = stored;
  const id = newId('dlv');
  const again = db
    .insert(deliveries)
    .values({
      id,
      gateway,
      contentHash,
      paymentId,
      orderReference,
      n,
      claim,
      method,
      target,
      eventId: `redelivery/${first}/${id}`,
      outcome: 'accepted',
      state: 'received',
      reason: `${first} run again; its bytes are there`,
      headers: {},
      body: Buffer.alloc(0),
    })
    .returning({ id: deliveries.id });
  const text = `${nameOf(asker)} asked to run delivery ${first} again: ${asker.reason}`;
  const data = { delivery: first, ...asker };
  const note = db
    .insert(timeline)
    .values({ paymentId, kind: 'operator', text, data, key: `redelivery-${id}` });
  await changeTogether(db, [note, again]);
  const written = await findDelivery(db, id);
  return { ...stored, ...written, paymentId };
}

/**
 * The states from which a person can have an update sent. A pending update may wait up to an hour for its
 * next retry; it is then sent now.
 */
export const RESENDABLE: readonly OutboxState[] = ['pending', 'gave_up', 'gone', 'delivered', 'off'];

/** The body is still there: RETENTION_UPDATES has not deleted it. */
const hasBody = ne(outbox.body, '');

/** No later update replaces it. Such updates stay as they are, so a search that found them would never get on. */
const isStillTrue = or(not(inArray(outbox.type, [...SUPERSEDED_BY_LATER])), not(HAS_LATER));

/** Updates that are sent again together. The times and `minAttempts` are optional. */
export interface ResendFilter {
  readonly state: 'gave_up' | 'gone' | 'pending';
  /** When they ended; of pending ones, when they were queued. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly type?: string | undefined;
  readonly order?: string | undefined;
  readonly minAttempts?: number | undefined;
}

/** The updates that match and can be sent again, oldest first. A pending one waits for its next retry. */
export async function findResendable(db: Db, filter: ResendFilter, limit: number): Promise<string[]> {
  const { state, since, until, type, order, minAttempts } = filter;
  const by = state === 'pending' ? outbox.createdAt : outbox.finishedAt;
  const found = await db
    .select({ effectId: outbox.effectId })
    .from(outbox)
    .where(
      and(
        eq(outbox.state, state),
        state === 'pending' ? isNotNull(outbox.attemptedAt) : hasBody,
        isStillTrue,
        since === undefined ? undefined : gte(by, new Date(since)),
        until === undefined ? undefined : lt(by, new Date(until)),
        is(outbox.type, type),
        is(outbox.orderReference, order),
        minAttempts === undefined ? undefined : gte(outbox.attempts, minAttempts),
      ),
    )
    .orderBy(asc(by), asc(outbox.effectId))
    .limit(limit);
  return found.map(({ effectId }) => effectId);
}

/**
 * Queues an update to be sent now, by a run that starts with fresh retries; its three days count from now.
 * Null where it is in none of these states, its body is gone, or it was sent more often than that.
 */
export function queueAgain(
  db: Db,
  { effectId, attempts }: { readonly effectId: string; readonly attempts: number },
  asker: Asker,
): Promise<OutboxRow | null> {
  return db.transaction(async (tx) => {
    const [update] = await tx
      .update(outbox)
      .set({
        state: 'pending',
        tries: 0,
        lastAnswer: null,
        attemptedAt: null,
        nextAttemptAt: sql`now()`,
        teller: null,
        finishedAt: null,
        createdAt: sql`now()`,
      })
      .where(
        and(
          eq(outbox.effectId, effectId),
          eq(outbox.attempts, attempts),
          inArray(outbox.state, [...RESENDABLE]),
          hasBody,
        ),
      )
      .returning();
    if (update === undefined) return null;
    const text = `${nameOf(asker)} asked to send ${update.type} again: ${asker.reason}`;
    const data = { effectId, ...asker };
    const key = `resend-${effectId}-${Date.now()}`;
    await tx.insert(timeline).values({ paymentId: update.paymentId, kind: 'operator', text, data, key });
    return update;
  });
}
