/** What needs somebody, as the API shows it, and the marks that people write on it: contract §3. */
import { z } from 'zod';
import type { AttentionMark } from '../../store/attention.ts';
import { text, timestamp } from '../http/fields.ts';
import { GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';
import type { Attention, AttentionItem } from './find-attention.ts';

const itemId = text(2_100).meta({ examples: [`review/${PAYMENT_ID}`] });

export const attentionMark = z
  .object({
    owner: z.string().nullable().meta({ description: 'The person that looks after it' }),
    snoozedUntil: timestamp.nullable().meta({ description: 'Until then it is left out of the list' }),
    note: z.string().nullable(),
    actor: z.string().meta({ description: 'The last person that changed the mark' }),
    updatedAt: timestamp,
  })
  .meta({ id: 'AttentionMark' });

export const attentionItem = z
  .object({
    id: itemId.meta({ description: 'The same as long as the same thing needs somebody' }),
    kind: z.string().meta({
      description:
        '`review`, `give_back_due`, `update_gave_up`, `update_gone`, `update_failing`, `operation_open` (5 minutes), `operation_unconfirmed`, `callback_unhandled` (60 s), ' +
        '`session_unopened` (30 s), `authorization_lapsing` (48 h), `approval_awaited`, `dispute_open`, `callbacks_refused` (three of one cause within an hour), `run_stuck`, `run_paused`, `workers_away`, `sweep_overdue` or `drift`; more may be added',
    }),
    severity: z.enum(['high', 'low']).meta({
      description:
        '`low`: it may still end without a person. An update that keeps failing is `high` after an hour',
    }),
    text: z.string().meta({ description: 'One sentence, for people' }),
    cause: z.string().meta({ description: 'The same for all that have one fault in common' }),
    about: z
      .string()
      .meta({ description: 'The id of the payment, operation, update, callback, run or listing' }),
    since: timestamp.nullable(),
    orderReference: z.string().nullable(),
    payment: z.string().nullable(),
    gateway: z.string().nullable(),
    amount: z
      .int()
      .nullable()
      .meta({ description: 'Minor units of money at risk: of a review, what the gateway holds' }),
    currency: z.string().nullable(),
    mark: attentionMark.nullable(),
  })
  .meta({ id: 'AttentionItem' });

export const attentionAnswer = z.object({
  data: z.array(attentionItem),
  hasMore: z
    .boolean()
    .meta({ description: 'True if of some kind there are more than the fifty that are listed' }),
  unasked: z
    .array(z.string())
    .meta({ description: 'What could not be asked now; its part of the list is missing' }),
});

export const attentionQuery = z.strictObject({
  snoozed: z
    .literal('true')
    .optional()
    .meta({ description: 'Also what somebody has put off', examples: ['true'] }),
});

export const markRequest = z
  .strictObject({
    item: itemId,
    owner: text(200)
      .nullable()
      .optional()
      .meta({ description: 'Null takes it away; absent leaves it as it is' }),
    snoozeUntil: timestamp.nullable().optional(),
    note: text(2_000).nullable().optional(),
    actor: text(200)
      .optional()
      .meta({ description: "The person that writes this; the API key's name if none is given" }),
  })
  .meta({ id: 'MarkAttention' });

export function viewAttention({ items, hasMore, unasked }: Attention): z.infer<typeof attentionAnswer> {
  return { data: items.map(viewItem), hasMore, unasked: [...unasked] };
}

function viewItem({
  paymentId: payment,
  since,
  mark,
  ...item
}: AttentionItem): z.infer<typeof attentionItem> {
  return { ...item, payment, since: since?.toISOString() ?? null, mark: mark && viewMark(mark) };
}

export function viewMark({
  owner,
  snoozedUntil,
  note,
  actor,
  updatedAt,
}: AttentionMark): z.infer<typeof attentionMark> {
  return {
    owner,
    snoozedUntil: snoozedUntil?.toISOString() ?? null,
    note,
    actor,
    updatedAt: updatedAt.toISOString(),
  };
}

export const markExample: z.infer<typeof attentionMark> = {
  owner: 'ada',
  snoozedUntil: null,
  note: 'asked the gateway',
  actor: 'ada',
  updatedAt: '2026-11-22T09:10:00.000Z',
};

export const attentionExample: z.infer<typeof attentionAnswer> = {
  data: [
    {
      id: `review/${PAYMENT_ID}`,
      kind: 'review',
      severity: 'high',
      text: `amount_mismatch: asked 722.00 NOK, ${GATEWAY.name} holds 723.00 NOK`,
      cause: 'review: amount_mismatch',
      about: PAYMENT_ID,
      since: '2026-11-22T09:00:00.667Z',
      orderReference: '1001',
      payment: PAYMENT_ID,
      gateway: GATEWAY.id,
      amount: 72300,
      currency: 'NOK',
      mark: markExample,
    },
  ],
  hasMore: false,
  unasked: [],
};
