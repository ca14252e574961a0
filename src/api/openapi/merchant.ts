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
import type { ProblemCode } from '../problem.ts';
import { json, refusals, type Answers } from './answers.ts';

const ALWAYS = ['unauthorized', 'rate_limited', 'unavailable'] as const;
const BODY = ['invalid_json', 'malformed', 'too_large', 'unsupported_media_type', 'invalid_request'] as const;
const QUERY = ['invalid_request'] as const;

const atPayment = z.object({ id: payment.shape.id });

interface Call extends Pick<RouteConfig, 'method' | 'path' | 'summary' | 'description'> {
  readonly operationId: string;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** What it answers when all is well. */
  readonly answers: Answers;
  /** What it may be refused for besides a wrong key, a wrong query or body, and trouble of ours. */
  readonly refused?: readonly ProblemCode[];
}

/** A route with the refusals that follow from what it takes. */
function route({ params, query, body, answers, refused = [], ...call }: Call): RouteConfig {
  const codes = [...(body ? BODY : []), ...ALWAYS, ...refused, ...(query ? QUERY : [])];
  return {
    ...call,
    request: {
      ...(params && { params }),
      ...(query && { query }),
      ...(body && { body: { required: true, content: { 'application/json': { schema: body } } } }),
    },
    responses: { ...answers, ...refusals(...codes) },
  };
}

const CALLS: readonly Call[] = [
  {
    method: 'post',
    path: '/v1/payments',
    operationId: 'createPayment',
    summary: 'Open a payment session for an order',
    description:
      'However many such requests run at once for one order, one session is handed out. The same call again, with the same amount, ' +
      'currency and gateway, answers 200 with the session that is open; that is how an answer that was lost is had again.',
    body: createPaymentRequest,
    answers: {
      ...json(201, 'A new session: send the payer to `checkoutUrl`', payment),
      ...json(200, 'The order has an open payment; `checkoutUrl` is null while it is on hold', payment),
    },
    refused: [
      'order_mismatch',
      'order_already_paid',
      'payment_in_review',
      'already_paid',
      'not_cancellable',
      'gateway_rejected',
    ],
  },
  {
    method: 'get',
    path: '/v1/payments',
    operationId: 'listPayments',
    summary: 'List payments, newest first',
    query: paymentsQuery,
    answers: json(200, 'One page', pageOf(payment)),
  },
  {
    method: 'get',
    path: '/v1/payments/{id}',
    operationId: 'getPayment',
    summary: 'A payment and what happened to it',
    params: atPayment,
    answers: json(200, 'The payment', paymentWithTimeline),
    refused: ['not_found'],
  },
  {
    method: 'post',
    path: '/v1/payments/{id}/cancel',
    operationId: 'cancelPayment',
    summary: 'Close a session that nobody has paid',
    params: atPayment,
    answers: json(200, 'The payment, cancelled', payment),
    refused: ['not_found', 'already_paid', 'not_cancellable'],
  },
  {
    method: 'post',
    path: '/v1/payments/{id}/resolve',
    operationId: 'resolvePayment',
    summary: 'Take a payment out of REVIEW',
    description:
      'Reads the gateway first. `accept` pays the order although something differs, if the money is there; ' +
      '`dismiss` takes the payment off our hands: it never touches the order again.',
    params: atPayment,
    body: resolveRequest,
    answers: json(200, 'The payment, resolved', payment),
    refused: ['not_found', 'not_in_review', 'not_acceptable'],
  },
  {
    method: 'get',
    path: '/v1/orders/{reference}',
    operationId: 'getOrder',
    summary: 'An order and the ids of its payments',
    params: z.object({ reference }),
    answers: json(200, 'The order', orderView),
    refused: ['not_found'],
  },
  {
    method: 'get',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
    summary: 'The delivery log: every callback, accepted or refused',
    query: deliveriesQuery,
    answers: json(200, 'One page', pageOf(delivery)),
  },
];

/** Adds the calls that need an API key. */
export function registerMerchantApi(registry: OpenAPIRegistry): void {
  const { name: apiKey } = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'One of API_KEYS; `npm start` prints one for development',
  });
  for (const call of CALLS)
    registry.registerPath({ ...route(call), tags: ['Merchant'], security: [{ [apiKey]: [] }] });
}
