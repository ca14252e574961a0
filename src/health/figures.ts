/** What a process counts, and what only the store knows, as figures that can be read. */
import type { Registry } from 'prom-client';
import type { Service } from '../service.ts';
import { readFigures } from '../store/health.ts';
import { readMarks } from '../store/sweeps.ts';
import { withTimeout } from '../temporal/calls.ts';
import { refreshSecretFigures } from './secret-figures.ts';

/** Figures by name and labels. */
export interface Figures {
  /** The value of a figure with these labels; undefined where it has not been counted. */
  of(name: string, labels?: Record<string, string>): number | undefined;
  all(name: string): { labels: Record<string, string>; value: number }[];
}

/** Those of a process, as `/metrics` shows them. */
export async function figuresOf(registry: Registry): Promise<Figures> {
  const shown = await registry.getMetricsAsJSON();
  const all = (wanted: string) =>
    shown
      .filter(({ name }) => name === wanted)
      .flatMap(({ values }) => values as unknown as { labels: Record<string, string>; value: number }[]);
  return {
    all,
    of: (name, labels = {}) =>
      all(name).find((found) => Object.entries(labels).every(([key, value]) => found.labels[key] === value))
        ?.value,
  };
}

const LIMIT_MS = 800;

/** Reads what only the store knows; `paidonce_store_up` says whether it could. */
export async function refreshFigures({
  store,
  gateways: { all },
  metrics: { store: gauges },
}: Service): Promise<void> {
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
    gauges.operations.set({ status: 'pending' }, figures.operationsPending);
    gauges.operations.set({ status: 'unknown' }, figures.operationsUnknown);
    gauges.operationAge.set(figures.operationsOldest);
    for (const { gateway, listing, finds, foreign, finishedAt } of marks) {
      gauges.sweepFinds.set({ gateway, listing }, finds);
      gauges.foreign.set({ gateway, listing }, foreign);
      gauges.lastSweep.set({ gateway, listing }, finishedAt.getTime() / 1_000);
    }
  } catch {
    gauges.up.set(0);
  }
}
