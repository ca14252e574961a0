import { Router } from '@koa/router';
import type { Service } from '../../service.ts';
import { ping, readFigures } from '../../store/health.ts';
import { readMarks } from '../../store/sweeps.ts';
import { refreshSecretFigures } from '../secret-figures.ts';
import { readSdkMetrics } from '../../telemetry/sdk-metrics.ts';
import { rootOf } from '../../telemetry/root-of.ts';
import { stuckCounter } from '../../temporal/stuck.ts';
import { withTimeout } from '../../temporal/calls.ts';

const LIMIT_MS = 800;

/** `/healthz` and `/readyz`. */
export function healthRoutes(service: Service): Router {
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
      ctx.status = isAble ? 200 : 503;
      ctx.set('Cache-Control', 'no-store');
      ctx.body = {
        status: isAble ? (store === null && temporal === null ? 'ready' : 'degraded') : 'unavailable',
        store: store ?? 'ok',
        temporal: temporal ?? 'ok',
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

/** `/metrics`, for Prometheus; what only the store knows is read when somebody asks. */
export function metricsRoutes(service: Service): Router {
  const { metrics } = service;
  const stuck = stuckCounter(service.client);
  return new Router().get('/metrics', async (ctx) => {
    const [sdk] = await Promise.all([
      readSdkMetrics(metrics.sdk),
      refresh(service),
      refreshStuck(service, stuck),
    ]);
    ctx.type = metrics.registry.contentType;
    ctx.body = (await metrics.registry.metrics()) + sdk;
  });
}

async function refreshStuck({ metrics }: Service, stuck: ReturnType<typeof stuckCounter>): Promise<void> {
  const count = await withTimeout(stuck(), LIMIT_MS).catch(() => null);
  if (count === null) metrics.stuck.remove();
  else metrics.stuck.set(count);
}

async function refresh({ store, gateways: { all }, metrics: { store: gauges } }: Service): Promise<void> {
  try {
    const secrets = refreshSecretFigures(store.db, all, gauges);
    const [figures, marks] = await withTimeout(
      Promise.all([readFigures(store.db), readMarks(store.db), secrets]),
      LIMIT_MS,
      'the store',
    );
    gauges.up.set(1);
    gauges.outboxPending.set(figures.outboxPending);
    gauges.outboxAge.set(figures.outboxOldest);
    gauges.review.set(figures.review);
    gauges.reviewAge.set(figures.reviewOldest);
    gauges.unsettled.set({ status: 'PENDING' }, figures.pending);
    gauges.unsettled.set({ status: 'ON_HOLD' }, figures.onHold);
    gauges.oldestTrigger.set(figures.unhandledOldest);
    for (const { gateway, listing, finds, foreign, finishedAt } of marks) {
      gauges.sweepFinds.set({ gateway, listing }, finds);
      gauges.foreign.set({ gateway, listing }, foreign);
      gauges.lastSweep.set({ gateway, listing }, finishedAt.getTime() / 1_000);
    }
  } catch {
    gauges.up.set(0);
  }
}
