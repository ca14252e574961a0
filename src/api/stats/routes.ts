import type { Service } from '../../service.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { askedPeriod } from './asked-period.ts';
import { readFlows, readStates } from '../../store/stats/states.ts';
import { readStats } from './read-stats.ts';
import { statsExample } from './stats-example.ts';
import { statesAnswer, statesExample } from './states-view.ts';
import { statsAnswer, statsQuery } from './stats-view.ts';

export const STATS_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/stats',
    operationId: 'readStats',
    access: [],
    summary: 'Count what happened, by time',
    description:
      'Payments, callbacks, updates and money in buckets of five minutes, an hour or a day, with the totals of the period. Everything is ' +
      'counted in the bucket in which it happened, so a capture may be in another bucket than the payment. Periods of more than seven ' +
      'days are read from hourly counts, which stay when old rows are deleted.',
    query: statsQuery,
    answers: { 200: json('The figures', statsAnswer, { hour: statsExample }) },
    async handle(request, { store: { db } }: Pick<Service, 'store'>) {
      return reply(200, await readStats(db, askedPeriod(request.query(), new Date())));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/stats/states',
    operationId: 'readStates',
    access: [],
    summary: 'Count the payments in each status, now',
    description:
      "All payments by their status as it is now, and how many went which way in the last hour: the figures of the dashboard's state map.",
    answers: { 200: json('The counts', statesAnswer, { now: statesExample }) },
    async handle(_request, { store: { db } }: Pick<Service, 'store'>) {
      const [data, lastHour] = await Promise.all([readStates(db), readFlows(db)]);
      return reply(200, { data, lastHour });
    },
  }),
];
