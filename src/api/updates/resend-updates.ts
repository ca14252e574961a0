/** Sends updates to the merchant again at a person's request. */
import { isSupersededByLater, type UpdateType } from '../../domain/order.ts';
import type { Service } from '../../service.ts';
import type { Asker } from '../../store/asker.ts';
import type { Db } from '../../store/open.ts';
import { readUpdate, type OutboxRow, type OutboxState } from '../../store/outbox.ts';
import { findResendable, queueAgain, RESENDABLE, type ResendFilter } from '../../store/redelivery.ts';
import { Refusal } from '../refusal.ts';

/** One update. `attempts`: how often it was sent when the person saw it. */
type OneUpdate = Asker & { readonly effectId: string; readonly attempts?: number | undefined };

/**
 * Sends the merchant one update again, unless it was sent since the person saw it.
 * @throws Refusal `not_found`, `not_redeliverable`
 */
export async function resend(service: Service, asked: OneUpdate): Promise<OutboxRow> {
  const update = await queue(service.store.db, asked);
  // If this process sends no updates, a worker finds it in the store within a second or two.
  service.firstAttempts.tell(update.orderReference, [update.effectId]);
  return update;
}

async function queue(db: Db, { effectId, attempts, ...asker }: OneUpdate): Promise<OutboxRow> {
  const known = await readUpdate(db, effectId);
  if (known === null) throw new Refusal('not_found', 'there is no such update');
  if (attempts !== undefined && known.attempts !== attempts) return known;
  const isOver = known.hasLater && isSupersededByLater(known.type as UpdateType);
  if (isOver)
    throw new Refusal(
      'not_redeliverable',
      `a later update of the order replaces ${known.type}, which is no longer true; send the later one`,
    );
  if (known.body === '') throw bodyless();
  const update = await queueAgain(db, { effectId, attempts: known.attempts }, asker);
  if (update !== null) return update;
  // An attempt that has begun in the meantime is the one that was asked for.
  const since = await readUpdate(db, effectId);
  if (since !== null && since.attempts !== known.attempts) return since;
  throw notNow(known.state as OutboxState);
}

/** How many updates one call queues. */
const MOST_AT_ONCE = 500;

/**
 * Sends all updates of a state that match, the oldest first. Updates that a later one replaces are left out.
 * Workers find them in the store, some at a time.
 */
export async function resendAll(
  service: Service,
  {
    state = 'gave_up',
    ...filter
  }: Omit<ResendFilter, 'state'> & { state?: ResendFilter['state'] | undefined },
  asker: Asker,
): Promise<{ queued: number; hasMore: boolean }> {
  const found = await findResendable(service.store.db, { state, ...filter }, MOST_AT_ONCE + 1);
  let queued = 0;
  for (const effectId of found.slice(0, MOST_AT_ONCE)) {
    const isSent = await queue(service.store.db, { effectId, ...asker }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Refusal) return false;
        throw error;
      },
    );
    if (isSent) queued += 1;
  }
  return { queued, hasMore: found.length > MOST_AT_ONCE };
}

function bodyless(): Refusal {
  return new Refusal(
    'not_redeliverable',
    'the body of the update was deleted, because it is older than RETENTION_UPDATES; GET /v1/orders/{reference} has the current state',
  );
}

function notNow(state: OutboxState): Refusal {
  return new Refusal(
    'not_redeliverable',
    `the update is ${state}; only one that is ${RESENDABLE.join(', ')} can be sent again`,
  );
}
