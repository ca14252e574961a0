/** Gauges of figures that only the store knows. Each process reads them, at most every few seconds. */
import { readFigures, type StoreFigures as Read } from '../store/store-health.ts';
import { lastReconciliations } from '../store/reconciliations.ts';
import { readMarks, type SweepMark } from '../store/sweeps.ts';
import type { Service } from '../service.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { withStoreTimeout } from '../store/errors.ts';
import { refreshSecretFigures } from './secret-figures.ts';

export interface StoreFigures {
  /**
   * Reads the figures if they are older than some seconds. Never throws: `paidonce_store_up` and the age show
   * the result.
   */
  refresh(): Promise<void>;
}

/**
 * Shorter than the usual 15 s between two scrapes, so that each scrape of one Prometheus gets new figures. A
 * second Prometheus, `GET /v1/health` and people cause no further reads.
 */
const REMEMBERED_MS = 10_000;
const LIMIT_MS = 800;

type Parts = Pick<Service, 'store' | 'gateways' | 'metrics'>;

/**
 * One per process. After a failed read the next call reads again at once, so that a recovered store is
 * noticed.
 */
export function createStoreFigures(
  parts: Parts,
  { rememberedMs = REMEMBERED_MS, now = Date.now }: { rememberedMs?: number; now?: () => number } = {},
): StoreFigures {
  const { store: gauges } = parts.metrics;
  let readAt: number | null = null;
  let reading: Promise<void> | null = null;
  forgetAll(gauges);
  const read = async (): Promise<void> => {
    try {
      const begunAt = now();
      await readAll(parts);
      readAt = begunAt;
      gauges.up.set(1);
    } catch {
      gauges.up.set(0);
    }
  };
  return {
    async refresh() {
      const isFresh = readAt !== null && now() - readAt < rememberedMs;
      if (!isFresh) await (reading ??= read().finally(() => (reading = null)));
      if (readAt !== null) gauges.age.set((now() - readAt) / 1_000);
    },
  };
}

async function readAll({ store: { db }, gateways, metrics: { store: gauges } }: Parts): Promise<void> {
  const secrets = refreshSecretFigures(db, gateways.all, gauges);
  const all = Promise.all([readFigures(db), readMarks(db), lastReconciliations(db), secrets]);
  const [figures, marks, reconciled] = await withStoreTimeout(all, LIMIT_MS);
  show(gauges, figures, marks);
  showDrift(gauges, reconciled);
}

function show(gauges: Metrics['store'], figures: Read, marks: readonly SweepMark[]): void {
  gauges.outboxPending.set(figures.outboxPending);
  gauges.outboxAge.set(figures.outboxOldest);
  gauges.review.set(figures.review);
  gauges.reviewAge.set(figures.reviewOldest);
  gauges.unsettled.set({ status: 'PENDING' }, figures.pending);
  gauges.unsettled.set({ status: 'ON_HOLD' }, figures.onHold);
  gauges.oldestTrigger.set(figures.unhandledOldest);
  gauges.operations.set({ status: 'pending' }, figures.operationsPending);
  gauges.operations.set({ status: 'unknown' }, figures.operationsUnknown);
  gauges.operationAge.set(figures.operationsOldest);
  for (const { gateway, listing, finds, foreign, finishedAt } of marks) {
    gauges.sweepFinds.set({ gateway, listing }, finds);
    gauges.foreign.set({ gateway, listing }, foreign);
    gauges.lastSweep.set({ gateway, listing }, finishedAt.getTime() / 1_000);
  }
}

function showDrift(
  gauges: Metrics['store'],
  reconciled: Awaited<ReturnType<typeof lastReconciliations>>,
): void {
  for (const { gateway, finishedAt, drift } of reconciled) {
    gauges.lastReconciliation.set({ gateway }, finishedAt);
    for (const [name, { unexplained }] of Object.entries(drift))
      gauges.drift.set({ gateway, class: name }, unexplained);
  }
}

/** A figure that was never read is absent, not 0. */
function forgetAll(gauges: Metrics['store']): void {
  const { outboxPending, outboxAge, review, reviewAge, oldestTrigger, operationAge, age } = gauges;
  for (const gauge of [outboxPending, outboxAge, review, reviewAge, oldestTrigger, operationAge, age])
    gauge.remove();
}
