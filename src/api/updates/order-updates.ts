/** What we send to the merchant: one webhook for each type of order update. */
import { z } from 'zod';
import { ORDER_STATUSES, type UpdateType } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { jsonBody } from '../http/answers.ts';
import type { Webhook } from '../http/openapi.ts';
import { updateOf } from './order-update-examples.ts';

const TYPES = {
  'order.paid': 'The order is paid; sent once in its life',
  'order.payment_pending': 'The payment is on hold at the gateway',
  'order.payment_failed': "The payment failed: an error, or the payer did not pass the bank's question",
  'order.payment_declined': 'The payment was declined by the bank or the gateway',
  'order.payment_cancelled':
    'The payer or the merchant cancelled, or money of a payment that never paid was given back; `reason` says which where it is known',
  'order.payment_expired': 'The order was not paid in time',
  'order.voided': 'The authorization of a paid order was given back',
  'order.captured': 'Money was captured',
  'order.partially_refunded': 'Part of the money was refunded',
  'order.refunded': 'All of the money was refunded',
  'order.late_payment_returned': 'Money that came too late has gone back to the payer',
  'order.review': 'A person has to decide',
  'order.review_ended': 'The review of a paid order is over: orderStatus says what it is',
  'order.capture_failed':
    'A capture failed; the money is still held, or has to be asked for again. `GET /v1/payments/{id}/operations` says which one, and why',
  'order.capture_reversed': 'A capture that was done has been taken back',
  'order.refund_failed': 'A refund that was done has been taken back: the money is with the merchant again',
  'order.void_failed': 'A void that was done has been taken back: the money is held again',
  'order.authorization_expiring': 'The money is held, not captured, and will be let go within 48 hours',
} as const satisfies Record<UpdateType, string>;

const minor = z.int().meta({ description: 'Minor units' });

/** The body of an update. Fields may be added. */
export const orderUpdate = z
  .object({
    type: z.enum(Object.keys(TYPES) as [UpdateType, ...UpdateType[]]),
    timestamp: z.iso.datetime(),
    apiVersion: z.string(),
    data: z.object({
      orderReference: z.string(),
      orderStatus: z.enum(ORDER_STATUSES),
      sequence: z.int().meta({
        description: 'Rises by order: the `orderStatus` of a lower one than you have seen is older',
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
          'What a person has accepted of the transaction: the authorized, captured and refunded amounts are of it, `amount` and `currency` stay what was asked for',
      }),
      authorizationExpiresAt: z.iso
        .datetime()
        .optional()
        .meta({ description: 'In `order.authorization_expiring`: when that is expected' }),
      paidAt: z.iso.datetime().optional(),
      paymentMethod: z.string().optional(),
      reason: z.string().optional(),
    }),
  })
  .meta({ id: 'OrderUpdate' });

const headers = z.object({
  'webhook-id': z
    .string()
    .meta({ description: 'Names the effect: equal for every retry', example: '1001/order.paid' }),
  'webhook-timestamp': z.string().meta({ description: 'Unix seconds', example: '1795268836' }),
  'webhook-signature': z.string().meta({
    description:
      'Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `webhook-id`, a dot, `webhook-timestamp`, a dot and the bytes of the body; the ' +
      'key is the base64-decoded part of the secret after `whsec_`. One for each of ORDER_WEBHOOK_SECRETS, with a space between two: one that fits is enough',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
});

/** What ORDER_WEBHOOK_URL is called with. */
export const ORDER_UPDATES: readonly Webhook[] = Object.entries(TYPES).map(([type, summary]) => ({
  name: type,
  operationId: `tell${type.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase())}`,
  summary,
  headers,
  body: jsonBody(orderUpdate, { whole: updateOf(type as UpdateType) }),
  answers: {
    '2XX': 'Taken: not sent again',
    410: 'Not wanted: not sent again',
    default: 'Not taken: sent again, for 3 days',
  },
}));
