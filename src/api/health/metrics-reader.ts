/** `/metrics`, for Prometheus: figures that only the store or Temporal knows are read at each request. */
import type { Gauge } from 'prom-client';
import type { Service } from '../../service.ts';
import { readSdkMetrics } from '../../telemetry/sdk-metrics.ts';
import { withTimeout } from '../../temporal/run-calls.ts';
import { currentVersionReader } from '../../temporal/current-version.ts';
import { stuckCounter } from '../../temporal/stuck.ts';
import { LOOK_LIMIT_MS, temporalAway } from './readiness.ts';
import type { HealthTools } from './routes.ts';

/** One per process. */
export function createMetricsReader(
  service: Service,
): Pick<HealthTools, 'readMetrics'> & { readonly refreshMetrics: () => Promise<void> } {
  const { metrics } = service;
  const stuck = stuckCounter(service.client);
  const version = currentVersionReader(service.connection, service.config);
  const refreshMetrics = async (): Promise<void> => {
    await Promise.all([
      service.storeFigures.refresh(),
      temporalAway(service).then((reason) => metrics.temporalUp.set(reason === null ? 1 : 0)),
      setOrRemove(metrics.stuck, stuck()),
      setOrRemove(
        metrics.versionPollers,
        version().then((current) => current?.pollers ?? null),
      ),
    ]);
  };
  return {
    refreshMetrics,
    async readMetrics() {
      const [sdk] = await Promise.all([readSdkMetrics(metrics.sdk), refreshMetrics()]);
      return { type: metrics.registry.contentType, text: (await metrics.registry.metrics()) + sdk };
    },
  };
}

/** An unknown figure is absent, not 0. */
async function setOrRemove(gauge: Gauge, asked: Promise<number | null>): Promise<void> {
  const value = await withTimeout(asked, LOOK_LIMIT_MS).catch(() => null);
  if (value === null) gauge.remove();
  else gauge.set(value);
}
