import type { Service } from '../../service.ts';
import { search } from '../../store/search.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { searchAnswer, searchExample, searchQuery, viewFound } from './search-view.ts';

export const SEARCH_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/search',
    operationId: 'searchRecords',
    access: [],
    summary: 'Find what has an id or an amount',
    description:
      'Exact matches only, at most twenty: unique matches first, then the newest. The list is empty if nothing matches.',
    query: searchQuery,
    answers: { 200: json('What was found', searchAnswer, { transaction: searchExample }) },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      return reply(200, viewFound(await search(db, request.query().q)));
    },
  }),
];
