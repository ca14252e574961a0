/**
 * Figures that only the store knows, read at a scrape and kept for some seconds. Absent if the store never
 * answered.
 */
import { Gauge, type Registry } from 'prom-client';

/** The gauges, by the name that src/health/store-figures.ts sets. */
export function storeMetrics(registers: Registry[]) {
  return {
    ...waitingInStore(registers),
    ...answersOfStore(registers),
    ...sweepsInStore(registers),
    ...reconciliationsInStore(registers),
    ...secretsInStore(registers),
  };
}

/** Work that waits: updates, reviews, payments, operations and callbacks. */
function waitingInStore(registers: Registry[]) {
  return {
    outboxPending: new Gauge({
      name: 'paidonce_outbox_pending',
      help: 'Updates that the merchant has not acknowledged yet',
      registers,
    }),
    outboxAge: new Gauge({
      name: 'paidonce_outbox_oldest_seconds',
      help: 'Age of the oldest update that the merchant has not acknowledged yet',
      registers,
    }),
    review: new Gauge({
      name: 'paidonce_review_payments',
      help: 'Payments that need a decision by a person',
      registers,
    }),
    reviewAge: new Gauge({
      name: 'paidonce_review_oldest_seconds',
      help: 'How long the oldest payment in review has waited',
      registers,
    }),
    unsettled: new Gauge({
      name: 'paidonce_open_payments',
      help: 'Unsettled payments by status',
      labelNames: ['status'],
      registers,
    }),
    operations: new Gauge({
      name: 'paidonce_open_operations',
      help: 'Captures, refunds and voids that have not ended, by status: pending, unknown (sent, and the response was lost)',
      labelNames: ['status'],
      registers,
    }),
    operationAge: new Gauge({
      name: 'paidonce_open_operation_oldest_seconds',
      help: 'Age of the oldest operation that has not ended',
      registers,
    }),
    oldestTrigger: new Gauge({
      name: 'paidonce_unhandled_delivery_oldest_seconds',
      help: 'Age of the oldest verified callback that no workflow has handled',
      registers,
    }),
  };
}

/** Whether the store answers, and the age of its figures. */
function answersOfStore(registers: Registry[]) {
  return {
    up: new Gauge({
      name: 'paidonce_store_up',
      help: '1 if the store answered when its figures were last read, at most a few seconds ago, otherwise 0',
      registers,
    }),
    age: new Gauge({
      name: 'paidonce_store_figures_age_seconds',
      help: 'Age of the figures that are read from the store; absent if they were never read',
      registers,
    }),
  };
}

/** The progress and the results of the sweeps, by listing. */
function sweepsInStore(registers: Registry[]) {
  return {
    sweepFinds: new Gauge({
      name: 'paidonce_sweep_finds_total',
      help: 'Changed payments that the sweep found and no callback had reported, by the listing that showed them',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
    foreign: new Gauge({
      name: 'paidonce_sweep_foreign_transactions',
      help: 'Transactions of other shops on the same account in the last complete pass of a listing',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
    lastSweep: new Gauge({
      name: 'paidonce_last_complete_sweep_timestamp_seconds',
      help: 'When a pass over a listing last reached its last page',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
  };
}

/** The results of the last complete reconciliations of the usual period. */
function reconciliationsInStore(registers: Registry[]) {
  return {
    drift: new Gauge({
      name: 'paidonce_drift_payments',
      help: 'Differences from the gateway that nothing explains, in the last complete reconciliation, by class; the goal is 0',
      labelNames: ['gateway', 'class'],
      registers,
    }),
    lastReconciliation: new Gauge({
      name: 'paidonce_last_complete_reconciliation_timestamp_seconds',
      help: 'When the last reconciliation of the usual period or a longer one was complete',
      labelNames: ['gateway'],
      registers,
    }),
  };
}

/** Which of the configured secrets sign, and which may be removed. */
function secretsInStore(registers: Registry[]) {
  return {
    secretLastUsed: new Gauge({
      name: 'paidonce_signature_secret_last_used_timestamp_seconds',
      help: 'When a configured secret last signed, by kind (session, account) and place (0 is the newest); the value 0 means never',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
    secretRetirable: new Gauge({
      name: 'paidonce_signature_secret_retirable_timestamp_seconds',
      help: 'Since when only newer secrets have signed for a day, so that this one may be retired; 0 if it may not',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
  };
}
