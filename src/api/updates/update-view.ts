/** What the merchant was told as it is shown, and what is asked of it. */
import { z } from 'zod';
import type { OutboxRow } from '../../store/outbox.ts';
import type { AttemptRow } from '../../store/update-attempts.ts';
import { aPayment, asker, reference, text, timestamp } from '../http/fields.ts';
import { limit } from '../http/pages.ts';

/** Longer than other ids: the cause of a review is part of its effect's. */
const effectId = text(2_000).meta({
  description: 'The `webhook-id` of the update',
  examples: ['1001/order.paid'],
});

/** One by its id, or all that were given up since a time, or that wait since then. */
export const resendRequest = z
  .strictObject({
    effectId: effectId.optional(),
    state: z.enum(['gave_up', 'pending'], { error: '"gave_up" or "pending"' }).optional().meta({
      description: 'Instead of `effectId`: all that were given up, or all that wait for their next try',
    }),
    since: timestamp
      .optional()
      .meta({ description: 'Only with `state`: given up, or queued, at this time or later' }),
    ...asker,
  })
  .superRefine(({ effectId: one, state, since }, context) => {
    const isOne = one !== undefined && state === undefined && since === undefined;
    const isMany = one === undefined && state !== undefined && since !== undefined;
    if (isOne || isMany) return;
    context.addIssue({
      code: 'custom',
      path: one === undefined ? ['effectId'] : [state === undefined ? 'since' : 'state'],
      message: 'expected either "effectId", or "state" with "since"',
    });
  })
  .meta({ id: 'RedeliverUpdate' });

/** What came of asking for all that match. */
export const resentUpdates = z
  .object({
    queued: z.int().meta({ description: 'How many are sent now' }),
    hasMore: z
      .boolean()
      .meta({ description: 'True where more match than are queued in one call: call again' }),
  })
  .meta({ id: 'RedeliveredUpdates' });

const UPDATE_STATES = ['pending', 'delivered', 'gone', 'gave_up', 'superseded', 'off'] as const;

export const sentUpdate = z
  .object({
    effectId: z.string(),
    type: z.string(),
    orderReference: z.string(),
    payment: z.string(),
    sequence: z.int(),
    state: z.enum(UPDATE_STATES).meta({
      description:
        '`pending`: on its way, or waiting for its next try. `delivered`: answered 2xx. `gone`: answered 410. `gave_up`: not taken for three days. ' +
        '`superseded`: the order has moved on. `off`: no ORDER_WEBHOOK_URL was set',
    }),
    attempts: z.int().meta({ description: 'How often it was sent, one that is under way included' }),
    lastAnswer: z
      .string()
      .nullable()
      .meta({ description: 'A status, or why there was none: that goes with RETENTION_UPDATES' }),
    queuedAt: timestamp.meta({ description: 'When its three days began' }),
    attemptedAt: timestamp.nullable(),
    nextAttemptAt: timestamp.nullable().meta({ description: 'Null once the telling is over' }),
    finishedAt: timestamp.nullable(),
  })
  .meta({ id: 'SentUpdate' });

export const updatesQuery = z.strictObject({
  state: z
    .enum(UPDATE_STATES)
    .optional()
    .meta({ examples: ['gave_up'] }),
  minAttempts: z.coerce
    .number('a number')
    .int()
    .min(0)
    .optional()
    .meta({
      description: 'Sent at least so often: with `state=pending`, those that keep failing',
      examples: [3],
    }),
  payment: aPayment,
  order: reference.optional(),
  limit,
  cursor: effectId.optional(),
});

export const updateAttempt = z
  .object({
    n: z.int().meta({ description: '1 is the first' }),
    at: timestamp.meta({ description: 'When it began' }),
    status: z.int().nullable().meta({ description: 'Null where there was no answer, or not yet' }),
    error: z
      .string()
      .nullable()
      .meta({ description: 'Why there was no answer', example: 'nothing within 5 s' }),
    ms: z.int().nullable().meta({
      description: 'How long it took. Null while it is under way, or where our process ended under it',
    }),
    answer: z
      .string()
      .nullable()
      .meta({ description: "The first 200 characters of the answer's body, as text; controls are spaces" }),
  })
  .meta({ id: 'UpdateAttempt' });

export const attemptsQuery = z.strictObject({
  limit,
  cursor: z.coerce
    .number('a number')
    .int()
    .min(1)
    .optional()
    .meta({ description: '`n` of the last one seen', examples: [21] }),
});

/** An update, and whether it was taken. */
export function viewUpdate(row: OutboxRow): z.infer<typeof sentUpdate> {
  const { effectId, type, orderReference, paymentId, sequence, attempts, lastAnswer } = row;
  return {
    effectId,
    type,
    orderReference,
    payment: paymentId,
    sequence,
    attempts,
    lastAnswer,
    state: row.state as z.infer<typeof sentUpdate>['state'],
    queuedAt: row.createdAt.toISOString(),
    attemptedAt: row.attemptedAt?.toISOString() ?? null,
    nextAttemptAt: row.state === 'pending' ? row.nextAttemptAt.toISOString() : null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** One attempt to send an update. */
export function viewAttempt({ n, at, status, error, ms, answer }: AttemptRow): z.infer<typeof updateAttempt> {
  return { n, at: at.toISOString(), status, error, ms, answer };
}
