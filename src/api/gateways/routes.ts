import { z } from 'zod';
import type { Gateway } from '../../gateways/gateway.ts';
import { GATEWAYS } from '../../gateways/registry.ts';
import type { Service } from '../../service.ts';
import { readCalls, readCredentialUse } from '../../store/gateway-calls.ts';
import { firstPassAt, readPasses } from '../../store/sweep-passes.ts';
import { readMarks } from '../../store/sweeps.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { Refusal } from '../refusal.ts';
import { periodOf } from '../stats/asked-period.ts';
import { CALL_BUCKETS, callsAnswer, callsExample, callsQuery, viewCalls } from './calls-view.ts';
import { gatewayExample, gatewaysAnswer, viewGateway } from './gateway-view.ts';
import { intervalsOf, sweepsAnswer, sweepsExample, sweepsQuery, viewSweeps } from './sweep-view.ts';

const HOUR_MS = 3_600_000;
const OF_CALLS = { buckets: CALL_BUCKETS, largest: '1h', lengthMs: HOUR_MS } as const;

const params = z.object({ gateway: z.string().meta({ example: GATEWAYS[0].id }) });

export const GATEWAY_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/gateways',
    operationId: 'listGateways',
    access: [],
    summary: 'List the configured gateways, and what each can do',
    answers: { 200: json('The gateways', gatewaysAnswer, { all: { data: [gatewayExample] } }) },
    async handle(_, { gateways }: Pick<Service, 'gateways'>) {
      const data = gateways.all.flatMap((gateway) => {
        const descriptor = GATEWAYS.find(({ id }) => id === gateway.id);
        return descriptor === undefined ? [] : [viewGateway(gateway, descriptor, gateways.byDefault)];
      });
      return reply(200, { data });
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/gateways/{gateway}/calls',
    operationId: 'listGatewayCalls',
    access: [],
    summary: 'Count the calls to a gateway, by operation and time',
    description:
      'From all processes, each of which reports once a minute. Minutes in which the store was away are missing. Known for eight days.',
    params,
    query: callsQuery,
    answers: { 200: json('The calls', callsAnswer, { hour: callsExample }) },
    refusals: ['not_found'],
    async handle(request, { store: { db }, gateways }: Pick<Service, 'store' | 'gateways'>) {
      const { id } = namedIn(gateways, request.params.gateway);
      const period = periodOf(request.query(), new Date(), OF_CALLS);
      const [calls, use] = await Promise.all([readCalls(db, id, period), readCredentialUse(db, id)]);
      return reply(200, viewCalls(id, period, calls, use));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/gateways/{gateway}/sweeps',
    operationId: 'listGatewaySweeps',
    access: [],
    summary: 'List the sweeps of a gateway, and how far each of its listings is read',
    params,
    query: sweepsQuery,
    answers: { 200: json('The sweeps', sweepsAnswer, { one: sweepsExample }) },
    refusals: ['not_found'],
    async handle(
      request,
      { store: { db }, gateways, config }: Pick<Service, 'store' | 'gateways' | 'config'>,
    ) {
      const { id, listings } = namedIn(gateways, request.params.gateway);
      const { limit } = request.query();
      const asked = { gateway: id, listings, intervalMs: config.SWEEP_INTERVAL, limit, now: new Date() };
      const since = intervalsOf(asked).at(-1) ?? asked.now;
      const [passes, marks, firstAt] = await Promise.all([
        readPasses(db, id, since),
        readMarks(db, id),
        firstPassAt(db, id),
      ]);
      return reply(200, viewSweeps(asked, { passes, marks, firstAt }));
    },
  }),
];

/** @throws Refusal `not_found` */
function namedIn(gateways: Service['gateways'], name: string): Gateway {
  const found = gateways.find(name);
  if (found !== undefined) return found;
  const ids = gateways.all.map(({ id }) => id).join(', ');
  throw new Refusal('not_found', `no gateway of this name is configured; configured are: ${ids}`);
}
