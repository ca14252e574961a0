/** The HTTP application: Koa only, no business rules. */
import Koa from 'koa';
import helmet from 'koa-helmet';
import { isAdminToo } from '../../config/config.ts';
import { createHealth } from '../../health/health.ts';
import type { Service } from '../../service.ts';
import { CALLS, openApiDocument, type ApiTools } from '../calls.ts';
import { Ingress } from '../callbacks/ingress.ts';
import { createPokes } from '../callbacks/pokes.ts';
import { createSourcedIngress } from '../callbacks/sources.ts';
import { createMetricsReader } from '../health/metrics-reader.ts';
import { createMoneyMover } from '../money/money-mover.ts';
import { SessionOpener } from '../payments/session-opener.ts';
import { createOutcomeWaits } from '../returns/outcome-waits.ts';
import { bearerAuth } from './auth.ts';
import type { Call } from './define-call.ts';
import { uriLimits } from './limits.ts';
import { problems } from './problem.ts';
import { requestFigures, requestLog } from './request-log.ts';
import { requestSpan } from './request-span.ts';
import { createRouter, otherMethods, prefixOf, underV1, withoutPrefix } from './router.ts';

/**
 * Builds the application; nothing listens yet. It includes the admin calls if ADMIN_PORT is the API's own
 * port.
 */
export function createApp(service: Service): { app: Koa; ingress: Ingress } {
  const pokes = createPokes(service.runs);
  const ingress = new Ingress(service, pokes);
  const prefix = prefixOf(service.config.PUBLIC_URL);
  const isInside = isAdminToo(service.config);
  const tools = {
    ...service,
    ...adminTools(service, isInside),
    prefix,
    pokes,
    ingress: createSourcedIngress(service, ingress),
    waits: createOutcomeWaits(service.store.db),
    opener: new SessionOpener(service),
    mover: createMoneyMover(service),
    examine: createHealth(service),
    document: JSON.stringify(openApiDocument(prefix)),
  } satisfies ApiTools;
  const calls = CALLS.filter(({ port }) => isInside || port !== 'admin');
  return { app: assemble(service, calls, tools), ingress };
}

/** The application that ADMIN_PORT serves. */
export function createAdminApp(service: Service): Koa {
  const calls = CALLS.filter(({ port }) => port !== undefined);
  // The calls of this port need only these tools.
  const tools = { ...service, ...adminTools(service, true) } as ApiTools;
  return assemble(service, calls, tools);
}

function adminTools(service: Service, isInside: boolean): Pick<ApiTools, 'isInside' | 'readMetrics'> {
  return { isInside, readMetrics: createMetricsReader(service) };
}

function assemble(service: Service, calls: readonly Call<ApiTools>[], tools: ApiTools): Koa {
  const { config, log, metrics } = service;
  const app = new Koa({ proxy: config.TRUST_PROXY > 0, maxIpsCount: config.TRUST_PROXY });
  app.silent = true;
  app.use(withoutPrefix(prefixOf(config.PUBLIC_URL)));
  if (service.tracing !== null) app.use(requestSpan());
  app.use(requestLog(log));
  app.use(requestFigures(metrics));
  app.use(problems(log));
  app.use(uriLimits());
  app.use(
    helmet({
      strictTransportSecurity: config.PUBLIC_URL.startsWith('https:'),
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.use(underV1(bearerAuth(config.API_KEYS, { log, metrics })));
  app.use(createRouter(calls, tools).routes());
  app.use(otherMethods());
  return app;
}
