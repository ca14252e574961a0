import type { Service } from '../../service.ts';
import { inBounds } from '../../store/bounded.ts';
import { pageOfOperations } from '../../store/lists.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { ofOrder } from '../money/operation-examples.ts';
import { allOperationsQuery } from '../money/operation-requests.ts';
import { endsBy, operationOfOrder, viewOperationOfOrder } from '../money/operation-view.ts';

export const OPERATION_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/operations',
    operationId: 'listOperations',
    access: [],
    summary: 'List the captures, refunds and voids of all orders, newest first',
    query: allOperationsQuery,
    answers: { 200: json('One page', pageOf(operationOfOrder), { page: pageWith(ofOrder) }) },
    refusals: ['too_many_rows'],
    async handle(request, { store: { db }, gateways }: Pick<Service, 'store' | 'gateways'>) {
      const { status: state, ...filter } = request.query();
      const page = await inBounds(db, (tx) => pageOfOperations(tx, { state, ...filter }));
      return reply(
        200,
        viewPage(page, (row) => viewOperationOfOrder(row, endsBy(gateways, row)), idOf),
      );
    },
  }),
];
