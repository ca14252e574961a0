/** The webhooks that we send to the merchant: one for each type of order update. */
import { z } from 'zod';
import { ORDER_STATUSES, type UpdateType } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { surplus } from '../payments/payment-schemas.ts';
import { jsonBody } from '../http/answers.ts';
import type { Webhook } from '../http/openapi.ts';
import { updateOf } from './order-update-examples.ts';

const TYPES = {
  'order.paid': 'The order is paid; sent once per order',
  'order.payment_pending': 'The payment is on hold at the gateway',
  'order.payment_failed': "The payment failed: an error, or the payer did not pass the bank's authentication",
  'order.payment_declined': 'The payment was declined by the bank or the gateway',
  'order.payment_cancelled':
    'The payer or the merchant cancelled, or the money of a payment that never paid was given back; `reason` says which, if known',
  'order.payment_expired': 'The order was not paid in time',
  'order.voided': 'The authorization of a paid order was voided',
  'order.captured': 'Money was captured',
  'order.partially_refunded': 'Part of the money was refunded',
  'order.refunded': 'All of the money was refunded',
  'order.late_payment_returned': 'Money that arrived too late, or twice, was given back to the payer',
  'order.review': 'A person has to decide about the payment',
  'order.review_ended': 'The review of a paid order is over; `orderStatus` has its status',
  'order.capture_failed':
    'A capture failed; the money is still held, or has to be requested again. `GET /v1/payments/{id}/operations` says which capture, and why',
  'order.capture_reversed': 'A capture was reversed after it was done',
  'order.refund_failed': 'A refund was reversed after it was done: the merchant has the money again',
  'order.void_failed': 'A void was reversed after it was done: the money is held again',
  'order.authorization_expiring':
    'The money is held and not captured, and the authorization lapses within 48 hours',
  'order.dispute_opened': "The payer's bank asks for money back",
  'order.dispute_won': 'A dispute has ended, and the merchant keeps the money',
  'order.dispute_lost': 'A dispute has ended, and the money is gone',
} as const satisfies Record<UpdateType, string>;

const minor = z.int().meta({ description: 'Minor units' });

/** The body of an update. Later versions may add fields. */
export const orderUpdate = z
  .object({
    type: z.enum(Object.keys(TYPES) as [UpdateType, ...UpdateType[]]),
    timestamp: z.iso.datetime(),
    apiVersion: z.string(),
    data: z.object({
      orderReference: z.string(),
      orderStatus: z.enum(ORDER_STATUSES),
      sequence: z.int().meta({
        description:
          'Increases with each update of an order: ignore the `orderStatus` of an update with a lower `sequence` than you have seen',
      }),
      paymentId: z.string(),
      gateway: z.string(),
      livemode: z.boolean(),
      sessionId: z.string().nullable(),
      transactionId: z.string().nullable(),
      status: z.enum(PAYMENT_STATUSES),
      amount: minor,
      currency: z.string(),
      authorizedAmount: minor,
      capturedAmount: minor,
      refundedAmount: minor,
      accepted: z.object({ amount: minor, currency: z.string(), reference: z.string() }).optional().meta({
        description:
          'The values of the transaction that a person has accepted. The authorized, captured and refunded amounts are those of the transaction; `amount` and `currency` stay as requested',
      }),
      authorizationExpiresAt: z.iso.datetime().optional().meta({
        description: 'In `order.authorization_expiring`: when the authorization is expected to lapse',
      }),
      dispute: z
        .object({
          state: z.enum(['open', 'won', 'lost']),
          amount: minor,
          reason: z.string().optional(),
          dueBy: z.iso.datetime().optional(),
        })
        .optional()
        .meta({ description: 'Once there is or was one: an open one, otherwise the newest' }),
      surplus: surplus.optional().meta({
        description:
          'In an update about a further transaction of the session: that transaction. `transactionId`, `status` and the sums beside it stay those of the payment',
      }),
      paidAt: z.iso.datetime().optional(),
      paymentMethod: z.string().optional(),
      reason: z.string().optional(),
    }),
  })
  .meta({ id: 'OrderUpdate' });

const headers = z.object({
  'webhook-id': z
    .string()
    .meta({ description: 'The effect id: the same for every retry', example: '1001/order.paid' }),
  'webhook-timestamp': z.string().meta({ description: 'Unix seconds', example: '1795268836' }),
  'webhook-signature': z.string().meta({
    description:
      'Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `webhook-id`, a dot, `webhook-timestamp`, a dot and the bytes of the body; the ' +
      'key is the base64-decoded part of the secret after `whsec_`. One signature for each of ORDER_WEBHOOK_SECRETS, separated by spaces: one valid signature is enough',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
});

/** The requests to ORDER_WEBHOOK_URL. */
export const ORDER_UPDATES: readonly Webhook[] = Object.entries(TYPES).map(([type, summary]) => ({
  name: type,
  operationId: `tell${type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
  summary,
  headers,
  body: jsonBody(orderUpdate, { whole: updateOf(type as UpdateType) }),
  answers: {
    '2XX': 'Acknowledged: not sent again',
    410: 'Refused: not sent again',
    default: 'Not acknowledged: sent again for up to 3 days',
  },
}));
