import type { createHealth } from '../../health/health.ts';
import type { Service } from '../../service.ts';
import { json, other, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { alive, health, healthExample, ready, READY_EXAMPLES } from './health-view.ts';
import { readinessOf } from './readiness.ts';

export interface HealthTools {
  /** What the service finds of itself. */
  readonly examine: ReturnType<typeof createHealth>;
  /** Every figure as Prometheus reads it. */
  readonly readMetrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** Whether this port is for those inside. */
  readonly isInside: boolean;
}

const FIGURES = `# HELP paidonce_openings_total Calls to open a session by outcome: opened (a new one), known (the one that is open), refused, unavailable
# TYPE paidonce_openings_total counter
paidonce_openings_total{outcome="opened"} 7
`;

export const HEALTH_CALLS = [
  defineCall({
    method: 'get',
    path: '/healthz',
    operationId: 'getLiveness',
    tag: 'Machines',
    access: 'public',
    port: 'both',
    summary: 'The process lives',
    answers: { 200: json('Alive', alive, { alive: { status: 'alive' } }) },
    async handle() {
      return reply(200, { status: 'alive' as const });
    },
  }),
  defineCall({
    method: 'get',
    path: '/readyz',
    operationId: 'getReadiness',
    tag: 'Machines',
    access: 'public',
    port: 'both',
    summary: 'A callback can be taken',
    answers: {
      200: json(
        'The store or Temporal answers; `degraded` when only one does, or when openings fail',
        ready,
        { ready: READY_EXAMPLES.well },
      ),
      503: json('Neither does', ready, { away: READY_EXAMPLES.away }),
    },
    async handle(_request, tools: Service & Pick<HealthTools, 'isInside'>) {
      const body = await readinessOf(tools, tools.isInside);
      const headers = { 'Cache-Control': 'no-store' };
      return reply(body.status === 'unavailable' ? 503 : 200, body, { headers });
    },
  }),
  defineCall({
    method: 'get',
    path: '/metrics',
    operationId: 'getMetrics',
    tag: 'Machines',
    access: 'public',
    port: 'admin',
    summary: 'Figures for Prometheus',
    description: 'On ADMIN_PORT alone, without a key. docs/operations.md lists every figure.',
    answers: {
      200: other('Text', { content: { 'text/plain': { schema: { type: 'string' }, example: FIGURES } } }),
    },
    async handle(_request, { readMetrics }: Pick<HealthTools, 'readMetrics'>) {
      const { type, text } = await readMetrics();
      return reply(200, text, { type });
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/health',
    operationId: 'getHealth',
    access: [],
    summary: 'What the service finds of itself',
    description:
      'The store, Temporal, workers, gateways, the endpoint for order updates, figures, and what to do about each that is not well: what ' +
      '`paidonce doctor` shows. Looks at most every 10 s; takes up to 8 s.',
    answers: { 200: json('Whether all is well or not', health, { starting: healthExample }) },
    async handle(_request, { examine }: Pick<HealthTools, 'examine'>) {
      const { checkedAt, ...found } = await examine();
      return reply(200, { ...found, checkedAt: checkedAt.toISOString() });
    },
  }),
];
