/** The sale that the OpenAPI document shows: order 1001, opened, paid, and its other possible results. */
import type { z } from 'zod';
import { GATEWAYS } from '../../gateways/registry.ts';
import type { createPaymentRequest, lookRequest, resolveRequest } from './payment-requests.ts';
import type {
  listedPayment,
  openedPayment,
  orderView,
  payment,
  paymentWithTimeline,
} from './payment-schemas.ts';

type Payment = z.infer<typeof payment>;

export const PAYMENT_ID = 'pay_01a1fe5c6cdc75a99f01df025666';
/** The gateway of the examples. */
export const GATEWAY = GATEWAYS[0];
export const EXAMPLE = GATEWAY.document.example;
const { sessionId: SESSION_ID, transactionId: TRANSACTION_ID } = EXAMPLE;

const address = {
  name: 'John Doe',
  line1: 'Karl Johans gate 1',
  postalCode: '0154',
  city: 'Oslo',
  country: 'NO',
};

const chair = {
  id: 'chair-1',
  lineId: '1',
  description: 'Chair',
  quantity: 2,
  type: 'physical',
  amount: 68300,
  vat: 25,
  vatAmount: 13660,
} as const;

const freight = {
  id: 'freight',
  lineId: '2',
  description: 'Freight',
  quantity: 1,
  type: 'shipping',
  amount: 3900,
  vat: 25,
  vatAmount: 780,
} as const;

/** The same request again gets 200, and 409 once the order is paid. */
export const newPayment: z.input<typeof createPaymentRequest> = {
  gateway: GATEWAY.id,
  order: { reference: '1001', amount: 72200, currency: 'NOK', items: [chair, freight] },
  returnUrl: 'https://shop.example/thanks',
  capture: 'manual',
  customer: {
    email: 'john.doe@example.com',
    phone: '+47 999 99 999',
    name: 'John Doe',
    billingAddress: address,
    shippingAddress: address,
  },
  language: 'no',
  metadata: { cart: 'c1' },
  merchantReference2: 'invoice-77',
};

const pending: Payment = {
  id: PAYMENT_ID,
  status: 'PENDING',
  gateway: GATEWAY.id,
  orderReference: '1001',
  amount: 72200,
  currency: 'NOK',
  sessionId: SESSION_ID,
  checkoutUrl: EXAMPLE.checkoutUrl,
  transactionId: null,
  reason: null,
  reviewMark: null,
  dispute: null,
  surplus: [],
  authorizedAmount: 0,
  capturedAmount: 0,
  refundedAmount: 0,
  accepted: null,
  paymentMethod: null,
  capture: 'manual',
  returnUrl: 'https://shop.example/thanks',
  metadata: { cart: 'c1' },
  merchantReference2: 'invoice-77',
  expiresAt: '2026-11-21T17:47:12.597Z',
  authorizationExpiresAt: null,
  createdAt: '2026-11-21T13:47:12.604Z',
  updatedAt: '2026-11-21T13:47:14.457Z',
  workflow: {
    workflowId: 'payment/1001/1',
    runId: '01a1fe5c-6d5d-710a-b0aa-464a8329269d',
    url: 'http://127.0.0.1:8233/namespaces/default/workflows/payment%2F1001%2F1',
  },
};

const written = { pointer: '/customer/phone', code: 'normalised' } as const;

export const opened: z.infer<typeof openedPayment> = {
  ...pending,
  warnings: [{ ...written, detail: 'changed to a phone number with its country code: +4799999999' }],
};

export const authorized: Payment = {
  ...pending,
  status: 'AUTHORIZED',
  checkoutUrl: null,
  transactionId: TRANSACTION_ID,
  authorizedAmount: 72200,
  paymentMethod: EXAMPLE.paymentMethod,
  authorizationExpiresAt: '2026-11-28T13:47:15.615Z',
  updatedAt: '2026-11-21T13:47:16.034Z',
};

export const listed: z.infer<typeof listedPayment> = {
  ...authorized,
  n: 1,
  orderStatus: 'PAID',
  foundBy: 'callback',
  heard: 'yes',
  newestUpdate: { effectId: '1001/order.paid', type: 'order.paid', state: 'delivered' },
};

export const captured: Payment = {
  ...authorized,
  status: 'PARTIALLY_CAPTURED',
  capturedAmount: 68300,
  updatedAt: '2026-11-22T09:00:01.110Z',
};

export const refunded: Payment = {
  ...captured,
  status: 'PARTIALLY_REFUNDED',
  refundedAmount: 34150,
  updatedAt: '2026-11-25T10:30:00.617Z',
};

export const voided: Payment = {
  ...authorized,
  status: 'VOIDED',
  authorizationExpiresAt: null,
  updatedAt: '2026-11-22T09:00:00.734Z',
};

export const renamed: Payment = {
  ...authorized,
  merchantReference2: 'invoice-78',
  updatedAt: '2026-11-22T08:15:00.204Z',
};

export const cancelled: Payment = {
  ...pending,
  status: 'CANCELLED',
  checkoutUrl: null,
  reason: 'cancelled by the merchant',
  updatedAt: '2026-11-21T14:02:11.532Z',
};

/** The payer paid 721.00, because the profile gave a discount. */
const differs = { ...authorized, authorizedAmount: 72100, updatedAt: '2026-11-21T14:10:07.975Z' };

export const accepted: Payment = {
  ...differs,
  accepted: { amount: 72100, currency: 'NOK', reference: '1001' },
};

export const givingBack: Payment = { ...differs, status: 'REVIEW', reason: 'amount_mismatch' };

export const decision: z.input<typeof resolveRequest> = {
  decision: 'accept',
  actor: 'ada',
  reason: 'ticket 12: the discount of 1.00 was ours',
};

export const look: z.input<typeof lookRequest> = { actor: 'ada', reason: 'ticket 12' };

export const told: z.infer<typeof paymentWithTimeline> = {
  ...authorized,
  timeline: [
    {
      at: '2026-11-21T13:47:14.457Z',
      kind: 'operation',
      text: `session ${SESSION_ID} opened at ${GATEWAY.id}`,
      data: { sessionId: SESSION_ID },
    },
    {
      at: '2026-11-21T13:47:15.737Z',
      kind: 'delivery',
      text: `verified callback: sessionId=${SESSION_ID} transactionId=${TRANSACTION_ID}`,
      data: {
        eventId: '04a097d4-ea0b-410c-b758-8cf1d4d76a29',
        sessionId: SESSION_ID,
        transactionId: TRANSACTION_ID,
      },
    },
    {
      at: '2026-11-21T13:47:15.977Z',
      kind: 'read',
      text: `${GATEWAY.id} says AUTHORIZED, 722.00 NOK for 1001`,
      data: {
        status: 'AUTHORIZED',
        amount: 72200,
        currency: 'NOK',
        transactionId: TRANSACTION_ID,
        capturedMinor: 0,
        refundedMinor: 0,
      },
    },
    {
      at: '2026-11-21T13:47:16.065Z',
      kind: 'decision',
      text: 'PENDING became AUTHORIZED; order 1001 is paid by this payment',
      data: { from: 'PENDING', to: 'AUTHORIZED' },
    },
    { at: '2026-11-21T13:47:16.065Z', kind: 'update', text: 'order.paid queued for the merchant', data: {} },
    {
      at: '2026-11-21T13:47:16.325Z',
      kind: 'update',
      text: 'the merchant acknowledged order.paid (204, 1 attempt)',
      data: {
        effectId: '1001/order.paid',
        type: 'order.paid',
        state: 'delivered',
        attempts: 1,
        lastAnswer: '204',
        sequence: 1,
      },
    },
  ],
};

export const paidOrder: z.infer<typeof orderView> = {
  reference: '1001',
  status: 'PAID',
  amount: 72200,
  currency: 'NOK',
  paidAt: '2026-11-21T13:47:16.034Z',
  transactionId: TRANSACTION_ID,
  payments: [PAYMENT_ID],
};
