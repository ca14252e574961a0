/** The shapes of the search: contract §3. */
import { z } from 'zod';
import type { Found } from '../../store/search.ts';
import { text, timestamp } from '../http/fields.ts';
import { EXAMPLE, PAYMENT_ID } from '../payments/payment-examples.ts';

export const hit = z
  .object({
    kind: z.enum(['order', 'payment', 'operation', 'delivery', 'update']),
    by: z
      .enum([
        'reference',
        'merchantReference2',
        'id',
        'session',
        'transaction',
        'surplus',
        'workflow',
        'event',
        'amount',
      ])
      .meta({ description: 'Which of its ids matched; `surplus`: a further transaction of its session' }),
    matched: z.string().meta({ description: 'The text of the search that matched' }),
    id: z.string().meta({
      description: 'The id of the match: an order reference, `pay_…`, `op_…`, `dlv_…` or `webhook-id`',
    }),
    orderReference: z
      .string()
      .nullable()
      .meta({ description: 'Null for a callback that belongs to none of our orders' }),
    paymentId: z.string().nullable().meta({ description: 'Null for an order' }),
    status: z
      .string()
      .meta({ description: 'The status; for an update its state, for a delivery its outcome' }),
    amount: z.int().nullable().meta({ description: 'Minor units; null if the match has no amount' }),
    currency: z.string().nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'SearchHit' });

export const searchAnswer = z.object({
  data: z.array(hit),
  hasMore: z.boolean().meta({ description: 'True if there are more matches than the twenty shown' }),
});

export const searchQuery = z.strictObject({
  q: text(1_000)
    .refine((q) => q.split(/[\s,;]+/).every((id) => id.length <= 200), 'ids of at most 200 characters')
    .meta({
      description:
        'One complete id: order reference, payment, session, transaction, delivery, event, `webhook-id` of an update, operation or its ' +
        'reference, `merchantReference2`, Temporal workflow id; or an amount as `299.90` or `299.90 NOK`. Or several ids, at most ten, with blanks or commas between them',
      example: EXAMPLE.transactionId,
    }),
});

/** The matches of a search as the API shows them. */
export function viewFound({ hits, hasMore }: Found): z.infer<typeof searchAnswer> {
  const data = hits.map(({ createdAt, ...hit }) => ({ ...hit, createdAt: createdAt.toISOString() }));
  return { data, hasMore };
}

export const searchExample: z.infer<typeof searchAnswer> = {
  data: [
    {
      kind: 'payment',
      by: 'transaction',
      matched: EXAMPLE.transactionId,
      id: PAYMENT_ID,
      orderReference: '1001',
      paymentId: PAYMENT_ID,
      status: 'AUTHORIZED',
      amount: 72200,
      currency: 'NOK',
      createdAt: '2026-11-21T13:47:12.604Z',
    },
  ],
  hasMore: false,
};
