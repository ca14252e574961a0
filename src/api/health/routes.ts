import { Router } from '@koa/router';
import type { Gauge } from 'prom-client';
import type { z } from 'zod';
import { createHealth } from '../../health/health.ts';
import type { Service } from '../../service.ts';
import { ping } from '../../store/health.ts';
import { readSdkMetrics } from '../../telemetry/sdk-metrics.ts';
import { rootOf } from '../../telemetry/root-of.ts';
import { withTimeout } from '../../temporal/calls.ts';
import { currentVersionReader } from '../../temporal/current-version.ts';
import { stuckCounter } from '../../temporal/stuck.ts';
import type { health } from './health-view.ts';

const LIMIT_MS = 800;

/** `/healthz` and `/readyz`; those inside are told why something is away: it may name hosts and ports that are nobody else's business. */
export function healthRoutes(service: Service, { isInside = false } = {}): Router {
  const said = (reason: string | null) => (reason === null ? 'ok' : isInside ? reason : 'away');
  return new Router()
    .get('/healthz', (ctx) => {
      ctx.body = { status: 'alive' };
    })
    .get('/readyz', async (ctx) => {
      const [store, temporal] = await Promise.all([
        reasonOf(ping(service.store.db), 'the store'),
        reasonOf(service.namespace.check(), 'Temporal'),
      ]);
      const isAble = store === null || temporal === null;
      const isOpening = service.openings.failing() === 0;
      const isWhole = store === null && temporal === null && isOpening;
      ctx.status = isAble ? 200 : 503;
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        status: isWhole ? 'ready' : isAble ? 'degraded' : 'unavailable',
        store: said(store),
        temporal: said(temporal),
        openings: isOpening ? 'ok' : 'failing',
      };
    });
}

async function reasonOf(check: Promise<unknown>, whom: string): Promise<string | null> {
  try {
    await withTimeout(check, LIMIT_MS, whom);
    return null;
  } catch (error) {
    return rootOf(error);
  }
}

/** `GET /v1/health`: what the service finds of itself, for `paidonce doctor` and for monitoring. */
export function examinationRoutes(service: Service): Router {
  const examine = createHealth(service);
  return new Router({ prefix: '/v1' }).get('/health', async (ctx) => {
    const { checkedAt, ...found } = await examine();
    ctx.body = { ...found, checkedAt: checkedAt.toISOString() } satisfies z.infer<typeof health>;
  });
}

/** `/metrics`, for Prometheus; what only the store or Temporal knows is read when somebody asks. */
export function metricsRoutes(service: Service): Router {
  const { metrics } = service;
  const stuck = stuckCounter(service.client);
  const version = currentVersionReader(service.connection, service.config);
  return new Router().get('/metrics', async (ctx) => {
    const [sdk] = await Promise.all([
      readSdkMetrics(metrics.sdk),
      service.storeFigures.refresh(),
      reasonOf(service.namespace.check(), 'Temporal').then((reason) =>
        metrics.temporalUp.set(reason === null ? 1 : 0),
      ),
      setOrRemove(metrics.stuck, stuck()),
      setOrRemove(
        metrics.versionPollers,
        version().then((current) => current?.pollers ?? null),
      ),
    ]);
    ctx.type = metrics.registry.contentType;
    ctx.body = (await metrics.registry.metrics()) + sdk;
  });
}

/** A figure that is not known is absent, and not 0. */
async function setOrRemove(gauge: Gauge, asked: Promise<number | null>): Promise<void> {
  const value = await withTimeout(asked, LIMIT_MS).catch(() => null);
  if (value === null) gauge.remove();
  else gauge.set(value);
}
