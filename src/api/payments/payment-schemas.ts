/** How payments and orders are shown: contract §3. What validates is what the OpenAPI document is made of. */
import { z } from 'zod';
import { ORDER_STATUSES } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { timestamp } from '../http/fields.ts';

export const payment = z
  .object({
    id: z.string().meta({ example: 'pay_01a1fe5c6cdc75a99f01df025666' }),
    status: z.enum(PAYMENT_STATUSES),
    gateway: z.string(),
    orderReference: z.string(),
    amount: z.int(),
    currency: z.string(),
    sessionId: z.string().nullable(),
    checkoutUrl: z
      .string()
      .nullable()
      .meta({ description: 'Null when the payer has nothing to do there any more' }),
    transactionId: z.string().nullable(),
    reason: z.string().nullable(),
    reviewMark: z.string().nullable().meta({
      description:
        'Why a person should look at a settled payment whose status stands: the gateway has not been able to say for an hour what it is',
    }),
    authorizedAmount: z
      .int()
      .meta({ description: 'As the gateway has it, in the currency of `accepted` where that is set' }),
    capturedAmount: z.int(),
    refundedAmount: z.int(),
    accepted: z.object({ amount: z.int(), currency: z.string(), reference: z.string() }).nullable().meta({
      description:
        'What a person has accepted of the transaction, which then holds in the place of what was agreed',
    }),
    paymentMethod: z.string().nullable(),
    capture: z.string(),
    returnUrl: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    merchantReference2: z.string().nullable(),
    expiresAt: timestamp,
    authorizationExpiresAt: timestamp.nullable().meta({
      description: 'When what is held and not captured is expected to lapse; null where it is not known to',
    }),
    createdAt: timestamp,
    updatedAt: timestamp,
    workflow: z.object({ workflowId: z.string(), runId: z.string().nullable(), url: z.string().nullable() }),
  })
  .meta({ id: 'Payment' });

export const warning = z
  .object({
    pointer: z.string(),
    code: z.enum(['cleaned', 'normalised', 'left_out']),
    detail: z.string(),
  })
  .meta({ id: 'Warning' });

/** The answer to a request for a session. */
export const openedPayment = payment
  .extend({
    warnings: z.array(warning).meta({
      description: 'Texts of the request that are shown or filled in otherwise than they were given',
    }),
  })
  .meta({ id: 'OpenedPayment' });

export const timelineEntry = z
  .object({ at: timestamp, kind: z.string(), text: z.string(), data: z.record(z.string(), z.unknown()) })
  .meta({ id: 'TimelineEntry' });

export const paymentWithTimeline = payment
  .extend({ timeline: z.array(timelineEntry) })
  .meta({ id: 'PaymentWithTimeline' });

export const orderView = z
  .object({
    reference: z.string(),
    status: z.enum(ORDER_STATUSES),
    amount: z.int(),
    currency: z.string(),
    paidAt: timestamp.nullable(),
    transactionId: z.string().nullable(),
    payments: z.array(z.string()).meta({
      description: 'Newest first. The one whose `transactionId` is the one above has paid',
    }),
  })
  .meta({ id: 'Order' });
