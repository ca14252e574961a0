/** The HTTP application: Koa only, no business rules. */
import { randomBytes } from 'node:crypto';
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { ApiKey } from '../../config/api-keys.ts';
import type { EventStream } from '../../lib/event-stream.ts';
import { isAdminToo } from '../../config/config.ts';
import { createDashboard, type Admitted } from '../../dashboard/dashboard.ts';
import { createOneTimeLink } from '../../dashboard/one-time-link.ts';
import { createHealth } from '../../health/health.ts';
import type { Service } from '../../service.ts';
import { createAttention } from '../attention/find-attention.ts';
import { CALLS, openApiDocument, type ApiTools } from '../calls.ts';
import { Ingress } from '../callbacks/ingress.ts';
import { createPokes } from '../callbacks/pokes.ts';
import { createSourcedIngress } from '../callbacks/sources.ts';
import { createEventFeed } from '../events/event-feed.ts';
import { createMetricsReader } from '../health/metrics-reader.ts';
import { readinessOf } from '../health/readiness.ts';
import { createMoneyMover } from '../money/money-mover.ts';
import { createLookAgain } from '../payments/look-again.ts';
import { SessionOpener } from '../payments/session-opener.ts';
import { createOutcomeWaits } from '../returns/outcome-waits.ts';
import { ownDoor } from '../test-bench/own-door.ts';
import { createTestBench } from '../test-bench/test-bench.ts';
import { ACTOR_HEADER } from './audit-trail.ts';
import { bearerAuth, createKeyDoor, type KeyDoor } from './auth.ts';
import { createEndpointReader } from '../updates/endpoint-view.ts';
import type { Call } from './define-call.ts';
import { ADDRESS_HEADER, downloadInProcess, fetchInProcess } from './in-process.ts';
import { uriLimits } from './limits.ts';
import { asRefusal, PROBLEMS, problems } from './problem.ts';
import { requestFigures, requestLog } from './request-log.ts';
import { requestSpan } from './request-span.ts';
import { createRouter, otherMethods, prefixOf, underV1, withoutPrefix } from './router.ts';

/** The test bench acts as a shop: each of its calls has this name in the audit. */
const TEST_BENCH = 'test-bench';

/** What a server serves, and how its open streams end. */
export interface Built {
  readonly app: Koa;
  /** Ends every open stream: none of them would end by itself. */
  readonly endStreams: () => void;
}

/**
 * Builds the application; nothing listens yet. It includes the admin calls and the dashboard if ADMIN_PORT is the
 * API's own port, and the dashboard if there is no ADMIN_PORT.
 */
export function createApp(service: Service): Built & { ingress: Ingress; tools: ApiTools } {
  const { config } = service;
  const isInside = isAdminToo(config);
  const { tools, ingress, door } = toolsOf(service, isInside);
  const calls = CALLS.filter(({ port }) => isInside || port !== 'admin');
  const dashboard = isInside || config.ADMIN_PORT === undefined ? dashboardOf(service, tools, door) : null;
  return { ...assemble(service, { calls, tools, door, dashboard }), ingress, tools };
}

/** The application that ADMIN_PORT serves: the dashboard, and the calls for the inside. */
export function createAdminApp(service: Service): Built {
  const calls = CALLS.filter(({ port }) => port !== undefined);
  const { tools, door } = toolsOf(service, true);
  return assemble(service, { calls, tools, door, dashboard: dashboardOf(service, tools, door) });
}

/** The objects that are made once per server. */
function toolsOf(
  service: Service,
  isInside: boolean,
): { tools: ApiTools & Service; ingress: Ingress; door: KeyDoor } {
  const pokes = createPokes(service.runs);
  const ingress = new Ingress(service, pokes);
  const prefix = prefixOf(service.config.PUBLIC_URL);
  let document: string | undefined;
  const benchKey: ApiKey = {
    name: TEST_BENCH,
    scopes: ['shop', 'money'],
    key: randomBytes(32).toString('hex'),
  };
  const tools = {
    ...service,
    isInside,
    ...createMetricsReader(service),
    prefix,
    pokes,
    ingress: createSourcedIngress(service, ingress),
    waits: createOutcomeWaits(service.store.db),
    opener: new SessionOpener(service),
    lookAgain: createLookAgain(service),
    readEndpoint: createEndpointReader(service),
    mover: createMoneyMover(service),
    examine: createHealth(service),
    // Made at its first request: a process that was killed must be back soon, and few requests ask for it.
    get document() {
      return (document ??= JSON.stringify(openApiDocument(prefix)));
    },
    findAttention: createAttention(service),
    feed: createEventFeed(service.store.db),
    streams: new Set<EventStream>(),
    testBench: createTestBench(
      {
        gateways: service.config.gateways,
        byDefault: service.gateways.byDefault,
        endpoint: service.config.ORDER_WEBHOOK_URL,
      },
      ownDoor((request) => callAsBench(request), benchKey.key),
    ),
  } satisfies ApiTools;
  let asBench: ((request: Request) => Promise<Response>) | undefined;
  const callAsBench = (request: Request): Promise<Response> => {
    asBench ??= fetchInProcess(inside(service, tools, createKeyDoor([benchKey], service)));
    return asBench(request);
  };
  return { tools, ingress, door: createKeyDoor(service.config.API_KEYS, service) };
}

/** The dashboard calls the API in this process, with the keys of those that have signed in. */
function dashboardOf(service: Service, tools: ApiTools & Service, door: KeyDoor) {
  const api = inside(service, tools, door);
  const { config, log } = service;
  return createDashboard({
    config,
    prefix: tools.prefix,
    door: { admit: (key, ctx) => admitted(() => door.admit(key, ctx)) },
    fetch: fetchInProcess(api),
    download: downloadInProcess(api),
    headers: { address: ADDRESS_HEADER, actor: ACTOR_HEADER },
    readiness: () => readinessOf(service, true),
    changes: tools.feed,
    link: createOneTimeLink(config.DASHBOARD_LINK, config.API_KEYS),
    onError: (err, { path }) => log.error({ err, path }, 'a page of the dashboard failed'),
    now: () => new Date(),
  });
}

/** The API that is called without a connection, by those that have a key of this door. */
function inside(service: Service, tools: ApiTools, door: KeyDoor): Koa {
  return assemble(service, { calls: CALLS, tools, door, dashboard: null, isInProcess: true }).app;
}

function admitted(admit: () => ApiKey): Admitted {
  try {
    return { key: admit() };
  } catch (error) {
    const { code, message: problem, data } = asRefusal(error);
    return { status: PROBLEMS[code].status, problem, retryAfterSeconds: data.retryAfterSeconds };
  }
}

interface Parts {
  readonly calls: readonly Call<ApiTools>[];
  readonly tools: ApiTools;
  readonly door: KeyDoor;
  readonly dashboard: ReturnType<typeof createDashboard> | null;
  /** The requests are the dashboard's own: they are no traffic. */
  readonly isInProcess?: true;
}

function assemble(service: Service, { calls, tools, door, dashboard, isInProcess }: Parts): Built {
  const { config, log, metrics } = service;
  const app = new Koa({ proxy: config.TRUST_PROXY > 0, maxIpsCount: config.TRUST_PROXY });
  app.silent = true;
  app.use(withoutPrefix(prefixOf(config.PUBLIC_URL)));
  if (service.tracing !== null) app.use(requestSpan());
  if (isInProcess === undefined) app.use(requestLog(log)).use(requestFigures(metrics));
  app.use(problems(log));
  app.use(uriLimits());
  app.use(
    helmet({
      strictTransportSecurity: config.PUBLIC_URL.startsWith('https:'),
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.use(underV1(bearerAuth(door)));
  app.use(createRouter(calls, tools).routes());
  dashboard?.mount(app);
  app.use(otherMethods());
  return {
    app,
    endStreams() {
      for (const stream of tools.streams) stream.end();
      dashboard?.close();
    },
  };
}
