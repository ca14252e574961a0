/** Every metric of `/metrics`. Dashboards and alerts depend on the names: docs/operations.md lists them. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { VERSION } from '../lib/version.ts';
import { CallTally } from './call-tally.ts';
import type { SdkMetrics } from './sdk-metrics.ts';
import { storeMetrics } from './store-metrics.ts';

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry per process. */
export function createMetrics() {
  const registry = new Registry();
  return {
    registry,
    sdk: { port: null } as SdkMetrics,
    /** The same calls as `gatewayCalls`, for the store. */
    callTally: new CallTally(),
    ...callbackMetrics([registry]),
    ...paymentMetrics([registry]),
    ...gatewayMetrics([registry]),
    ...temporalMetrics([registry]),
    ...requestMetrics([registry]),
    ...traceMetrics([registry]),
    store: storeMetrics([registry]),
  };
}

/** Metrics of callbacks. */
function callbackMetrics(registers: Registry[]) {
  return {
    deliveries: new Counter({
      name: 'paidonce_deliveries_total',
      help: 'Callbacks by gateway and outcome: accepted, duplicate, ignored, refused, malformed, stale, limited, unavailable; foreign_source is counted in addition',
      labelNames: ['gateway', 'outcome', 'reason'],
      registers,
    }),
    refusalClues: new Counter({
      name: 'paidonce_refusal_clues_total',
      help: 'Clues why refused and stale callbacks might be genuine, by code: docs/operations.md. A few a second are examined',
      labelNames: ['gateway', 'code'],
      registers,
    }),
    secretHits: new Counter({
      name: 'paidonce_signature_secret_hits_total',
      help: 'Verified callbacks by kind (session, account) and the place of the secret that signed them; 0 is the newest',
      labelNames: ['gateway', 'kind', 'secret'],
      registers,
    }),
    acknowledged: new Histogram({
      name: 'paidonce_callback_acknowledged_seconds',
      help: 'Time from the request to the answer of a verified callback',
      buckets: [0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1],
      registers,
    }),
    callbackToPaid: new Histogram({
      name: 'paidonce_callback_to_paid_seconds',
      help: 'Time from the first verified callback until the order is paid',
      buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
      registers,
    }),
    callbacksExpected: new Counter({
      name: 'paidonce_callbacks_expected_total',
      help: 'Callbacks about payments that were settled or held: those that arrived, and those that the gateway says it has sent',
      labelNames: ['gateway'],
      registers,
    }),
    callbacksMissed: new Counter({
      name: 'paidonce_callbacks_missed_total',
      help: 'Expected callbacks that the gateway says it has sent and that never arrived; counted every hour',
      labelNames: ['gateway'],
      registers,
    }),
  };
}

/** Metrics of payments, and of the updates to the merchant about them. */
function paymentMetrics(registers: Registry[]) {
  return {
    openings: new Counter({
      name: 'paidonce_openings_total',
      help: 'Calls to open a session by outcome: opened (a new session), known (the open session), refused, unavailable',
      labelNames: ['outcome'],
      registers,
    }),
    outcomes: new Counter({
      name: 'paidonce_outcomes_total',
      help: 'Payments by reached status',
      labelNames: ['status'],
      registers,
    }),
    polls: new Counter({
      name: 'paidonce_polls_total',
      help: 'Reads of payments on hold, started by a timer',
      registers,
    }),
    updates: new Counter({
      name: 'paidonce_merchant_updates_total',
      help: 'Attempts to notify the merchant by type and outcome: delivered, failed, gone, gave_up, superseded',
      labelNames: ['type', 'outcome'],
      registers,
    }),
  };
}

/** Metrics of the calls to gateways. */
function gatewayMetrics(registers: Registry[]) {
  return {
    gatewayCalls: new Histogram({
      name: 'paidonce_gateway_call_seconds',
      help: 'Calls to a gateway by operation and outcome: ok, rejected, silent, credentials, rate_limited',
      labelNames: ['gateway', 'operation', 'outcome'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    gatewayStopped: new Gauge({
      name: 'paidonce_gateway_call_stopped',
      help: '1 while a call of a gateway is stopped, because it had no answer for five payments or more; it is probed every few seconds',
      labelNames: ['gateway', 'call'],
      registers,
    }),
    clockSkew: new Gauge({
      name: 'paidonce_gateway_clock_skew_seconds',
      help: "Our clock minus the gateway's, by the Date header of its last answer",
      labelNames: ['gateway'],
      registers,
    }),
  };
}

/** Metrics of the Temporal server, its namespace and its workers. */
function temporalMetrics(registers: Registry[]) {
  return {
    storeRefusals: new Counter({
      name: 'paidonce_store_refusals_total',
      help: 'Statements that PostgreSQL refused though it answered, by kind: disk_full, read_only, resources, io',
      labelNames: ['kind'],
      registers,
    }),
    namespaceRepairs: new Counter({
      name: 'paidonce_namespace_repairs_total',
      help: 'Repairs of search attributes or sweeps that were missing in the Temporal namespace, by outcome: done, failed',
      labelNames: ['outcome'],
      registers,
    }),
    versionPollers: new Gauge({
      name: 'paidonce_current_version_pollers',
      help: 'Processes that poll for the current worker version; with 0, no payment makes progress; absent without Worker Versioning',
      registers,
    }),
    temporalUp: new Gauge({
      name: 'paidonce_temporal_up',
      help: '1 if Temporal answers and has everything that is needed to open a payment, otherwise 0',
      registers,
    }),
    stuck: new Gauge({
      name: 'paidonce_stuck_workflows',
      help: 'Runs whose workflow task keeps failing, as Temporal reports it; absent if Temporal did not answer',
      labelNames: [],
      registers,
    }),
  };
}

/** Metrics of requests to the API, and the build that answers. */
function requestMetrics(registers: Registry[]) {
  const build = new Gauge({
    name: 'paidonce_build_info',
    help: 'Always 1; the labels are the versions of paidonce and of Node.js',
    labelNames: ['version', 'node'],
    registers,
  });
  build.set({ version: VERSION, node: process.versions.node }, 1);
  return {
    httpRequests: new Counter({
      name: 'paidonce_http_requests_total',
      help: 'Answers by route and status; route "none" if no route matches',
      labelNames: ['route', 'status'],
      registers,
    }),
    httpSeconds: new Histogram({
      name: 'paidonce_http_request_seconds',
      help: 'Time from the request to the answer, by route',
      labelNames: ['route'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
      registers,
    }),
    unauthorized: new Counter({
      name: 'paidonce_unauthorized_requests_total',
      help: 'Requests to /v1 without a valid API key by reason: no_key, wrong_key, too_often (wrong keys that were rate limited)',
      labelNames: ['reason'],
      registers,
    }),
  };
}

/** Metrics of tracing. */
function traceMetrics(registers: Registry[]) {
  return {
    traceExportsFailed: new Counter({
      name: 'paidonce_trace_exports_failed_total',
      help: 'Batches of spans that the collector did not take, and that are lost; 0 without tracing',
      registers,
    }),
  };
}
