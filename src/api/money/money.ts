/** Captures, refunds and voids, as the document describes them. */
import { z } from 'zod';
import {
  allOperationsQuery,
  captureRequest,
  operation,
  operationOfOrder,
  operationQuery,
  operationReference,
  operationsQuery,
  operationWithPayment,
  refundRequest,
  voidRequest,
} from './operation-requests.ts';
import type { ProblemCode } from '../http/problem.ts';
import { pageOf, payment, reference } from '../payments/payment-requests.ts';
import { json, jsonContent, shown, type Answers } from '../http/answers.ts';
import type { Call } from '../http/define-call.ts';
import { capture, done, ofOrder, refund, release, SHOWN } from './operation-examples.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';
import { pageWith } from '../updates/record-examples.ts';

const AGAIN =
  '`reference`, or `Idempotency-Key`, is the key, by payment and kind and for ever: the same call again moves money once and has the ' +
  "same answer. A gateway's decline is final for its reference. ";

const MAY_TAKE_TIME =
  'The gateway is asked before anything is sent, and what was sent is never sent again, not even where its answer was lost: ' +
  '202 then, until the gateway shows what became of it.';

const atPayment = z.object({ id: payment.shape.id });

const key = z.object({
  'Idempotency-Key': operationReference.optional().meta({ description: 'May stand for `reference`' }),
});

/** Ended, or under way. */
const answersOf = ([done, begun]: (typeof SHOWN)['capture' | 'refund' | 'void']): Answers => ({
  ...json(200, 'Done', operationWithPayment, { done }),
  202: {
    description: 'Written down, and not finished yet',
    headers: {
      Location: { description: 'Where to look', schema: { type: 'string' }, example: PLACE },
      'Retry-After': { description: 'Seconds', schema: { type: 'integer' }, example: 2 },
    },
    content: jsonContent(shown(operationWithPayment, { begun })),
  },
});

const PLACE = `/v1/payments/${PAYMENT_ID}/operations/parcel-1?kind=capture`;

const REFUSED = [
  'gateway_not_configured',
  'not_found',
  'declined',
  'reversed',
  'payment_not_paid',
  'payment_in_review',
  'operation_not_possible',
  'amount_too_large',
  'items_required',
  'reference_reused',
  'not_confirmed',
] as const satisfies readonly ProblemCode[];

const common = {
  method: 'post',
  params: atPayment,
  headers: key,
  scopes: ['money'],
  refused: REFUSED,
} as const;

export const MONEY_CALLS: readonly Call[] = [
  {
    ...common,
    path: '/v1/payments/{id}/capture',
    operationId: 'capturePayment',
    summary: 'Take what was authorized, all or part of it',
    description: AGAIN + MAY_TAKE_TIME,
    body: shown(captureRequest, { parcel: capture }),
    answers: answersOf(SHOWN.capture),
  },
  {
    ...common,
    path: '/v1/payments/{id}/refund',
    operationId: 'refundPayment',
    summary: 'Give back what was captured, all or part of it',
    description: AGAIN + MAY_TAKE_TIME,
    body: shown(refundRequest, { line: refund }),
    answers: answersOf(SHOWN.refund),
  },
  {
    ...common,
    path: '/v1/payments/{id}/void',
    operationId: 'voidPayment',
    summary: 'Give back what was authorized and not captured',
    description: `Without a reference it is \`void\`. ${AGAIN}${MAY_TAKE_TIME}`,
    body: shown(voidRequest, { all: release }),
    answers: answersOf(SHOWN.void),
    isBodyOptional: true,
  },
  {
    method: 'get',
    path: '/v1/operations',
    operationId: 'listAllOperations',
    summary: 'Captures, refunds and voids of all orders, newest first',
    query: allOperationsQuery,
    answers: json(200, 'One page', pageOf(operationOfOrder), { page: pageWith(ofOrder) }),
  },
  {
    method: 'get',
    path: '/v1/payments/{id}/operations',
    operationId: 'listOperations',
    summary: 'Captures, refunds and voids of a payment, newest first',
    params: atPayment,
    query: operationsQuery,
    answers: json(200, 'One page', pageOf(operation), { page: pageWith(done) }),
    refused: ['not_found'],
  },
  {
    method: 'get',
    path: '/v1/payments/{id}/operations/{reference}',
    operationId: 'getOperation',
    summary: 'What became of a capture, refund or void',
    params: z.object({
      id: payment.shape.id,
      reference: reference.meta({ description: 'As it was given', example: 'parcel-1' }),
    }),
    query: operationQuery,
    answers: json(200, 'The operation', operationWithPayment, { done: SHOWN.capture[0] }),
    refused: ['not_found'],
  },
];
