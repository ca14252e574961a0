/**
 * Payments and orders as the API shows them: contract §3. The OpenAPI document is made of the same schemas.
 */
import { z } from 'zod';
import { FOUND_BY } from '../../domain/found-by.ts';
import { ORDER_STATUSES } from '../../domain/order.ts';
import { PAYMENT_STATUSES } from '../../domain/payment.ts';
import { timestamp } from '../http/fields.ts';
import { UPDATE_STATES } from '../updates/update-view.ts';

export const surplus = z
  .object({
    transactionId: z.string(),
    status: z.enum(PAYMENT_STATUSES),
    authorizedAmount: z.int(),
    capturedAmount: z.int(),
    refundedAmount: z.int(),
  })
  .meta({ id: 'Surplus' });

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
      .meta({ description: 'Null once the payer has nothing more to do there' }),
    transactionId: z.string().nullable(),
    reason: z.string().nullable(),
    reviewMark: z.string().nullable().meta({
      description:
        'Why a person should check a settled payment, which keeps its status: for an hour the gateway has given no clear answer about it, or another transaction of its session holds money',
    }),
    authorizedAmount: z
      .int()
      .meta({ description: "The gateway's amount, in the currency of `accepted` if that is set" }),
    capturedAmount: z.int(),
    refundedAmount: z.int(),
    dispute: z
      .object({
        state: z.enum(['open', 'won', 'lost']),
        amount: z.int(),
        reason: z.string().nullable(),
        dueBy: z.iso.datetime().nullable().meta({ description: 'Until when the merchant can answer it' }),
      })
      .nullable()
      .meta({
        description:
          "The payer's bank asks for money back. The payment keeps its status. Of several disputes an open one, otherwise the newest",
      }),
    surplus: z.array(surplus).meta({
      description:
        "Further transactions of the session that hold or held money. They can't pay the order: `LATE_MONEY_POLICY` says what becomes of their money",
    }),
    accepted: z.object({ amount: z.int(), currency: z.string(), reference: z.string() }).nullable().meta({
      description:
        'The values of the transaction that a person has accepted; they replace those that were requested',
    }),
    paymentMethod: z.string().nullable(),
    capture: z.string(),
    returnUrl: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    merchantReference2: z.string().nullable(),
    expiresAt: timestamp,
    authorizationExpiresAt: timestamp.nullable().meta({
      description:
        'When the uncaptured rest of the authorization is expected to lapse; null if that is not known',
    }),
    createdAt: timestamp,
    updatedAt: timestamp,
    workflow: z.object({ workflowId: z.string(), runId: z.string().nullable(), url: z.string().nullable() }),
  })
  .meta({ id: 'Payment' });

/** A payment in a list, with what a person wants to see beside it. */
export const listedPayment = payment
  .extend({
    n: z.int().meta({ description: 'Counts the payments of its order, from 1' }),
    orderStatus: z.enum(ORDER_STATUSES),
    heard: z.enum(['yes', 'no', 'off']).nullable().meta({
      description:
        'Whether the merchant has acknowledged the newest update of the order. `no`: it is under way, waits for its next attempt, was given up, or was refused (410). `off`: no ORDER_WEBHOOK_URL was set, or no shop is told of the order. Null: there is no update yet',
    }),
    foundBy: z.enum(FOUND_BY).nullable().meta({
      description: 'What found it paid. Null if it has not paid its order, or if that is not known',
    }),
    newestUpdate: z
      .object({ effectId: z.string(), type: z.string(), state: z.enum(UPDATE_STATES) })
      .nullable()
      .meta({ description: 'The newest update of the order; `GET /v1/updates` has more of it' }),
  })
  .meta({ id: 'ListedPayment' });

export const warning = z
  .object({
    pointer: z.string(),
    code: z.enum(['cleaned', 'normalised', 'left_out', 'not_told']),
    detail: z.string(),
  })
  .meta({ id: 'Warning' });

/** The answer to a request for a session. */
export const openedPayment = payment
  .extend({
    warnings: z.array(warning).meta({
      description:
        'Texts that are shown or prefilled differently from the request, and an order that no shop is told of',
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
      description: 'Newest first. The payment with the same `transactionId` as the order has paid it',
    }),
  })
  .meta({ id: 'Order' });
