import type { createHealth } from '../../health/health.ts';
import type { Service } from '../../service.ts';
import { json, other, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { alive, health, healthExample, ready, READY_EXAMPLES } from './health-view.ts';
import { readinessOf } from './readiness.ts';

export interface HealthTools {
  /** Runs the service's checks of itself. */
  readonly examine: ReturnType<typeof createHealth>;
  /** Every figure in the text format of Prometheus. */
  readonly readMetrics: () => Promise<{ readonly type: string; readonly text: string }>;
  /** Whether this port is reachable from the inside only. */
  readonly isInside: boolean;
}

const FIGURES = `# HELP paidonce_openings_total Calls to open a session by outcome: opened (a new session), known (the open session), refused, unavailable
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
    summary: 'Check that the process is alive',
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
    summary: 'Check that a callback can be accepted',
    answers: {
      200: json(
        'The store or Temporal answers; `degraded` if only one of them does, or if sessions cannot be opened',
        ready,
        { ready: READY_EXAMPLES.well },
      ),
      503: json('Neither the store nor Temporal answers', ready, { away: READY_EXAMPLES.away }),
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
    summary: 'Get the metrics for Prometheus',
    description: 'Served on ADMIN_PORT only, without a key. docs/operations.md lists every metric.',
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
    summary: 'Run the checks of the service',
    description:
      'Checks the store, Temporal, the workers, the gateways, the endpoint for order updates and the figures, and says what to do about each that is not ok, like ' +
      '`paidonce doctor`. The checks run at most every 10 s and take up to 8 s.',
    answers: { 200: json('The checks, also if some are not ok', health, { starting: healthExample }) },
    async handle(_request, { examine }: Pick<HealthTools, 'examine'>) {
      const { checkedAt, ...found } = await examine();
      return reply(200, { ...found, checkedAt: checkedAt.toISOString() });
    },
  }),
];
