/** The rows of the outbox about a change, each with an id that no other event of the order has. */
import { createHash } from 'node:crypto';
import type { OrderChange } from '../../domain/order-change.ts';
import { isPlain } from '../../domain/news.ts';
import { effectId, type UpdateType } from '../../domain/order.ts';
import { isTrialOrder, TOLD_TO_NO_SHOP } from '../../domain/trial-order.ts';
import { updateBody } from '../update-body.ts';
import type { outbox } from '../schema/update-tables.ts';
import type { ChangedRows } from './changed-rows.ts';
import type { Locked } from './lock-order.ts';
import type { RecordSettings } from './record-request.ts';

/** The updates that announce the change to the merchant. */
export function updateRows(
  before: Locked,
  { order, payment }: ChangedRows,
  change: OrderChange,
  { livemode, tells }: RecordSettings,
): (typeof outbox.$inferInsert)[] {
  const isLive = livemode(payment.gateway);
  const isTrial = isTrialOrder(order.reference, isLive);
  return change.updates.map((update, index) => {
    const sequence = before.order.sequence + index + 1;
    const key = { orderReference: order.reference, paymentId: payment.id };
    return {
      ...key,
      effectId: freshEffect(before.known, effectId(key, update.type, plain(update.cause)), update.type),
      sequence,
      type: update.type,
      body: updateBody(update, { order, payment, sequence, livemode: isLive }),
      state: tells && !isTrial ? 'pending' : 'off',
      ...(isTrial && { lastAnswer: TOLD_TO_NO_SHOP }),
      ...(update.isDeferred && { nextAttemptAt: new Date(before.now.getTime() + DEFERRED_MS) }),
    };
  });
}

/** Longer than the API needs to open the next session, or a merchant to ask for it again. */
const DEFERRED_MS = 60_000;

/** A cause may be an id of the gateway. In our ids it must be short ASCII. */
function plain(cause: string): string {
  return isPlain(cause) ? cause : createHash('sha256').update(cause).digest('hex').slice(0, 32);
}

/**
 * An event may happen to a payment again, long after it was over: a failure after a review, or a void after a
 * reversed one. It then gets a new id.
 */
function freshEffect(known: readonly string[], effect: string, type: UpdateType): string {
  if (type === 'order.paid') return effect;
  const earlier = known.filter((id) => id === effect || id.startsWith(`${effect}-again-`)).length;
  return earlier === 0 ? effect : `${effect}-again-${earlier}`;
}
