import { z } from 'zod';
import { json, jsonBody, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { refuse, type TestBench } from './test-bench.ts';
import {
  eventsAnswer,
  eventsExample,
  faultsAnswer,
  faultsExample,
  playAnswer,
  playedExample,
  playExamples,
  playRequest,
  samplesAnswer,
  samplesExample,
  samplesRequest,
  turnRequest,
  viewEvents,
  viewFaults,
  viewPlayed,
  viewSamples,
} from './test-bench-view.ts';

export interface TestBenchTools {
  readonly testBench: TestBench;
}

const ONLY =
  'Only where the gateways are sandboxes of paidonce, as with `npm start`; elsewhere 404 `no_sandbox`.';

const TEST = { tag: 'Test bench', refusals: ['no_sandbox', 'sandbox_refused'] } as const;

/** What they do is done by calls of the API, each with a row in the audit, by the key `test-bench`. */
const CHANGES = { ...TEST, access: ['money'] } as const;

const faultsNow = json('The faults as they are now', faultsAnswer, { faults: faultsExample });

export const TEST_BENCH_CALLS = [
  defineCall({
    ...TEST,
    method: 'get',
    path: '/v1/test/events',
    operationId: 'listTestEvents',
    access: [],
    summary: 'List what the sandboxes can play',
    description: ONLY,
    answers: { 200: json('The events, by gateway', eventsAnswer, { events: eventsExample }) },
    async handle(_request, { testBench }: TestBenchTools) {
      return reply(200, viewEvents(await testBench.stands()));
    },
  }),
  defineCall({
    ...CHANGES,
    method: 'post',
    path: '/v1/test/events',
    operationId: 'playTestEvent',
    summary: 'Have a sandbox play an event',
    description: `As \`paidonce trigger\`: what a payer, a person at the gateway, a bank or a bad line does. ${ONLY}`,
    body: jsonBody(playRequest, playExamples),
    answers: { 200: json('It was played', playAnswer, { played: playedExample }) },
    refusals: [
      ...TEST.refusals,
      'not_found',
      'order_mismatch',
      'order_already_paid',
      'payment_in_review',
      'gateway_rejected',
    ],
    async handle(request, { testBench }: TestBenchTools) {
      return reply(200, viewPlayed(await testBench.play(await request.body())));
    },
  }),
  defineCall({
    ...TEST,
    method: 'get',
    path: '/v1/test/orders',
    operationId: 'listSampleOrders',
    access: [],
    summary: 'List the sample orders, and how far they are',
    description: ONLY,
    answers: { 200: json('The newest ones', samplesAnswer, { running: samplesExample }) },
    async handle(_request, { testBench }: TestBenchTools) {
      await testBench.stands();
      return reply(200, viewSamples(testBench.samples.now));
    },
  }),
  defineCall({
    ...CHANGES,
    method: 'post',
    path: '/v1/test/orders',
    operationId: 'makeSampleOrders',
    summary: 'Make sample orders in every state',
    description: `Paid, held, captured in part, refunded, declined, in REVIEW and so on, by the calls of a shop and of its payers. They are made in the background, in two minutes at most. ${ONLY}`,
    body: jsonBody(samplesRequest, { some: { count: 20 } }),
    answers: { 202: json('It has begun', samplesAnswer, { begun: samplesExample }) },
    refusals: [...TEST.refusals, 'samples_running'],
    async handle(request, { testBench }: TestBenchTools) {
      const { count } = await request.body();
      const { samples } = testBench;
      await samples.begin(count, await testBench.stands());
      return reply(202, viewSamples(samples.now));
    },
  }),
  defineCall({
    ...TEST,
    method: 'get',
    path: '/v1/test/faults',
    operationId: 'listTestFaults',
    access: [],
    summary: 'List what can be broken, and what is',
    description: ONLY,
    answers: { 200: faultsNow },
    async handle(_request, { testBench }: TestBenchTools) {
      return reply(200, viewFaults(await testBench.faults.list().catch(refuse)));
    },
  }),
  defineCall({
    ...CHANGES,
    method: 'put',
    path: '/v1/test/faults/{id}',
    operationId: 'turnTestFault',
    summary: 'Break something, or repair it',
    description: `Some faults are positions of one switch: the newest holds. ${ONLY}`,
    params: z.object({ id: z.string().meta({ example: faultsExample.data[0]?.id }) }),
    body: jsonBody(turnRequest, { on: { on: true }, off: { on: false } }),
    answers: { 200: faultsNow },
    refusals: [...TEST.refusals, 'not_found'],
    async handle(request, { testBench }: TestBenchTools) {
      const { on } = await request.body();
      return reply(200, viewFaults(await testBench.faults.turn(request.params.id, on).catch(refuse)));
    },
  }),
  defineCall({
    ...CHANGES,
    method: 'delete',
    path: '/v1/test/faults',
    operationId: 'endTestFaults',
    summary: 'Repair everything',
    description: ONLY,
    answers: { 200: faultsNow },
    async handle(_request, { testBench }: TestBenchTools) {
      return reply(200, viewFaults(await testBench.faults.repair().catch(refuse)));
    },
  }),
];
