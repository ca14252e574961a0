/** Every figure that `/metrics` shows. Names are the contract of dashboards and alerts: docs/operations.md lists them. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { UPDATE_TYPES } from '../domain/order.ts';
import { PAYMENT_STATUSES } from '../domain/payment.ts';
import type { RefusalReason } from '../gateways/gateway.ts';
import { VERSION } from '../lib/version.ts';
import type { SdkMetrics } from './sdk-metrics.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry a process. */
export function createMetrics() {
  const registry = new Registry();
  return {
    registry,
    sdk: { port: null } as SdkMetrics,
    ...countedHere([registry]),
    ...countedBeyond([registry]),
    ...countedAside([registry]),
    ...countedAtTheDoor([registry]),
    store: {
      ...readFromStore([registry]),
      ...answersOfStore([registry]),
      ...sweepsInStore([registry]),
      ...secretsInStore([registry]),
    },
  };
}

/** What was asked of the API, and which build answers. */
function countedAtTheDoor(registers: Registry[]) {
  const build = new Gauge({
    name: 'paidonce_build_info',
    help: '1, with the version that runs and the Node.js that runs it',
    labelNames: ['version', 'node'],
    registers,
  });
  build.set({ version: VERSION, node: process.versions.node }, 1);
  return {
    httpRequests: new Counter({
      name: 'paidonce_http_requests_total',
      help: 'Answers by route and status; route "none" for what no route answers',
      labelNames: ['route', 'status'],
      registers,
    }),
    openings: new Counter({
      name: 'paidonce_openings_total',
      help: 'Calls to open a session by outcome: opened (a new one), known (the one that is open), refused, unavailable',
      labelNames: ['outcome'],
      registers,
    }),
    unauthorized: new Counter({
      name: 'paidonce_unauthorized_requests_total',
      help: 'Requests to /v1 without a right API key by reason: no_key, wrong_key, too_often (wrong ones that were limited)',
      labelNames: ['reason'],
      registers,
    }),
    httpSeconds: new Histogram({
      name: 'paidonce_http_request_seconds',
      help: 'From the request to the answer, by route',
      labelNames: ['route'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
  };
}

/** Every series that an alert looks at is there from the start: `increase()` does not see the first of one that only now begins. */
export function beginAtZero(metrics: Metrics, gateways: readonly string[]): void {
  for (const gateway of gateways) {
    for (const outcome of ['accepted', 'duplicate', 'malformed', 'stale', 'limited', 'unavailable'])
      metrics.deliveries.inc({ gateway, outcome }, 0);
    for (const reason of REFUSED) metrics.deliveries.inc({ gateway, outcome: 'refused', reason }, 0);
    for (const reason of IGNORED) metrics.deliveries.inc({ gateway, outcome: 'ignored', reason }, 0);
    metrics.callbacksExpected.inc({ gateway }, 0);
    metrics.callbacksMissed.inc({ gateway }, 0);
  }
  for (const outcome of ['opened', 'known', 'refused', 'unavailable']) metrics.openings.inc({ outcome }, 0);
  for (const reason of ['no_key', 'wrong_key', 'too_often']) metrics.unauthorized.inc({ reason }, 0);
  for (const status of PAYMENT_STATUSES) metrics.outcomes.inc({ status }, 0);
  for (const outcome of ['done', 'failed']) metrics.namespaceRepairs.inc({ outcome }, 0);
  for (const type of UPDATE_TYPES)
    for (const outcome of ['delivered', 'failed', 'gone', 'gave_up'])
      metrics.updates.inc({ type, outcome }, 0);
}

const REFUSED = [
  'no_signature',
  'malformed_signature',
  'wrong_signature',
  'signed_long_ago',
  'source_not_allowed',
] as const satisfies readonly RefusalReason[];
const IGNORED = ['ping', 'unclear', 'foreign', 'lost'] as const;

/** What came in. */
function countedHere(registers: Registry[]) {
  return {
    deliveries: new Counter({
      name: 'paidonce_deliveries_total',
      help: 'Callbacks by gateway and outcome: accepted, duplicate, ignored, refused, malformed, stale, limited, unavailable; beside them foreign_source',
      labelNames: ['gateway', 'outcome', 'reason'],
      registers,
    }),
    secretHits: new Counter({
      name: 'paidonce_signature_secret_hits_total',
      help: 'Verified callbacks by kind (session, account) and the place of the secret that signed them, 0 the newest',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
    acknowledged: new Histogram({
      name: 'paidonce_callback_acknowledged_seconds',
      help: 'From the request to the answer of a verified callback',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    }),
    callbackToPaid: new Histogram({
      name: 'paidonce_callback_to_paid_seconds',
      help: 'From the first verified callback to the order being paid',
      buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
      registers,
    }),
  };
}

/** How payments, gateways and the merchant fare. */
function countedBeyond(registers: Registry[]) {
  return {
    outcomes: new Counter({
      name: 'paidonce_outcomes_total',
      help: 'Payments by the status that they reached',
      labelNames: ['status'],
      registers,
    }),
    polls: new Counter({
      name: 'paidonce_polls_total',
      help: 'Reads by timer: hold polls and follow-ups',
      registers,
    }),
    gatewayCalls: new Histogram({
      name: 'paidonce_gateway_call_seconds',
      help: 'Calls to a gateway by operation and outcome: ok, rejected, silent, credentials, rate_limited',
      labelNames: ['gateway', 'operation', 'outcome'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    gatewayStopped: new Gauge({
      name: 'paidonce_gateway_call_stopped',
      help: '1 while a call of a gateway is stopped, since it met silence for five payments or more; probed every few seconds',
      labelNames: ['gateway', 'call'],
      registers,
    }),
    clockSkew: new Gauge({
      name: 'paidonce_gateway_clock_skew_seconds',
      help: "Our clock less the gateway's, by the Date of its last answer",
      labelNames: ['gateway'],
      registers,
    }),
    updates: new Counter({
      name: 'paidonce_merchant_updates_total',
      help: 'Attempts to tell the merchant by type and outcome: delivered, failed, gone, gave_up, superseded',
      labelNames: ['type', 'outcome'],
      registers,
    }),
  };
}

/** How what must be there for that fares: the namespace, the callbacks. */
function countedAside(registers: Registry[]) {
  return {
    namespaceRepairs: new Counter({
      name: 'paidonce_namespace_repairs_total',
      help: 'Times that search attributes or sweeps were gone from the Temporal namespace, by outcome: done, failed',
      labelNames: ['outcome'],
      registers,
    }),
    callbacksExpected: new Counter({
      name: 'paidonce_callbacks_expected_total',
      help: 'Callbacks about payments that were settled or held: those that came, and those that the gateway says it has sent',
      labelNames: ['gateway'],
      registers,
    }),
    callbacksMissed: new Counter({
      name: 'paidonce_callbacks_missed_total',
      help: 'Of them, those that the gateway says it has sent and that never came; counted every hour',
      labelNames: ['gateway'],
      registers,
    }),
    versionPollers: new Gauge({
      name: 'paidonce_current_version_pollers',
      help: 'Processes that poll for the current worker version: with none, nothing is opened; absent without Worker Versioning',
      registers,
    }),
    temporalUp: new Gauge({
      name: 'paidonce_temporal_up',
      help: 'Whether Temporal answers now, with all that it needs to open a payment',
      registers,
    }),
    stuck: new Gauge({
      name: 'paidonce_stuck_workflows',
      help: 'Runs whose workflow task keeps failing, as Temporal reports it; absent where it could not be asked',
      labelNames: [],
      registers,
    }),
  };
}

/** What only the store knows, read at a scrape and kept for some seconds. Absent where it never answered. */
function readFromStore(registers: Registry[]) {
  return {
    outboxPending: new Gauge({
      name: 'paidonce_outbox_pending',
      help: 'Updates that the merchant has not heard yet',
      registers,
    }),
    outboxAge: new Gauge({
      name: 'paidonce_outbox_oldest_seconds',
      help: 'Age of the oldest of them',
      registers,
    }),
    review: new Gauge({
      name: 'paidonce_review_payments',
      help: 'Payments that wait for a person',
      registers,
    }),
    reviewAge: new Gauge({
      name: 'paidonce_review_oldest_seconds',
      help: 'How long the oldest of them has waited',
      registers,
    }),
    unsettled: new Gauge({
      name: 'paidonce_open_payments',
      help: 'Payments by unsettled status',
      labelNames: ['status'],
      registers,
    }),
    operations: new Gauge({
      name: 'paidonce_open_operations',
      help: 'Captures, refunds and voids that have not ended, by status: pending, unknown (sent, and the answer was lost)',
      labelNames: ['status'],
      registers,
    }),
    operationAge: new Gauge({
      name: 'paidonce_open_operation_oldest_seconds',
      help: 'Age of the oldest of them',
      registers,
    }),
    oldestTrigger: new Gauge({
      name: 'paidonce_unhandled_delivery_oldest_seconds',
      help: 'Age of the oldest verified callback that no workflow has dealt with',
      registers,
    }),
  };
}

/** Whether the store answers, and how old what it said is. */
function answersOfStore(registers: Registry[]) {
  return {
    up: new Gauge({
      name: 'paidonce_store_up',
      help: 'Whether the store answered when its figures were asked for last, a few seconds ago at most',
      registers,
    }),
    age: new Gauge({
      name: 'paidonce_store_figures_age_seconds',
      help: 'How long ago the figures that only the store knows were read; absent where they never were',
      registers,
    }),
  };
}

/** How far each listing of a gateway is known, and what was found. */
function sweepsInStore(registers: Registry[]) {
  return {
    sweepFinds: new Gauge({
      name: 'paidonce_sweep_finds_total',
      help: 'Payments that the sweep found and nobody had told us of, by the listing that showed them',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
    foreign: new Gauge({
      name: 'paidonce_sweep_foreign_transactions',
      help: 'Transactions of others on the same account in the last complete pass of a listing',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
    lastSweep: new Gauge({
      name: 'paidonce_last_complete_sweep_timestamp_seconds',
      help: 'When a pass over a listing has last reached its last page',
      labelNames: ['gateway', 'listing'],
      registers,
    }),
  };
}

/** Which of the configured secrets sign, and which may go. */
function secretsInStore(registers: Registry[]) {
  return {
    secretLastUsed: new Gauge({
      name: 'paidonce_signature_secret_last_used_timestamp_seconds',
      help: 'When a configured secret has signed last, by kind (session, account) and place, 0 the newest; 0 for never',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
    secretRetirable: new Gauge({
      name: 'paidonce_signature_secret_retirable_timestamp_seconds',
      help: 'Since when newer secrets alone have signed for a day, so that it may be retired; 0 where it may not',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
  };
}
