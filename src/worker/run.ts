/** Keeps the Workers running through outages of Temporal and of the store. */
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, type Worker } from '@temporalio/worker';
import { createBackfillActivities } from '../activities/backfill-activities.ts';
import { createActivities } from '../activities/create-activities.ts';
import { createWakingActivities } from '../activities/start-workflows.ts';
import { createUpdateActivities } from '../activities/notify-merchant.ts';
import { createReconcileActivities } from '../activities/reconcile-activities.ts';
import { createSweepActivities } from '../activities/sweep-activities.ts';
import type { Config } from '../config/config.ts';
import type { Service } from '../service.ts';
import { merchantEndpoint } from '../updates/merchant-endpoint.ts';
import { WrongAccount } from '../store/store-health.ts';
import { addressed } from '../temporal/connect.ts';
import { UnreadablePayload } from '../temporal/payload-codec.ts';
import { installRuntime } from './runtime.ts';
import { createWorkers, type WorkerSettings, type WorkerSizes } from './worker.ts';

const RETRY_MS = 1_000;

/**
 * Starts the Workers once the store and Temporal are there. The returned function stops them after their
 * current work.
 */
export function startWorker(service: Service, storeReady: Promise<void>): () => Promise<void> {
  const stopping = new AbortController();
  const state: { workers: readonly Worker[] } = { workers: [] };
  // A store that never answers must not keep the process from stopping.
  const asked = new Promise<void>((resolve) => {
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const done = Promise.race([storeReady, asked])
    .then(() => installRuntime(service))
    .then(() => keepRunning(service, state, stopping.signal))
    .catch(service.fail);
  return async () => {
    stopping.abort();
    for (const worker of state.workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await done;
  };
}

async function keepRunning(
  service: Service,
  state: { workers: readonly Worker[] },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await runOnce(service, state, signal);
    } catch (error) {
      if (error instanceof WrongAccount || error instanceof UnreadablePayload) throw error;
      // Errors that a stop causes are not reported.
      if (signal.aborted) return;
      service.log.warn(
        { reason: String(error) },
        `the worker can't run: check that Temporal at ${service.config.TEMPORAL_ADDRESS} is up and has the namespace ${service.config.TEMPORAL_NAMESPACE}`,
      );
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

async function runOnce(
  service: Service,
  state: { workers: readonly Worker[] },
  signal: AbortSignal,
): Promise<void> {
  const { config } = service;
  const connection = await NativeConnection.connect(addressed(config));
  try {
    await service.namespace.prepare();
    state.workers = await createWorkers(connection, settingsOf(service), {
      payments: {
        ...paymentActivities(service),
        ...createWakingActivities({ db: service.store.db, runs: service.runs, money: service.money }),
        ...sweepActivities(service),
        ...reconcileActivities(service),
        ...backfillActivities(service),
      },
      updates: updateActivities(service),
    });
    const runs = state.workers.map((worker) => worker.run());
    // The stop came while they were created. A Worker that has never run would hold its connection forever.
    if (signal.aborted) for (const worker of state.workers) worker.shutdown();
    else service.log.info('worker runs');
    await Promise.all(runs);
  } finally {
    await endAll(state.workers);
    await connection.close();
  }
}

/**
 * Versioned only where a build id is given: a single worker needs none, and runs get stuck where several
 * unversioned builds work at once.
 */
function settingsOf({ config, gateways, tracing }: Service): WorkerSettings {
  const { TEMPORAL_DEPLOYMENT_NAME: deploymentName, TEMPORAL_WORKER_BUILD_ID: buildId } = config;
  return {
    namespace: config.TEMPORAL_NAMESPACE,
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    gateways: gateways.all.map(({ id }) => id),
    sizes: sizesOf(config),
    payloadKeys: config.PAYLOAD_KEYS,
    tracing,
    ...(buildId !== undefined && { version: { deploymentName, buildId } }),
  };
}

function sizesOf(config: Config): WorkerSizes {
  return {
    workflowSlots: config.WORKER_WORKFLOW_SLOTS,
    storeSlots: config.WORKER_STORE_SLOTS,
    checkoutSlots: config.WORKER_CHECKOUT_SLOTS,
    backgroundSlots: config.WORKER_BACKGROUND_SLOTS,
    updateSlots: config.WORKER_UPDATE_SLOTS,
    cachedRuns: config.WORKER_CACHED_RUNS,
    pollers: config.WORKER_POLLERS,
  };
}

/** A Worker that fails stops the others too, so that no process is half alive. */
async function endAll(workers: readonly Worker[]): Promise<void> {
  for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  const isEnded = () =>
    workers.every((worker) => ['STOPPED', 'FAILED', 'INITIALIZED'].includes(worker.getState()));
  while (!isEnded()) await sleep(50);
}

function paymentActivities({ recording, gateways, config, runs }: Service) {
  return createActivities({
    recording,
    gatewayNamed: gateways.named,
    opening: { pollIntervalMs: config.ON_HOLD_POLL_INTERVAL, lifetimeMs: config.SESSION_LIFETIME },
    onSlowOpening: (payment) => runs.openingTakesLong(payment),
  });
}

function sweepActivities({ store, gateways, runs, metrics, log }: Service) {
  return createSweepActivities({
    db: store.db,
    gatewayNamed: gateways.named,
    runs,
    onCounted(gateway, { expected, missed }) {
      metrics.callbacksExpected.inc({ gateway }, expected);
      metrics.callbacksMissed.inc({ gateway }, missed);
      if (missed > 0)
        log.warn(
          { gateway, expected, missed },
          'the gateway sent callbacks that never came: see docs/operations.md',
        );
    },
  });
}

function reconcileActivities({ store, gateways, runs, log }: Service) {
  return createReconcileActivities({
    db: store.db,
    gatewayNamed: gateways.named,
    runs,
    onEnded({ id, gateway, failure, drift }) {
      if (failure !== null)
        return log.warn({ gateway, reconciliation: id, failure }, 'a reconciliation failed');
      const unexplained = Object.values(drift ?? {}).reduce((sum, one) => sum + one.unexplained, 0);
      if (unexplained > 0)
        log.warn(
          { gateway, reconciliation: id, unexplained },
          'the store and the gateway differ: see docs/operations.md, "Drift"',
        );
    },
  });
}

function backfillActivities({ store, gateways, log }: Service) {
  return createBackfillActivities({
    db: store.db,
    gatewayNamed: gateways.named,
    onUnclear: (gateway, eventId) =>
      log.warn({ gateway, eventId }, 'an event of the list was not understood, and is counted as foreign'),
    onFailed: (id, failure) => log.warn({ backfill: id, failure }, 'a backfill failed'),
  });
}

function updateActivities({ store, config, metrics }: Service) {
  return createUpdateActivities({
    db: store.db,
    endpoint: merchantEndpoint(config),
    onAttempt: (type, outcome) => metrics.updates.inc({ type, outcome }),
  });
}
