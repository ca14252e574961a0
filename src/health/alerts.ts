/**
 * Figures beside the thresholds of their alerts: docs/operations.md, "Figures". Those that a process knows by itself;
 * rates over time need Prometheus.
 */
import type { Figures } from './figures.ts';

export interface Alert {
  readonly name: string;
  readonly means: string;
  readonly unit: 'seconds' | 'count' | 'yes or no';
  /** An alert where the figure is above it, or below it. */
  readonly threshold: { readonly above: number } | { readonly below: number };
  /** `page`: somebody has to act at once. */
  readonly severity: 'page' | 'ticket';
  /** Where the figure is a time, its age counts. */
  readonly isTime?: true;
  /** It alerts on either side: the sign does not matter. */
  readonly isAbsolute?: true;
  /** Where its absence is right, as without Worker Versioning. */
  readonly mayBeAbsent?: true;
}

const DAY_S = 86_400;

export const ALERTS: readonly Alert[] = [
  {
    name: 'paidonce_store_up',
    means: 'the store answers',
    unit: 'yes or no',
    threshold: { below: 1 },
    severity: 'page',
  },
  {
    name: 'paidonce_store_figures_age_seconds',
    means: 'age of the figures that are read from the store',
    unit: 'seconds',
    threshold: { above: 60 },
    severity: 'page',
  },
  {
    name: 'paidonce_temporal_up',
    means: 'Temporal answers, and has everything that is needed to open a payment',
    unit: 'yes or no',
    threshold: { below: 1 },
    severity: 'page',
  },
  {
    name: 'paidonce_current_version_pollers',
    means: 'processes that poll for the current worker version',
    unit: 'count',
    threshold: { below: 1 },
    severity: 'page',
    mayBeAbsent: true,
  },
  {
    name: 'paidonce_stuck_workflows',
    means: 'runs whose workflow task keeps failing',
    unit: 'count',
    threshold: { above: 0 },
    severity: 'page',
    mayBeAbsent: true,
  },
  {
    name: 'paidonce_unhandled_delivery_oldest_seconds',
    means: 'age of the oldest verified callback that no run has handled',
    unit: 'seconds',
    threshold: { above: 60 },
    severity: 'page',
  },
  {
    name: 'paidonce_outbox_oldest_seconds',
    means: 'age of the oldest update that the shop has not acknowledged',
    unit: 'seconds',
    threshold: { above: 600 },
    severity: 'ticket',
  },
  {
    name: 'paidonce_open_operation_oldest_seconds',
    means: 'age of the oldest capture, refund or void that has not ended',
    unit: 'seconds',
    threshold: { above: 300 },
    severity: 'ticket',
  },
  {
    name: 'paidonce_review_payments',
    means: 'payments that need a decision by a person',
    unit: 'count',
    threshold: { above: 0 },
    severity: 'ticket',
  },
  {
    name: 'paidonce_review_oldest_seconds',
    means: 'how long the oldest of them has waited',
    unit: 'seconds',
    threshold: { above: DAY_S },
    severity: 'ticket',
  },
  {
    name: 'paidonce_gateway_call_stopped',
    means: 'a call is stopped, since the gateway does not answer',
    unit: 'yes or no',
    threshold: { above: 0 },
    severity: 'page',
    mayBeAbsent: true,
  },
  {
    name: 'paidonce_gateway_clock_skew_seconds',
    means: "our clock minus the gateway's",
    unit: 'seconds',
    threshold: { above: 30 },
    severity: 'ticket',
    isAbsolute: true,
  },
  {
    name: 'paidonce_drift_payments',
    means: 'differences from the gateway that nothing explains, in the last reconciliation',
    unit: 'count',
    threshold: { above: 0 },
    severity: 'ticket',
    mayBeAbsent: true,
  },
  {
    name: 'paidonce_last_complete_reconciliation_timestamp_seconds',
    means: 'age of the last complete reconciliation',
    unit: 'seconds',
    threshold: { above: 2 * DAY_S },
    severity: 'ticket',
    isTime: true,
    mayBeAbsent: true,
  },
];

export interface Judged extends Pick<Alert, 'name' | 'means' | 'unit' | 'threshold' | 'severity'> {
  readonly labels: Readonly<Record<string, string>>;
  /** Null where it is not known. */
  readonly value: number | null;
  readonly state: 'ok' | 'alert' | 'unknown';
}

/** Each figure with these labels beside its threshold. One that is missing is unknown, where it should be there. */
export function judgeFigures(figures: Figures, now: Date, alerts: readonly Alert[] = ALERTS): Judged[] {
  return alerts.flatMap((alert) => {
    const found = figures.all(alert.name);
    if (found.length > 0)
      return found.map(({ labels, value }) => judge(alert, labels, measured(alert, value, now)));
    return alert.mayBeAbsent === true ? [] : [judge(alert, {}, null)];
  });
}

/** A time is measured by its age. */
function measured({ isTime }: Alert, value: number, now: Date): number {
  return isTime === true ? Math.max(0, now.getTime() / 1_000 - value) : value;
}

function judge(alert: Alert, labels: Judged['labels'], value: number | null): Judged {
  const { name, means, unit, threshold, severity, isAbsolute } = alert;
  const told = { name, means, unit, threshold, severity, labels, value };
  if (value === null) return { ...told, state: 'unknown' };
  const size = isAbsolute === true ? Math.abs(value) : value;
  const isBad = 'above' in threshold ? size > threshold.above : size < threshold.below;
  return { ...told, state: isBad ? 'alert' : 'ok' };
}

/** A sweep of each listing has its own threshold: it depends on SWEEP_INTERVAL and on how often it is read. */
export function sweepAlert(oldestMs: number): Alert {
  return {
    name: 'paidonce_last_complete_sweep_timestamp_seconds',
    means: 'age of the last complete sweep',
    unit: 'seconds',
    threshold: { above: Math.round(oldestMs / 1_000) },
    severity: 'page',
    isTime: true,
    mayBeAbsent: true,
  };
}
