import type { Service } from '../../service.ts';
import { inBounds } from '../../store/bounded.ts';
import { pageOfOperations } from '../../store/lists.ts';
import { list, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { idOf, pageOf, pageWith, viewPage } from '../http/pages.ts';
import { csvExample, wholeList } from '../http/whole-list.ts';
import { OPERATION_COLUMNS } from '../money/operation-columns.ts';
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
    answers: {
      200: list(
        'One page, or the whole list',
        pageOf(operationOfOrder),
        { page: pageWith(ofOrder) },
        csvExample(OPERATION_COLUMNS, ofOrder),
      ),
    },
    refusals: ['too_many_rows'],
    async handle(request, { store: { db }, gateways }: Pick<Service, 'store' | 'gateways'>) {
      const { status: state, format, ...filter } = request.query();
      const read = async (page: Partial<typeof filter>) =>
        viewPage(
          await inBounds(db, (tx) => pageOfOperations(tx, { state, ...filter, ...page })),
          (row) => viewOperationOfOrder(row, endsBy(gateways, row)),
          idOf,
        );
      if (format === undefined) return reply(200, await read({}));
      return wholeList(
        { name: 'operations', columns: OPERATION_COLUMNS, read },
        { format, cursor: filter.cursor },
      );
    },
  }),
];
