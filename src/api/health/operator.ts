/** What the service keeps and finds of itself, as the document describes it. */
import { health } from './health-view.ts';
import { auditEntry, auditQuery } from '../audit/audit-view.ts';
import { pageOf } from '../payments/payment-requests.ts';
import { searchAnswer, searchQuery } from '../search/search-view.ts';
import { json } from '../http/answers.ts';
import { asked, foundBy, healthy, pageWith } from '../updates/record-examples.ts';
import type { Call } from '../http/define-call.ts';

export const OPERATOR_CALLS: readonly Call[] = [
  {
    method: 'get',
    path: '/v1/health',
    operationId: 'getHealth',
    summary: 'What the service finds of itself',
    description:
      'The store, Temporal, workers, gateways, the endpoint for order updates, figures, and what to do about each that is not well: what ' +
      '`paidonce doctor` shows. Looks at most every 10 s; takes up to 8 s.',
    answers: json(200, 'Whether all is well or not', health, { starting: healthy }),
  },
  {
    method: 'get',
    path: '/v1/audit',
    operationId: 'listAudit',
    summary: 'Who had money moved, or decided',
    description:
      'A row for each capture, refund, void, cancel, resolve and redelivery that was asked for, also for those that were refused. It is ' +
      'written before anything is done.',
    query: auditQuery,
    answers: json(200, 'One page, newest first', pageOf(auditEntry), { page: pageWith(asked) }),
  },
  {
    method: 'get',
    path: '/v1/search',
    operationId: 'search',
    summary: 'What an id is of, whichever id it is',
    description:
      'Exact matches only, at most twenty: what is known by one thing alone first, then the newest. An empty list where nothing has it.',
    query: searchQuery,
    answers: json(200, 'What was found', searchAnswer, { transaction: foundBy }),
  },
];
