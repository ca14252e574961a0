/**
 * Where a process begins: `paidonce api`, `paidonce worker` and, with the embedded store, both in one (`paidonce serve`, which
 * `npm start` runs as a child). Follow a payment from here: api/payments/routes.ts opens it, api/callbacks/routes.ts hears of it,
 * workflows/payment-session.ts decides, activities/ act.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { startForwarder } from './background/forwarder.ts';
import { isAdminToo, KNOWN_VARIABLES, type Config } from './config/config.ts';
import { armCrashPoints } from './crash-points.ts';
import { createGateways } from './gateways/registry.ts';
import type { Service } from './service.ts';
import { readGateway, stampGateway, WrongAccount } from './store/health.ts';
import { requireSchema, SchemaTooOld } from './store/schema-state.ts';
import { openStore } from './store/open.ts';
import { createLog } from './telemetry/log.ts';
import { rootOf } from './lib/root-of.ts';
import { beginAtZero, createMetrics } from './telemetry/metrics.ts';
import { connectClient } from './temporal/connect.ts';
import { createOpenings } from './health/openings.ts';
import { createStoreFigures } from './health/store-figures.ts';
import { createNamespace } from './temporal/namespace.ts';
import { createMoneyRuns } from './temporal/money-runs.ts';
import { createPaymentRuns, type PaymentRuns } from './temporal/payment-runs.ts';
import { unknownVariables } from './config/unknown-variables.ts';
import { FirstAttempts } from './updates/first-attempts.ts';
import { merchantEndpoint } from './updates/merchant-endpoint.ts';

export interface Roles {
  readonly api: boolean;
  readonly worker: boolean;
}

export interface Running {
  /** Ends everything, the work at hand first. */
  stop(): Promise<void>;
  /** Resolves when something is wrong that only a person can repair. */
  readonly failed: Promise<Error>;
}

/**
 * Collected once the heap has grown by a third. V8 by itself lets 55 MB that live grow to 270 MB before it looks, and gives little of it
 * back: the process seems to leak for its first hours (`npm run bench`, the growth of memory).
 */
const HEAP_GROWTH = '--heap-growing-percent=33';

/** How long a shopper, and how long a callback, waits for Temporal. */
const UPDATE_TIMEOUT_MS = 14_000;
const SIGNAL_TIMEOUT_MS = 500;
/**
 * A task of a run takes milliseconds; one that was lost with its worker keeps somebody waiting for so long. A worker takes few at once
 * (WORKER_WORKFLOW_SLOTS), so that none that has begun waits for others: what is late is played again from its history.
 */
const TASK_TIMEOUT_MS = 3_000;
/** How long a sweep does: nobody waits for it, and what it has not woken it begins again with. */
const PATIENT_TIMEOUT_MS = 5_000;

/** Starts the roles of one process. @throws DirectoryInUse | WrongAccount | CannotListen */
export async function run(config: Config, roles: Roles): Promise<Running> {
  setFlagsFromString(HEAP_GROWTH);
  armCrashPoints(config.PAIDONCE_CRASH_AT ?? [], config.DATA_DIR);
  const { service, patient, failed } = await createService(config, roles);
  process.on('unhandledRejection', (err) => {
    // Whatever it was, nothing durable hung on it; to die of it would take every request at hand along.
    service.log.error({ err }, 'a promise failed that nobody waited for');
  });
  const storeReady = prepareStore(service);
  // The embedded store is there or it is not; a server may be away for a while, and callbacks must not wait for it.
  if (service.store.kind === 'embedded') await storeReady;
  storeReady.catch(service.fail);
  const stops = [() => service.connection.close(), () => service.store.close()];
  stops.push(service.namespace.watch());
  stops.push(() => service.firstAttempts.stop());
  stops.push(startForwarder({ ...service, ...forwardingOf(service) }));
  // Loaded by those that need it: a worker that was killed is back in half the time.
  if (roles.worker) {
    const { startWorker } = await import('./worker/run.ts');
    stops.push(startWorker({ ...service, ...patient }, storeReady));
  }
  if (roles.api || config.ADMIN_PORT !== undefined) {
    const { startAdmin, startApi } = await import('./api/http/server.ts');
    if (roles.api) stops.push(await startApi(service));
    const isServed = roles.api && isAdminToo(config);
    if (config.ADMIN_PORT !== undefined && !isServed)
      stops.push(await startAdmin(service, config.ADMIN_PORT));
  }
  return {
    failed,
    async stop() {
      service.log.info('stopping: what is under way may end');
      for (const stop of stops.toReversed()) await stop();
      service.log.info('stopped');
    },
  };
}

function forwardingOf({ store, config, gateways }: Service) {
  return {
    db: store.db,
    retentionMs: {
      deliveries: config.RETENTION_DELIVERIES,
      timeline: config.RETENTION_TIMELINE,
      updates: config.RETENTION_UPDATES,
    },
    pollIntervalMs: config.ON_HOLD_POLL_INTERVAL,
    tells: config.ORDER_WEBHOOK_URL !== undefined,
    livemode: gateways.all[0]?.mode === 'live',
  };
}

async function createService(
  config: Config,
  roles: Roles,
): Promise<{ service: Service; patient: Pick<Service, 'runs' | 'money'>; failed: Promise<Error> }> {
  const log = createLog(
    config.LOG_LEVEL,
    [roles.api && 'api', roles.worker && 'worker'].filter(Boolean).join('+'),
  );
  const metrics = createMetrics();
  const store = await openStore({ databaseUrl: config.DATABASE_URL, dataDir: config.DATA_DIR });
  const { client, connection } = connectClient(config);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const gateways = createGateways(config, metrics, log);
  beginAtZero(
    metrics,
    gateways.all.map(({ id }) => id),
  );
  for (const unknown of unknownVariables(process.env, KNOWN_VARIABLES))
    log.warn(
      { variable: unknown.name, nearest: unknown.nearest },
      `the variable ${unknown.name} is not known, and has no effect`,
    );
  for (const { id, longestSessionMs: longest } of gateways.all)
    if (longest < config.SESSION_LIFETIME)
      log.warn(
        { gateway: id, hours: longest / 3_600_000 },
        'SESSION_LIFETIME is longer than the gateway allows: sessions end sooner',
      );
  const parts = { config, log, metrics, gateways, client, connection, fail };
  const namespace = createNamespace(parts);
  const limits = {
    taskQueue: config.TEMPORAL_TASK_QUEUE,
    updateTimeoutMs: UPDATE_TIMEOUT_MS,
    workflowTaskTimeoutMs: TASK_TIMEOUT_MS,
    repair: () => namespace.repair(),
  };
  const runsWithin = (signalTimeoutMs: number) => ({
    runs: createPaymentRuns(client, { ...limits, signalTimeoutMs }),
    money: createMoneyRuns(client, { ...limits, signalTimeoutMs }),
  });
  const openings = createOpenings(metrics);
  const storeFigures = createStoreFigures({ ...parts, store });
  const patient = runsWithin(PATIENT_TIMEOUT_MS);
  const firstAttempts = createFirstAttempts({ ...parts, store }, roles, patient.runs);
  const own = { openings, storeFigures, firstAttempts, ...runsWithin(SIGNAL_TIMEOUT_MS) };
  return { failed, service: { ...parts, store, namespace, ...own }, patient };
}

/** Workers tell the merchant: an API may have no way out to it. */
function createFirstAttempts(
  { config, store, log, metrics }: Pick<Service, 'config' | 'store' | 'log' | 'metrics'>,
  roles: Roles,
  runs: PaymentRuns,
): FirstAttempts {
  return new FirstAttempts({
    db: store.db,
    log,
    endpoint: roles.worker ? merchantEndpoint(config) : null,
    slots: config.WORKER_UPDATE_SLOTS,
    handOver: (payment, effectId) => runs.tell(payment, effectId),
    onAttempt: (type, outcome) => metrics.updates.inc({ type, outcome }),
  });
}

/** Migrates and stamps the store, as soon as it answers. @throws WrongAccount */
async function prepareStore(service: Service): Promise<void> {
  const { store, log } = service;
  for (;;) {
    try {
      // A server's schema is changed by `paidonce migrate` alone: each process would, and callbacks would wait.
      await (store.kind === 'embedded' ? store.migrate() : requireSchema(store.db));
      return await stampStore(service);
    } catch (error) {
      const isForPeople = error instanceof WrongAccount || error instanceof SchemaTooOld;
      if (isForPeople || store.kind === 'embedded') throw error;
      log.warn({ reason: rootOf(error) }, "the store can't be prepared yet: is the database up?");
      await sleep(1_000);
    }
  }
}

/** A fresh store asks whose namespace it is first: a start that is refused must leave no stamp. @throws WrongAccount */
async function stampStore({ store, gateways, namespace }: Service): Promise<void> {
  for (const { id: gateway, account, mode } of gateways.all) {
    const stamp = { gateway, account, mode };
    if ((await readGateway(store.db, gateway)) === null) await namespace.checkStamp(stamp);
    await stampGateway(store.db, stamp);
  }
}
