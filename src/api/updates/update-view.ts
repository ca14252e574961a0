/** Updates as the API shows them, and the requests about them. */
import { z } from 'zod';
import type { OutboxRow } from '../../store/outbox.ts';
import { nextAttemptOf } from '../../store/untold-updates.ts';
import type { AttemptRow } from '../../store/update-attempts.ts';
import { aPayment, asker, reference, text, timestamp } from '../http/fields.ts';
import { limit } from '../http/pages.ts';

/** Longer than other ids, because the effect id of a review contains its cause. */
const effectId = text(2_000).meta({
  description: 'The `webhook-id` of the update',
  examples: ['1001/order.paid'],
});

/** One update by its id, or all that were given up, or that wait, since a time. */
export const resendRequest = z
  .strictObject({
    effectId: effectId.optional(),
    state: z.enum(['gave_up', 'pending'], { error: '"gave_up" or "pending"' }).optional().meta({
      description: 'Instead of `effectId`: all that were given up, or all that wait for their next attempt',
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
      message: 'either "effectId", or "state" with "since"',
    });
  })
  .meta({ id: 'RedeliverUpdate' });

/** The result of a request for all matching updates. */
export const resentUpdates = z
  .object({
    queued: z.int().meta({ description: 'How many updates are sent now' }),
    hasMore: z
      .boolean()
      .meta({ description: 'True if more updates match than one call queues: repeat the call' }),
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
        '`pending`: under way, or waiting for its next attempt. `delivered`: answered 2xx. `gone`: answered 410. `gave_up`: not acknowledged for three days. ' +
        '`superseded`: a later update replaces it. `off`: no ORDER_WEBHOOK_URL was set, or it is an order of `paidonce golive`',
    }),
    attempts: z.int().meta({ description: 'How often it was sent, including an attempt under way' }),
    lastAnswer: z
      .string()
      .nullable()
      .meta({ description: 'The HTTP status, or why there was no answer; deleted after RETENTION_UPDATES' }),
    queuedAt: timestamp.meta({ description: 'When its three days of retries began' }),
    attemptedAt: timestamp.nullable(),
    nextAttemptAt: timestamp.nullable().meta({ description: 'Null once no further attempt follows' }),
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
      description:
        'Only updates that were sent at least this often; with `state=pending`, those that keep failing',
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
    status: z.int().nullable().meta({ description: 'Null if there was no answer, or not yet' }),
    error: z
      .string()
      .nullable()
      .meta({ description: 'Why there was no answer', example: 'nothing within 5 s' }),
    ms: z.int().nullable().meta({
      description:
        'How long it took, in milliseconds. Null while it is under way, or if our process ended during it',
    }),
    answer: z.string().nullable().meta({
      description: "The first 200 characters of the answer's body, as text; control characters become spaces",
    }),
  })
  .meta({ id: 'UpdateAttempt' });

export const attemptsQuery = z.strictObject({
  limit,
  cursor: z.coerce
    .number('a number')
    .int()
    .min(1)
    .optional()
    .meta({ description: 'The `n` of the last attempt on the previous page', examples: [21] }),
});

/** An update and its state. */
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
    nextAttemptAt: nextAttemptOf(row)?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}

/** One attempt to send an update. */
export function viewAttempt({ n, at, status, error, ms, answer }: AttemptRow): z.infer<typeof updateAttempt> {
  return { n, at: at.toISOString(), status, error, ms, answer };
}
