/** What a merchant's backend calls. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import {
  cancelRequest,
  createPaymentRequest,
  deliveriesQuery,
  delivery,
  orderView,
  pageOf,
  openedPayment,
  payment,
  paymentsQuery,
  paymentWithTimeline,
  reference,
  resolveRequest,
  updateRequest,
} from './payment-requests.ts';
import { json, shown } from '../http/answers.ts';
import { OPERATOR_CALLS } from '../health/operator.ts';
import { routeOf, type Call } from '../http/define-call.ts';
import { MONEY_CALLS } from '../money/money.ts';
import {
  accepted,
  authorized,
  cancelled,
  decision,
  givingBack,
  newPayment,
  opened,
  paidOrder,
  renamed,
  told,
} from './payment-examples.ts';
import { callback, pageWith } from '../updates/record-examples.ts';
import { REDELIVERY_CALLS } from '../updates/redelivery.ts';

const atPayment = z.object({ id: payment.shape.id });

const CALLS: readonly Call[] = [
  {
    method: 'post',
    path: '/v1/payments',
    operationId: 'createPayment',
    scopes: ['shop'],
    summary: 'Open a payment session for an order',
    description:
      'However many such requests run at once for one order, one session is handed out. The same call again answers 200 with the session ' +
      'that is open; so ask again where an answer was lost. `returnUrl` and `metadata` follow the newest call; `expiresAt`, ' +
      '`language` and the prefilled customer are not compared. Whatever else differs is 409 `order_mismatch`, with a pointer for each ' +
      'difference, or with `replace` another session (then another customer is a difference too). The order of the lines does not count. While ' +
      'a payment is on hold only gateway, amount and currency are compared, and `replace` does nothing. Texts that are only shown or filled ' +
      'in never refuse a sale: `warnings` says what became of them.',
    body: shown(createPaymentRequest, { order: newPayment }),
    answers: {
      ...json(201, 'A new session: send the payer to `checkoutUrl`', openedPayment, { opened }),
      ...json(
        200,
        'The order has an open payment; `checkoutUrl` is null while it is on hold',
        openedPayment,
        { opened },
      ),
    },
    refused: [
      'order_mismatch',
      'order_already_paid',
      'payment_in_review',
      'already_paid',
      'not_cancellable',
      'gateway_rejected',
      'gateway_not_configured',
    ],
  },
  {
    method: 'get',
    path: '/v1/payments',
    operationId: 'listPayments',
    summary: 'List payments, newest first',
    query: paymentsQuery,
    answers: json(200, 'One page', pageOf(payment), { page: pageWith(authorized) }),
  },
  {
    method: 'get',
    path: '/v1/payments/{id}',
    operationId: 'getPayment',
    summary: 'A payment and what happened to it',
    params: atPayment,
    answers: json(200, 'The payment', paymentWithTimeline, { paid: told }),
    refused: ['not_found'],
  },
  {
    method: 'patch',
    path: '/v1/payments/{id}',
    operationId: 'updatePayment',
    scopes: ['shop', 'money'],
    summary: 'Change the one reference that the gateway lets be changed later',
    params: atPayment,
    body: shown(updateRequest, { invoice: { merchantReference2: 'invoice-78' } }),
    answers: json(200, 'The payment, changed here and at the gateway', payment, { changed: renamed }),
    refused: ['not_found', 'no_transaction', 'gateway_rejected', 'gateway_not_configured'],
  },
  {
    method: 'post',
    path: '/v1/payments/{id}/cancel',
    operationId: 'cancelPayment',
    scopes: ['shop', 'money'],
    summary: 'Close a session that nobody has paid',
    params: atPayment,
    body: shown(cancelRequest, { nothing: {} }),
    isBodyOptional: true,
    answers: json(200, 'The payment, cancelled', payment, { cancelled }),
    refused: ['not_found', 'already_paid', 'not_cancellable', 'gateway_not_configured'],
  },
  {
    method: 'post',
    path: '/v1/payments/{id}/resolve',
    operationId: 'resolvePayment',
    scopes: ['money'],
    summary: 'Take a payment out of REVIEW',
    description:
      'Reads the gateway first. `accept` pays the order although something differs, if the money is there; ' +
      '`give_back` voids or refunds whatever the gateway holds of it; ' +
      '`dismiss` takes the payment off our hands: it never touches the order again.',
    params: atPayment,
    body: shown(resolveRequest, { accept: decision }),
    answers: {
      ...json(200, 'The payment, resolved', payment, { accepted }),
      ...json(202, 'The money is on its way back: look at the payment again', payment, { givingBack }),
    },
    refused: ['not_found', 'not_in_review', 'not_acceptable', 'give_back_failed', 'gateway_not_configured'],
  },
  {
    method: 'get',
    path: '/v1/orders/{reference}',
    operationId: 'getOrder',
    summary: 'An order and the ids of its payments',
    params: z.object({ reference: reference.meta({ example: '1001' }) }),
    answers: json(200, 'The order', orderView, { paid: paidOrder }),
    refused: ['not_found'],
  },
  {
    method: 'get',
    path: '/v1/deliveries',
    operationId: 'listDeliveries',
    summary: 'The delivery log: every callback, accepted or refused',
    query: deliveriesQuery,
    answers: json(200, 'One page', pageOf(delivery), { page: pageWith(callback) }),
  },
];

/** Adds the calls that need an API key. */
export function registerMerchantApi(registry: OpenAPIRegistry): void {
  const { name: apiKey } = registry.registerComponent('securitySchemes', 'apiKey', {
    type: 'http',
    scheme: 'bearer',
    description: 'One of API_KEYS; `npm start` prints one for development',
  });
  for (const call of [...CALLS, ...MONEY_CALLS, ...REDELIVERY_CALLS, ...OPERATOR_CALLS])
    registry.registerPath({ ...routeOf(call), tags: ['Merchant'], security: [{ [apiKey]: [] }] });
}
