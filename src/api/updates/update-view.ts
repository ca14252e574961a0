/** Updates as the API shows them, and the requests about them. */
import { z } from 'zod';
import { UPDATE_TYPES } from '../../domain/order.ts';
import type { OutboxRow } from '../../store/outbox.ts';
import { nextAttemptOf } from '../../store/untold-updates.ts';
import type { AttemptRow } from '../../store/update-attempts.ts';
import { aPayment, asker, reference, since1970, text, timestamp } from '../http/fields.ts';
import { fileFormat, limit, pageOf } from '../http/pages.ts';

/** Longer than other ids, because the effect id of a review contains its cause. */
const effectId = text(2_000).meta({
  description: 'The `webhook-id` of the update',
  examples: ['1001/order.paid'],
});

const updateType = z.enum(UPDATE_TYPES).meta({ examples: ['order.paid'] });

const RESENT_TOGETHER = ['gave_up', 'pending', 'gone'] as const;

/** One update by its id, or all of a state that match the filters. */
export const resendRequest = z
  .strictObject({
    effectId: effectId.optional(),
    attempts: z.int('a whole number').min(0).optional().meta({
      description:
        'Only with `effectId`: how often it was sent when the person saw it. If it was sent since then, it is not sent again, so that a request which is repeated sends it once',
    }),
    state: z.enum(RESENT_TOGETHER, { error: '"gave_up", "pending" or "gone"' }).optional().meta({
      description:
        'Instead of `effectId`: all that were given up, that wait for their next attempt, or that were refused (410)',
    }),
    since: timestamp.optional().meta({
      description:
        'Only with `state`, and needed there unless `order` is given: ended, or queued, at this time or later',
    }),
    until: timestamp
      .optional()
      .meta({ description: 'Only with `state`: ended, or queued, before this time' }),
    type: updateType.optional(),
    order: reference.optional(),
    minAttempts: z.int('a whole number').min(0).optional().meta({ description: 'Only with `state`' }),
    ...asker,
  })
  .superRefine((given, context) => {
    const { effectId: one, attempts, state, since, order } = given;
    const filters = FILTERS.filter((name) => given[name] !== undefined);
    const isOne = one !== undefined && filters.length === 0;
    const isTimed = since !== undefined || order !== undefined;
    const isMany = one === undefined && attempts === undefined && state !== undefined && isTimed;
    if (isOne || isMany) return;
    const wrong = one === undefined ? (state === undefined ? 'effectId' : 'since') : (filters[0] ?? 'state');
    context.addIssue({
      code: 'custom',
      path: [wrong],
      message: 'either "effectId" alone or with "attempts", or "state" with "since" or "order"',
    });
  })
  .meta({ id: 'RedeliverUpdate' });

const FILTERS = ['state', 'since', 'until', 'type', 'order', 'minAttempts'] as const;

/** The result of a request for all matching updates. */
export const resentUpdates = z
  .object({
    queued: z.int().meta({ description: 'How many updates are sent now' }),
    hasMore: z
      .boolean()
      .meta({ description: 'True if more updates match than one call queues: repeat the call' }),
  })
  .meta({ id: 'RedeliveredUpdates' });

export const UPDATE_STATES = ['pending', 'delivered', 'gone', 'gave_up', 'superseded', 'off'] as const;

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
  type: updateType.optional(),
  answer: z
    .enum(['2xx', '3xx', '4xx', '5xx', 'none'])
    .optional()
    .meta({
      description: 'The class of the last answer; `none` if the last attempt got no answer',
      examples: ['5xx'],
    }),
  createdAfter: since1970.optional().meta({ description: 'Queued at this time or later' }),
  createdBefore: since1970.optional().meta({ description: 'Queued before this time' }),
  minAttempts: z.coerce
    .number('a number')
    .int()
    .min(0)
    .optional()
    .meta({
      description:
        'Only updates that were sent at least this often; with `state=pending`, those that keep failing. Without another filter all updates are read',
      examples: [3],
    }),
  payment: aPayment,
  order: reference.optional(),
  limit,
  cursor: effectId.optional(),
  format: fileFormat,
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

/** The attempts of an update, and whether another one follows. */
export const updateAttempts = pageOf(updateAttempt).extend({
  state: sentUpdate.shape.state,
  nextAttemptAt: sentUpdate.shape.nextAttemptAt,
});

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
