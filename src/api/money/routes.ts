import { z } from 'zod';
import type { Service } from '../../service.ts';
import type { Page } from '../../store/lists.ts';
import { findOperation, listOperations, type OperationRow } from '../../store/operations.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { approval, approvalExamples, viewApproval } from '../approvals/approval-view.ts';
import { approvalOfRefund } from '../approvals/four-eyes.ts';
import { noteAsked } from '../http/audit-trail.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { keyOf } from '../http/auth.ts';
import { defineCall, type CallRequest } from '../http/define-call.ts';
import { reference } from '../http/fields.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { paymentNamed } from '../payments/find-payment.ts';
import { PAYMENT_ID } from '../payments/payment-examples.ts';
import { payment } from '../payments/payment-schemas.ts';
import { linksOf, viewPayment } from '../payments/payment-view.ts';
import { Refusal, type ProblemCode } from '../refusal.ts';
import { isUnfinished } from '../../domain/operation.ts';
import type { MoneyMover, WantedMove } from './money-mover.ts';
import * as examples from './operation-examples.ts';
import {
  captureRequest,
  operationQuery,
  operationReference,
  operationsQuery,
  refundRequest,
  voidRequest,
} from './operation-requests.ts';
import { operation, operationWithPayment, viewOperation } from './operation-view.ts';
import { wantedMove, type MoveContext } from './wanted-move.ts';

export type MoneyTools = Service & { readonly mover: MoneyMover };

const AGAIN =
  '`reference`, or `Idempotency-Key`, identifies the operation of its kind at the payment, without expiry: the same call again moves the money only once and has the ' +
  'same answer. A decline by the gateway is final for its reference. ';

const MAY_TAKE_TIME =
  'The gateway is read before an operation is sent. An operation is never sent twice, not even if its response was lost: the answer is then ' +
  '202 until the gateway shows the result.';

const atPayment = z.object({ id: payment.shape.id });

const key = z.object({
  'Idempotency-Key': operationReference
    .optional()
    .meta({ description: 'May be given instead of `reference`' }),
});

const PLACE = `/v1/payments/${PAYMENT_ID}/operations/parcel-1?kind=capture`;

/** When to ask again: most operations take the gateway about a second. */
const RETRY_AFTER_SECONDS = 2;

const LATER = {
  Location: {
    description: 'The address of the operation',
    schema: { type: 'string' as const },
    example: PLACE,
  },
  'Retry-After': {
    description: 'Seconds',
    schema: { type: 'integer' as const },
    example: RETRY_AFTER_SECONDS,
  },
};

/** The answers for an operation that is done and one that is under way. */
function answersOf([done, begun]: (typeof examples.SHOWN)['capture' | 'refund' | 'void']) {
  return {
    200: json('Done', operationWithPayment, { done }),
    202: json('Stored durably, and not finished yet', operationWithPayment, { begun }, LATER),
  };
}

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

const MOVE = {
  method: 'post',
  params: atPayment,
  headers: key,
  access: ['money'],
  refusals: REFUSED,
} as const;

export const MONEY_CALLS = [
  defineCall({
    ...MOVE,
    path: '/v1/payments/{id}/capture',
    operationId: 'capturePayment',
    audit: 'capture',
    summary: 'Capture authorized money, all or part of it',
    description: AGAIN + MAY_TAKE_TIME,
    body: jsonBody(captureRequest, { parcel: examples.capture }),
    answers: answersOf(examples.SHOWN.capture),
    handle: (request, tools: MoneyTools) => move(request, tools, { kind: 'capture' }),
  }),
  defineCall({
    ...MOVE,
    path: '/v1/payments/{id}/refund',
    operationId: 'refundPayment',
    audit: 'refund',
    summary: 'Refund captured money, all or part of it',
    description: AGAIN + MAY_TAKE_TIME,
    body: jsonBody(refundRequest, { line: examples.refund }),
    answers: {
      ...answersOf(examples.SHOWN.refund),
      202: json(
        'Stored durably, and not finished yet; or it is above FOUR_EYES_ABOVE and nothing is moved before a second person approves',
        z.union([operationWithPayment, approval]),
        { begun: examples.SHOWN.refund[1], awaiting: approvalExamples.awaiting },
        LATER,
      ),
    },
    refusals: [...REFUSED, 'not_approved'],
    handle: (request, tools: MoneyTools) => refund(request, tools),
  }),
  defineCall({
    ...MOVE,
    path: '/v1/payments/{id}/void',
    operationId: 'voidPayment',
    audit: 'void',
    summary: 'Void authorized money that was not captured',
    description: `Without a reference the reference is \`void\`. ${AGAIN}${MAY_TAKE_TIME}`,
    body: jsonBody(voidRequest, { all: examples.release }),
    isBodyOptional: true,
    answers: answersOf(examples.SHOWN.void),
    handle: (request, tools: MoneyTools) => move(request, tools, { kind: 'void', reference: 'void' }),
  }),
  defineCall({
    method: 'get',
    path: '/v1/payments/{id}/operations',
    operationId: 'listPaymentOperations',
    access: [],
    summary: 'List the captures, refunds and voids of a payment, newest first',
    params: atPayment,
    query: operationsQuery,
    answers: { 200: json('One page', pageOf(operation), { page: pageWith(examples.done) }) },
    refusals: ['not_found'],
    async handle(request, { store: { db } }: MoneyTools) {
      const found = await paymentNamed(db, request.params.id);
      const page = cutOut(await listOperations(db, found.id), request.query());
      return reply(
        200,
        viewPage(page, (row) => viewOperation(row, found), idOf),
      );
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/payments/{id}/operations/{reference}',
    operationId: 'getOperation',
    access: [],
    summary: 'Get a capture, refund or void and its result',
    params: z.object({
      id: payment.shape.id,
      reference: reference.meta({ description: 'As the request gave it', example: 'parcel-1' }),
    }),
    query: operationQuery,
    answers: { 200: json('The operation', operationWithPayment, { done: examples.SHOWN.capture[0] }) },
    refusals: ['not_found'],
    async handle(request, tools: MoneyTools) {
      const { kind } = request.query();
      const { db } = tools.store;
      const { id } = await paymentNamed(db, request.params.id);
      const wanted = reference.safeParse(request.params.reference);
      const found = wanted.success ? await findOperation(db, id, wanted.data, kind) : null;
      if (found === null) throw new Refusal('not_found', 'there is no such operation');
      return reply(200, await viewNow(tools, found));
    },
  }),
];

type MoveRequest = CallRequest<z.infer<typeof atPayment>, unknown, Partial<z.infer<typeof captureRequest>>>;

type Moved = Pick<MoveContext, 'kind' | 'reference'>;

async function move(request: MoveRequest, tools: MoneyTools, of: Moved) {
  const { found, wanted } = await read(request, tools, of);
  return carryOut(tools, found, wanted);
}

async function refund(request: MoveRequest, tools: MoneyTools) {
  const { found, wanted } = await read(request, tools, { kind: 'refund' });
  const waiting = await approvalOfRefund(tools, found, wanted);
  if (waiting === null) return carryOut(tools, found, wanted);
  const headers = { Location: `/v1/approvals/${waiting.id}`, 'Retry-After': String(RETRY_AFTER_SECONDS) };
  return reply(202, viewApproval(waiting, found.orderReference), { headers });
}

async function read(request: MoveRequest, { store }: MoneyTools, of: Moved) {
  const { ctx } = request;
  const found = await paymentNamed(store.db, request.params.id);
  const idempotencyKey = ctx.req.headers['idempotency-key']?.toString();
  const wanted = wantedMove(await request.body(), { ...of, key: keyOf(ctx).name, idempotencyKey });
  noteAsked(ctx, askedFor(wanted));
  return { found, wanted };
}

async function carryOut(tools: MoneyTools, found: PaymentRow, wanted: WantedMove) {
  const row = await tools.mover.move(found, wanted);
  const body = await viewNow(tools, row);
  if (!isUnfinished(row)) return reply(200, body);
  const place = `/v1/payments/${found.id}/operations/${wanted.reference}?kind=${wanted.kind}`;
  return reply(202, body, { headers: { Location: place, 'Retry-After': String(RETRY_AFTER_SECONDS) } });
}

/** The request as the audit keeps it. */
function askedFor({ reference, wanted: amount, finalCapture, reason }: WantedMove) {
  return { reference, amount, finalCapture, reason };
}

async function viewNow(tools: MoneyTools, row: OperationRow) {
  const now = await paymentNamed(tools.store.db, row.paymentId);
  return { ...viewOperation(row, now), payment: viewPayment(now, linksOf(tools)) };
}

function cutOut(
  all: readonly OperationRow[],
  { cursor, limit }: z.infer<typeof operationsQuery>,
): Page<OperationRow> {
  const from = cursor === undefined ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
  return { rows: all.slice(from, from + limit), hasMore: from + limit < all.length };
}
