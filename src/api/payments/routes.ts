import { z } from 'zod';
import type { Service } from '../../service.ts';
import { findOrder, type PaymentRow } from '../../store/payments.ts';
import { approval, approvalExamples, viewApproval } from '../approvals/approval-view.ts';
import { approvalOfDecision } from '../approvals/four-eyes.ts';
import { askedBy } from '../http/audit-trail.ts';
import { json, jsonBody, list, reply } from '../http/answers.ts';
import { keyOf } from '../http/auth.ts';
import { defineCall } from '../http/define-call.ts';
import { reference } from '../http/fields.ts';
import { pageOf, pageWith } from '../http/pages.ts';
import { csvExample, wholeList } from '../http/whole-list.ts';
import { asRefusal } from '../http/problem.ts';
import { Refusal } from '../refusal.ts';
import { closePayment } from './cancel-payment.ts';
import { paymentNamed } from './find-payment.ts';
import { pageOfPayments } from './list-payments.ts';
import type { LookTools } from './look-again.ts';
import { openPayment, type OpenedAnswer, type PaymentTools } from './open-payment.ts';
import { PAYMENT_COLUMNS } from './payment-columns.ts';
import * as examples from './payment-examples.ts';
import {
  cancelRequest,
  createPaymentRequest,
  lookRequest,
  paymentsQuery,
  resolveRequest,
  updateRequest,
} from './payment-requests.ts';
import { listedPayment, openedPayment, orderView, payment, paymentWithTimeline } from './payment-schemas.ts';
import { linksOf, viewOrder, viewPayment } from './payment-view.ts';
import { resolve } from './resolve-payment.ts';
import { readStory } from './read-story.ts';
import { updateReference } from './update-reference.ts';

const atPayment = z.object({ id: payment.shape.id });

export const PAYMENT_CALLS = [
  defineCall({
    method: 'post',
    path: '/v1/payments',
    operationId: 'createPayment',
    access: ['shop'],
    summary: 'Open a payment session for an order',
    description:
      'Parallel requests for one order all get the same session. The same call again answers 200 with the open ' +
      'session, so repeat the call if an answer was lost. The newest call sets `returnUrl` and `metadata`; `expiresAt`, ' +
      '`language` and the prefilled customer are not compared. Any other difference is 409 `order_mismatch`, with a pointer for each ' +
      'difference. With `replace` it opens another session instead (then another customer is a difference too). The order of the lines does not matter. While ' +
      'a payment is on hold only gateway, amount and currency are compared, and `replace` does nothing. Texts that are only shown or filled ' +
      'in never cause a refusal: `warnings` says how they were changed.',
    body: jsonBody(createPaymentRequest, { order: examples.newPayment }),
    answers: {
      201: json('A new session: send the payer to `checkoutUrl`', openedPayment, { opened: examples.opened }),
      200: json('The order has an open payment; `checkoutUrl` is null while it is on hold', openedPayment, {
        opened: examples.opened,
      }),
    },
    refusals: [
      'order_mismatch',
      'order_already_paid',
      'payment_in_review',
      'already_paid',
      'not_cancellable',
      'gateway_rejected',
      'gateway_not_configured',
    ],
    async handle(request, service: PaymentTools) {
      const asked = await request.body();
      const opened = await noted(service, openPayment(service, asked, keyOf(request.ctx).name));
      const body = { ...viewPayment(opened.payment, linksOf(service)), warnings: [...opened.warnings] };
      return reply(opened.isNew ? 201 : 200, body);
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/payments',
    operationId: 'listPayments',
    access: [],
    summary: 'List payments, newest first',
    description:
      'Filters can be combined. A combination that makes the store read too many rows ends with 422 `too_many_rows` after 3 s: a time beside it helps.',
    query: paymentsQuery,
    answers: {
      200: list(
        'One page, or the whole list',
        pageOf(listedPayment),
        { page: pageWith(examples.listed) },
        csvExample(PAYMENT_COLUMNS, examples.listed),
      ),
    },
    refusals: ['too_many_rows'],
    async handle(request, service: Service) {
      const { format, ...filter } = request.query();
      const read = (page: Partial<typeof filter>) => pageOfPayments(service, { ...filter, ...page });
      if (format === undefined) return reply(200, await read({}));
      return wholeList(
        { name: 'payments', columns: PAYMENT_COLUMNS, read },
        { format, cursor: filter.cursor },
      );
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/payments/{id}',
    operationId: 'getPayment',
    access: [],
    summary: 'Get a payment and its timeline',
    params: atPayment,
    answers: { 200: json('The payment', paymentWithTimeline, { paid: examples.told }) },
    refusals: ['not_found'],
    async handle({ params }, service: Service) {
      const { db } = service.store;
      const found = await paymentNamed(db, params.id);
      const timeline = await readStory(db, found);
      return reply(200, { ...viewPayment(found, linksOf(service)), timeline });
    },
  }),
  defineCall({
    method: 'patch',
    path: '/v1/payments/{id}',
    operationId: 'updatePayment',
    access: ['shop', 'money'],
    summary: 'Change the one reference that can be changed at the gateway later',
    params: atPayment,
    body: jsonBody(updateRequest, { invoice: { merchantReference2: 'invoice-78' } }),
    answers: {
      200: json('The payment, changed here and at the gateway', payment, { changed: examples.renamed }),
    },
    refusals: ['not_found', 'no_transaction', 'not_supported', 'gateway_rejected', 'gateway_not_configured'],
    async handle(request, service: Service) {
      const found = await paymentNamed(service.store.db, request.params.id);
      const { merchantReference2 } = await request.body();
      const changed = await updateReference(service, found, merchantReference2);
      return reply(200, viewPayment(changed, linksOf(service)));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/payments/{id}/cancel',
    operationId: 'cancelPayment',
    access: ['shop', 'money'],
    audit: 'cancel',
    summary: 'Cancel a payment whose session is not paid',
    params: atPayment,
    body: jsonBody(cancelRequest, { nothing: {} }),
    isBodyOptional: true,
    answers: { 200: json('The payment, cancelled', payment, { cancelled: examples.cancelled }) },
    refusals: ['not_found', 'already_paid', 'not_cancellable', 'gateway_not_configured'],
    async handle(request, service: Service) {
      const found = await paymentNamed(service.store.db, request.params.id);
      await request.body();
      await closePayment(service, found, { key: keyOf(request.ctx).name });
      return reply(200, await viewNow(service, found));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/payments/{id}/resolve',
    operationId: 'resolvePayment',
    access: ['money'],
    audit: 'resolve',
    summary: 'Take a payment out of REVIEW',
    description:
      'The gateway is read first. `accept` pays the order although something differs, if the gateway has the money; ' +
      '`give_back` voids or refunds all the money that the gateway has of the payment; ' +
      '`dismiss` ends the review without moving money, and the payment never affects the order again. ' +
      'While `surplus` holds money, `give_back` covers the surplus alone; where the review mark asks about surplus, so does `dismiss`.',
    params: atPayment,
    body: jsonBody(resolveRequest, { accept: examples.decision }),
    answers: {
      200: json('The payment, resolved', payment, { accepted: examples.accepted }),
      202: json(
        'The money is being given back: read the payment again later; or it is above FOUR_EYES_ABOVE and nothing is done before a second person approves',
        z.union([payment, approval]),
        { givingBack: examples.givingBack, awaiting: approvalExamples.awaiting },
      ),
    },
    refusals: ['not_found', 'not_in_review', 'not_acceptable', 'give_back_failed', 'gateway_not_configured'],
    async handle(request, service: Service) {
      const found = await paymentNamed(service.store.db, request.params.id);
      const asked = askedBy(request.ctx, await request.body());
      const waiting = await approvalOfDecision(service, found, asked);
      if (waiting !== null) return reply(202, viewApproval(waiting, found.orderReference));
      const isDone = await resolve(service, found, asked);
      return reply(isDone ? 200 : 202, await viewNow(service, found));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/payments/{id}/look',
    operationId: 'lookAtPayment',
    access: ['support'],
    audit: 'look',
    summary: 'Have a payment read at its gateway now',
    description:
      'As if a callback had just arrived: what the gateway says is compared with what is recorded, and acted on. It moves no money by itself. ' +
      'The timeline of the payment says who asked and what the gateway answered. At most three looks at once and then one in 30 seconds.',
    params: atPayment,
    body: jsonBody(lookRequest, { ticket: examples.look }),
    answers: {
      202: json('The gateway will be read. The body is the payment as it was', payment, {
        asked: examples.authorized,
      }),
    },
    refusals: ['not_found', 'gateway_not_configured'],
    async handle(request, service: LookTools) {
      const found = await paymentNamed(service.store.db, request.params.id);
      await service.lookAgain(found, askedBy(request.ctx, await request.body()));
      return reply(202, viewPayment(found, linksOf(service)));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/orders/{reference}',
    operationId: 'getOrder',
    access: [],
    summary: 'Get an order and the ids of its payments',
    params: z.object({ reference: reference.meta({ example: '1001' }) }),
    answers: { 200: json('The order', orderView, { paid: examples.paidOrder }) },
    refusals: ['not_found'],
    async handle({ params }, { store: { db } }: Pick<Service, 'store'>) {
      const wanted = reference.safeParse(params.reference);
      const found = wanted.success ? await findOrder(db, wanted.data) : null;
      if (found === null)
        throw new Refusal(
          'not_found',
          'there is no such order; an order exists once a payment was opened for it',
        );
      return reply(200, viewOrder(found.order, found.payments));
    },
  }),
];

async function viewNow(service: Service, { id }: PaymentRow) {
  return viewPayment(await paymentNamed(service.store.db, id), linksOf(service));
}

/** Failed openings are counted, and make the process `degraded`. */
async function noted({ openings }: Service, opening: Promise<OpenedAnswer>): Promise<OpenedAnswer> {
  try {
    const opened = await opening;
    openings.note(opened.isNew ? 'opened' : 'known');
    return opened;
  } catch (error) {
    openings.note(asRefusal(error).code === 'unavailable' ? 'unavailable' : 'refused');
    throw error;
  }
}
