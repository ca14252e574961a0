/** The shapes of the search: contract §3. */
import { z } from 'zod';
import { text, timestamp } from '../payments/payment-requests.ts';

export const hit = z
  .object({
    kind: z.enum(['order', 'payment', 'operation', 'delivery', 'update']),
    by: z
      .enum(['reference', 'id', 'session', 'transaction', 'workflow', 'event', 'amount'])
      .meta({ description: 'Which of its ids it was' }),
    id: z
      .string()
      .meta({ description: 'Of what was found: its reference, `pay_…`, `op_…`, `dlv_…` or `webhook-id`' }),
    orderReference: z
      .string()
      .nullable()
      .meta({ description: 'Null for a callback that is of no order of ours' }),
    paymentId: z.string().nullable().meta({ description: 'Null for an order' }),
    status: z.string().meta({ description: 'Of an update its state, of a delivery its outcome' }),
    amount: z.int().nullable().meta({ description: 'Minor units; null where it is of no amount' }),
    currency: z.string().nullable(),
    createdAt: timestamp,
  })
  .meta({ id: 'SearchHit' });

export const searchAnswer = z.object({
  data: z.array(hit),
  hasMore: z.boolean().meta({ description: 'There are more than the twenty that are shown' }),
});

export const searchQuery = z.strictObject({
  q: text(200).meta({
    description:
      'The whole of one id: order reference, payment, session, transaction, delivery, event, `webhook-id` of an update, operation or its ' +
      'reference, Temporal workflow id; or an amount as `299.90` or `299.90 NOK`',
    example: 'T12345678.oEzFd2BaYdrwZbLzafhMoX',
  }),
});
