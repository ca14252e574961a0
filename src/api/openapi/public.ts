/** What gateways, browsers and machines call; none of it needs an API key. */
import type { OpenAPIRegistry, RouteConfig } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { html, json, refusals } from './answers.ts';
import { GATEWAYS } from '../../gateways/registry.ts';
import { GATEWAY, PAYMENT_ID } from './payment-examples.ts';

const gateway = z.object({ gateway: z.string().meta({ example: GATEWAY.id }) });

const received = z
  .object({ result: z.enum(['accepted', 'duplicate', 'ignored']) })
  .meta({ id: 'CallbackResult' });

const CALLBACK: Omit<RouteConfig, 'method'> = {
  path: '/callbacks/{gateway}',
  tags: ['Gateways'],
  summary: 'A gateway reports',
  description:
    `Signed as the gateway signs; ${GATEWAYS.map(({ document }) => document.callback).join('; ')}. 200 means that it is durable. ` +
    'What a callback claims is never believed: it makes us ask the gateway.',
  request: { params: gateway },
  responses: {
    ...json(200, 'Kept', received, { kept: { result: 'accepted' } }),
    ...refusals(
      'malformed',
      'bad_signature',
      'stale_signature',
      'source_not_allowed',
      'not_found',
      'method_not_allowed',
      'too_large',
      'uri_too_long',
      'unavailable',
    ),
  },
};

/** Where a browser is sent. */
const to = (example: string) => ({ Location: { schema: { type: 'string' as const }, example } });

const RETURN: RouteConfig = {
  method: 'get',
  path: '/return/{gateway}',
  tags: ['Gateways'],
  summary: "The payer's browser comes back",
  description:
    'Proves nothing; it makes us ask the gateway. `k` is the secret of one payment. Waits up to 3 s for an outcome.',
  request: {
    params: gateway,
    query: z.object({
      k: z.string().meta({ description: '128 random bits', example: 'Wym4gx1HzC9DNfIpRlAMEg' }),
    }),
  },
  responses: {
    303: {
      description: 'To the `returnUrl` of the payment, with `order`, `payment` and `status` added',
      headers: to(`https://shop.example/thanks?order=1001&payment=${PAYMENT_ID}&status=paid`),
    },
    ...html(200, 'A page of our own, where the payment has no `returnUrl`'),
    ...html(404, 'No payment has this `k`'),
    ...html(503, 'We can not look now; a page that tries again, or a problem for who does not take HTML'),
  },
};

const alive = z.object({ status: z.literal('alive') });
const ready = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    store: z.string().meta({ description: '`ok`, or `away`; on ADMIN_PORT why' }),
    temporal: z.string().meta({ description: 'Likewise' }),
    openings: z
      .enum(['ok', 'failing'])
      .meta({ description: '`failing`: the last requests for a session came to nothing' }),
  })
  .meta({ id: 'Readiness' });

const WELL = { store: 'ok', temporal: 'ok', openings: 'ok' } as const;
const AWAY = { store: 'away', temporal: 'away', openings: 'ok' } as const;

const FIGURES = `# HELP paidonce_openings_total Calls to open a session by outcome: opened (a new one), known (the one that is open), refused, unavailable
# TYPE paidonce_openings_total counter
paidonce_openings_total{outcome="opened"} 7
`;

const MACHINES: readonly RouteConfig[] = [
  {
    method: 'get',
    path: '/healthz',
    summary: 'The process lives',
    responses: json(200, 'Alive', alive, { alive: { status: 'alive' } }),
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'A callback can be taken',
    responses: {
      ...json(
        200,
        'The store or Temporal answers; `degraded` when only one does, or when openings fail',
        ready,
        { ready: { status: 'ready', ...WELL } },
      ),
      ...json(503, 'Neither does', ready, { away: { status: 'unavailable', ...AWAY } }),
    },
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Figures for Prometheus',
    description: 'On ADMIN_PORT alone, without a key. docs/operations.md lists every figure.',
    responses: {
      200: {
        description: 'Text',
        content: { 'text/plain': { schema: { type: 'string' }, example: FIGURES } },
      },
    },
  },
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This document',
    responses: {
      200: {
        description: 'OpenAPI 3.1',
        content: { 'application/json': { schema: { type: 'object' }, example: { openapi: '3.1.0' } } },
      },
    },
  },
  {
    method: 'get',
    path: '/',
    summary: 'Leads to the documentation',
    responses: { 303: { description: 'To `/docs`', headers: to('/docs') } },
  },
  {
    method: 'get',
    path: '/docs',
    summary: 'This document, for people',
    responses: html(200, 'A page'),
  },
];

/** Adds the calls that need no API key. */
export function registerPublicApi(registry: OpenAPIRegistry): void {
  for (const method of ['get', 'post'] as const) registry.registerPath({ ...CALLBACK, method });
  registry.registerPath(RETURN);
  for (const route of MACHINES) registry.registerPath({ ...route, tags: ['Machines'] });
}
