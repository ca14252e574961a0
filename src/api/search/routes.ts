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
    summary: 'What an id is of, whichever id it is',
    description:
      'Exact matches only, at most twenty: what is known by one thing alone first, then the newest. An empty list where nothing has it.',
    query: searchQuery,
    answers: { 200: json('What was found', searchAnswer, { transaction: searchExample }) },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      return reply(200, viewFound(await search(db, request.query().q)));
    },
  }),
];
