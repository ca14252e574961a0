/** The HTTP door: Koa only, no business rules. */
import Koa from 'koa';
import helmet from 'koa-helmet';
import type { Router } from '@koa/router';
import { isAdminToo } from '../config/config.ts';
import type { Service } from '../service.ts';
import { bearerAuth } from './auth.ts';
import { createIngress, type Ingress } from './ingress.ts';
import { requestFigures } from './request-figures.ts';
import { requestLog } from './request-log.ts';
import { createOutcomeWaits } from './outcome-waits.ts';
import { otherMethods } from './other-methods.ts';
import { payerPages } from './payer-pages.tsx';
import { createPokes } from './pokes.ts';
import { problems } from './problem.ts';
import { prefixOf, routed } from './routed.ts';
import { auditRoutes } from './routes/audit.ts';
import { callbackRoutes } from './routes/callbacks.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { docsRoutes } from './routes/docs.ts';
import { examinationRoutes, healthRoutes, metricsRoutes } from './routes/health.ts';
import { allOperationRoutes, operationRoutes } from './routes/operations.ts';
import { orderRoutes } from './routes/orders.ts';
import { paymentRoutes } from './routes/payments.ts';
import { returnRoutes } from './routes/returns.tsx';
import { searchRoutes } from './routes/search.ts';
import { updateRoutes } from './routes/updates.ts';
import { uriLimits } from './uri-limits.ts';
import { createSourcedIngress } from './sources.ts';

/** Builds the application; nothing listens yet. What is for those inside is part of it where ADMIN_PORT is the API's own. */
export function createApp(service: Service): { app: Koa; ingress: Ingress } {
  const { config, gateways, store } = service;
  const pokes = createPokes(service.runs);
  const ingress = createIngress(service, pokes);
  const prefix = prefixOf(config.PUBLIC_URL);
  const routers = [
    callbackRoutes({ gateways, ingress: createSourcedIngress(service, ingress), prefix }),
    returnRoutes({ db: store.db, gateways, pokes, waits: createOutcomeWaits(store.db) }),
    paymentRoutes(service),
    orderRoutes(service),
    operationRoutes(service),
    allOperationRoutes(service),
    deliveryRoutes(service),
    updateRoutes(service),
    auditRoutes(service),
    searchRoutes(service),
    examinationRoutes(service),
    docsRoutes(prefix),
    ...(isAdminToo(config) ? insideRoutes(service) : [healthRoutes(service)]),
  ];
  return { app: assemble(service, routers), ingress };
}

/** What ADMIN_PORT serves. */
export function createAdminApp(service: Service): Koa {
  return assemble(service, insideRoutes(service));
}

function insideRoutes(service: Service): Router[] {
  return [healthRoutes(service, { isInside: true }), metricsRoutes(service)];
}

function assemble(service: Service, routers: readonly Router[]): Koa {
  const { config, log, metrics } = service;
  const app = new Koa({ proxy: config.TRUST_PROXY > 0, maxIpsCount: config.TRUST_PROXY });
  app.silent = true;
  app.use(routed(prefixOf(config.PUBLIC_URL)));
  app.use(requestLog(log));
  app.use(requestFigures(metrics));
  app.use(payerPages());
  app.use(problems(log));
  app.use(uriLimits());
  app.use(
    helmet({
      strictTransportSecurity: config.PUBLIC_URL.startsWith('https:'),
      contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } },
    }),
  );
  app.use(bearerAuth(config.API_KEYS, { log, metrics }));
  for (const router of routers) app.use(router.routes());
  app.use(otherMethods());
  return app;
}
