/** What a merchant's backend calls. */
import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import {
  createPaymentRequest,
  deliveriesQuery,
  delivery,
  orderView,
  pageOf,
  payment,
  paymentsQuery,
  paymentWithTimeline,
  reference,
  resolveRequest,
} from '../schemas.ts';
import { json, refusals } from './answers.ts';

const ALWAYS = ['unauthorized', 'rate_limited', 'unavailable'] as const;
const BODY = ['invalid_json', 'malformed', 'too_large', 'unsupported_media_type', 'invalid_request'] as const;

const atPayment = z.object({ id: payment.shape.id });
const sent = (schema: z.ZodType) => ({
  body: { required: true, content: { 'application/json': { schema } } },
});

const CREATE: RouteConfig = {
  method: 'post',
  path: '/v1/payments',
  operationId: 'createPayment',
  summary: 'Open a payment session for an order',
  description:
    'However many such requests run at once for one order, one session is handed out. The same call again, with the same amount, ' +
    'currency and gateway, answers 200 with the session that is open; that is how an answer that was lost is had again.',
  request: sent(createPaymentRequest),
  responses: {
    ...json(201, 'A new session: send the payer to `checkoutUrl`', payment),
    ...json(200, 'The order has an open payment; `checkoutUrl` is null while it is on hold', payment),
    ...refusals(
      ...BODY,
      ...ALWAYS,
      'order_mismatch',
      'order_already_paid',
      'payment_in_review',
      'already_paid',
      'not_cancellable',
      'gateway_rejected',
    ),
  },
};

const LIST: RouteConfig = {
  method: 'get',
  path: '/v1/payments',
  operationId: 'listPayments',
  summary: 'List payments, newest first',
  request: { query: paymentsQuery },
  responses: { ...json(200, 'One page', pageOf(payment)), ...refusals(...ALWAYS, 'invalid_request') },
};

const READ: RouteConfig = {
  method: 'get',
  path: '/v1/payments/{id}',
  operationId: 'getPayment',
  summary: 'A payment and what happened to it',
  request: { params: atPayment },
  responses: { ...json(200, 'The payment', paymentWithTimeline), ...refusals(...ALWAYS, 'not_found') },
};

const CANCEL: RouteConfig = {
  method: 'post',
  path: '/v1/payments/{id}/cancel',
  operationId: 'cancelPayment',
  summary: 'Close a session that nobody has paid',
  request: { params: atPayment },
  responses: {
    ...json(200, 'The payment, cancelled', payment),
    ...refusals(...ALWAYS, 'not_found', 'already_paid', 'not_cancellable'),
  },
};

const RESOLVE: RouteConfig = {
  method: 'post',
  path: '/v1/payments/{id}/resolve',
  operationId: 'resolvePayment',
  summary: 'Take a payment out of REVIEW',
  description:
    'Reads the gateway first. `accept` pays the order although something differs, if the money is there; ' +
    '`dismiss` takes the payment off our hands: it never touches the order again.',
  request: { params: atPayment, ...sent(resolveRequest) },
  responses: {
    ...json(200, 'The payment, resolved', payment),
    ...refusals(...BODY, ...ALWAYS, 'not_found', 'not_in_review', 'not_acceptable'),
  },
};

const ORDER: RouteConfig = {
  method: 'get',
  path: '/v1/orders/{reference}',
  operationId: 'getOrder',
  summary: 'An order and the ids of its payments',
  request: { params: z.object({ reference }) },
  responses: { ...json(200, 'The order', orderView), ...refusals(...ALWAYS, 'not_found') },
};

const DELIVERIES: RouteConfig = {
  method: 'get',
  path: '/v1/deliveries',
  operationId: 'listDeliveries',
  summary: 'The delivery log: every callback, accepted or refused',
  request: { query: deliveriesQuery },
  responses: { ...json(200, 'One page', pageOf(delivery)), ...refusals(...ALWAYS, 'invalid_request') },
};

/** Adds the calls that need an API key. */
export function registerMerchantApi(registry: OpenAPIRegistry): void {
  const { name: apiKey } = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'One of API_KEYS; `npm start` prints one for development',
  });
  for (const route of [CREATE, LIST, READ, CANCEL, RESOLVE, ORDER, DELIVERIES])
    registry.registerPath({ ...route, tags: ['Merchant'], security: [{ [apiKey]: [] }] });
}
