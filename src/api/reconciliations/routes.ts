import { z } from 'zod';
import type { Service } from '../../service.ts';
import {
  findReconciliation,
  pageOfDifferences,
  pageOfReconciliations,
  type ReconciliationRow,
} from '../../store/reconciliations.ts';
import { json, jsonBody, reply } from '../http/answers.ts';
import { nameOfCaller, noteAsked } from '../http/audit-trail.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { Refusal } from '../refusal.ts';
import { askToReconcile } from './ask-to-reconcile.ts';
import { difference, differenceExample, differencesQuery, viewDifference } from './difference-view.ts';
import {
  begunExample,
  reconcileRequest,
  reconciliation,
  reconciliationExample,
  reconciliationsQuery,
  viewReconciliation,
} from './reconciliation-view.ts';

type Reading = Pick<Service, 'store' | 'gateways'>;

const atReconciliation = z.object({ id: reconciliation.shape.id });

export const RECONCILIATION_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/reconciliations',
    operationId: 'listReconciliations',
    access: [],
    summary: 'List the reconciliations with the gateways',
    description:
      'A Schedule makes one daily for each gateway, over seven days. They are kept for 90 days, and the last complete one of each gateway for longer.',
    query: reconciliationsQuery,
    answers: {
      200: json('One page, newest first', pageOf(reconciliation), { page: pageWith(reconciliationExample) }),
    },
    async handle(request, service: Reading) {
      const { status: state, ...filter } = request.query();
      const page = await pageOfReconciliations(service.store.db, { ...filter, state });
      return reply(
        200,
        viewPage(page, (row) => viewReconciliation(row, service), idOf),
      );
    },
  }),
  defineCall({
    method: 'post',
    path: '/v1/reconciliations',
    operationId: 'startReconciliation',
    access: ['support'],
    audit: 'reconcile',
    summary: 'Compare every transaction of a gateway with ours',
    description:
      'Changes nothing by itself: the runs of payments that differ look at the gateway again, as at any time. After that they are compared again. Only one ' +
      'reconciliation that was asked for runs at a gateway at a time.',
    body: jsonBody(reconcileRequest, {
      'the last seven days': { gateway: reconciliationExample.gateway },
      'a month': {
        gateway: reconciliationExample.gateway,
        since: '2026-10-01T00:00:00Z',
        until: '2026-11-01T00:00:00Z',
      },
    }),
    answers: { 202: json('It has begun', reconciliation, { begun: begunExample }) },
    refusals: ['reconciliation_running'],
    async handle(request, service: Service) {
      const asked = await request.body();
      noteAsked(request.ctx, asked);
      const begun = await askToReconcile(service, asked, nameOfCaller(request.ctx).actor);
      return reply(202, viewReconciliation(begun, service));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/reconciliations/{id}',
    operationId: 'getReconciliation',
    access: [],
    summary: 'Show a reconciliation and its result',
    params: atReconciliation,
    answers: { 200: json('The reconciliation', reconciliation, { complete: reconciliationExample }) },
    refusals: ['not_found'],
    async handle(request, service: Reading) {
      return reply(200, viewReconciliation(await named(service, request.params.id), service));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/reconciliations/{id}/differences',
    operationId: 'listReconciliationDifferences',
    access: [],
    summary: 'List what differs, and the next step for each',
    description: 'While the reconciliation runs, the list has what differs so far.',
    params: atReconciliation,
    query: differencesQuery,
    answers: {
      200: json('One page, by transaction', pageOf(difference), { page: pageWith(differenceExample) }),
    },
    refusals: ['not_found'],
    async handle(request, service: Reading) {
      const { id } = await named(service, request.params.id);
      const page = await pageOfDifferences(service.store.db, id, request.query());
      return reply(
        200,
        viewPage(page, viewDifference, ({ key }) => key),
      );
    },
  }),
];

async function named({ store }: Reading, id: string): Promise<ReconciliationRow> {
  const found = await findReconciliation(store.db, id);
  if (found === null) throw new Refusal('not_found', 'there is no such reconciliation');
  return found;
}
