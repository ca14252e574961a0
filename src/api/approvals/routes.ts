import { z } from 'zod';
import { findApproval, listApprovals, type ApprovalRow } from '../../store/approvals.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { nameOfCaller, noteAsked } from '../http/audit-trail.ts';
import { defineCall, type CallRequest } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { isId, paymentNamed } from '../payments/find-payment.ts';
import { Refusal } from '../refusal.ts';
import {
  approval,
  approvalExamples,
  approvalsQuery,
  approveRequest,
  rejectRequest,
  viewApproval,
} from './approval-view.ts';
import { approve, reject, type ApprovalTools } from './decide.ts';

const atApproval = z.object({ id: approval.shape.id });

export const APPROVAL_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/approvals',
    operationId: 'listApprovals',
    access: [],
    summary: 'List the requests that wait, or have waited, for a second person',
    query: approvalsQuery,
    answers: {
      200: json('One page, newest first', pageOf(approval), { page: pageWith(approvalExamples.awaiting) }),
    },
    async handle(request, { store: { db } }: ApprovalTools) {
      const page = await listApprovals(db, request.query());
      return reply(
        200,
        viewPage(page, (row) => viewApproval(row, row.orderReference), idOf),
      );
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/approvals/{id}',
    operationId: 'getApproval',
    access: [],
    summary: 'Get a request that waits, or has waited, for a second person',
    params: atApproval,
    answers: { 200: json('The request', approval, { approved: approvalExamples.approved }) },
    refusals: ['not_found'],
    async handle({ params: { id } }, tools: ApprovalTools) {
      return reply(200, await viewNow(tools, await approvalNamed(tools, id)));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/approvals/{id}/approve',
    operationId: 'approveRequest',
    access: ['money'],
    audit: 'approve',
    summary: 'Approve what another person has asked for; it is then carried out',
    description:
      'The key needs another name than the key that asked. What was asked is carried out once, also where several approve at once or a process ends meanwhile. ' +
      'The same call again shows the result.',
    params: atApproval,
    body: jsonBody(approveRequest, { approve: { actor: 'grace' } }),
    isBodyOptional: true,
    answers: {
      200: json('Approved and carried out, or refused: `problem` says why', approval, {
        approved: approvalExamples.approved,
      }),
      202: json('Approved. It will be carried out: read it again later', approval, {
        approved: { ...approvalExamples.approved, doneAt: null },
      }),
    },
    refusals: ['not_found', 'own_approval', 'not_approved'],
    async handle(request, tools: ApprovalTools) {
      const row = await decided(request, tools, approve);
      return reply(row.doneAt === null ? 202 : 200, await viewNow(tools, row));
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/approvals/{id}/reject',
    operationId: 'rejectRequest',
    access: ['money'],
    audit: 'reject',
    summary: 'Reject what another person has asked for',
    description: 'Nothing is moved. The person that asked can let the request expire instead.',
    params: atApproval,
    body: jsonBody(rejectRequest, { reject: { actor: 'grace', reason: 'the chair is here' } }),
    answers: { 200: json('Rejected', approval, { rejected: approvalExamples.rejected }) },
    refusals: ['not_found', 'own_approval', 'not_approved'],
    async handle(request, tools: ApprovalTools) {
      return reply(200, await viewNow(tools, await decided(request, tools, reject)));
    },
  }),
];

type DecideRequest = CallRequest<
  z.infer<typeof atApproval>,
  unknown,
  { readonly actor?: string | undefined; readonly reason?: string | undefined }
>;

async function decided(
  request: DecideRequest,
  tools: ApprovalTools,
  decide: typeof approve | typeof reject,
): Promise<ApprovalRow> {
  const { ctx, params } = request;
  const asked = await request.body();
  const row = await approvalNamed(tools, params.id);
  const { id, paymentId, what, amount, currency, key: askedKey, actor: askedBy } = row;
  noteAsked(ctx, { ...asked, approval: id, what, amount, currency, askedKey, askedBy }, paymentId);
  return decide(tools, id, { ...asked, ...nameOfCaller(ctx, asked.actor) });
}

/** @throws Refusal `not_found` */
async function approvalNamed({ store: { db } }: ApprovalTools, id: string): Promise<ApprovalRow> {
  const found = isId(id) ? await findApproval(db, id) : null;
  if (found === null) throw new Refusal('not_found', 'there is no such approval');
  return found;
}

async function viewNow({ store: { db } }: ApprovalTools, row: ApprovalRow) {
  const { orderReference } = await paymentNamed(db, row.paymentId);
  return viewApproval(row, orderReference);
}
