/**
 * The entry of a process: `paidonce api`, `paidonce worker` and, with the embedded store, both in one
 * (`paidonce serve`, which `npm start` runs as a child). To follow a payment from here:
 * api/payments/routes.ts opens it, api/callbacks/routes.ts receives its callbacks,
 * workflows/payment-session.ts decides when to look, activities/ act, domain/ decides what a look means.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { hostname } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { startForwarder } from './background/forwarder.ts';
import { startReports, type Self } from './background/reports.ts';
import { isAdminToo, type Config } from './config/config.ts';
import { armCrashPoints } from './crash-points.ts';
import { lifetimeWithin } from './gateways/traits.ts';
import { createGateways, type GatewayRegistry } from './gateways/registry.ts';
import type { Service } from './service.ts';
import { newId } from './store/new-ids.ts';
import { readGateway, stampGateway, WrongAccount } from './store/store-health.ts';
import type { RecordSettings } from './store/record-finding/record-request.ts';
import { requireSchema, SchemaTooOld } from './store/schema-state.ts';
import { openStore } from './store/open.ts';
import { createLog, type Logger } from './telemetry/log.ts';
import { fingerprintOf } from './lib/fingerprint.ts';
import { rootOf } from './lib/root-of.ts';
import { traceIds } from './lib/spans.ts';
import { VERSION } from './lib/version.ts';
import { beginAtZero } from './telemetry/begin-at-zero.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';
import type { Tracing } from './telemetry/tracing/tracing.ts';
import { connectClient } from './temporal/connect.ts';
import { createOpenings } from './health/openings.ts';
import { createStoreFigures } from './health/store-figures.ts';
import { createNamespace } from './temporal/namespace.ts';
import { createMoneyRuns } from './temporal/money-runs.ts';
import { createPaymentRuns, type PaymentRuns } from './temporal/payment-runs.ts';
import type { GatewayStamp } from './temporal/setup.ts';
import { FirstAttempts } from './updates/first-attempts.ts';
import { createRecording, type Recording } from './updates/recording.ts';
import { merchantEndpoint } from './updates/merchant-endpoint.ts';

export interface Roles {
  readonly api: boolean;
  readonly worker: boolean;
}

export interface Running {
  /** Stops everything, after its current work. */
  stop(): Promise<void>;
  /** Resolves where something is wrong that only a person can repair. */
  readonly failed: Promise<Error>;
}

/**
 * Collects garbage once the heap has grown by a third. By default, V8 lets 55 MB of live data grow to 270 MB
 * before it collects, and returns little of it, so the process seems to leak for its first hours (`npm run
 * bench`, the growth of memory).
 */
const HEAP_GROWTH = '--heap-growing-percent=33';

/** How long a payer waits for Temporal, and how long a callback. */
const UPDATE_TIMEOUT_MS = 14_000;
const SIGNAL_TIMEOUT_MS = 500;
/**
 * A workflow task takes milliseconds. If it is lost with its worker, a caller waits this long. A worker takes
 * few tasks at once (WORKER_WORKFLOW_SLOTS), so that a started task never waits for others: a late task is
 * replayed from its history.
 */
const TASK_TIMEOUT_MS = 3_000;
/**
 * Signal timeout for sweeps and the forwarder. Longer: no request waits, and giving up early would send a busy
 * server the same signals again.
 */
const PATIENT_TIMEOUT_MS = 5_000;

/** Starts the roles of one process. @throws DirectoryInUse | WrongAccount | CannotListen */
export async function run(config: Config, roles: Roles): Promise<Running> {
  setFlagsFromString(HEAP_GROWTH);
  armCrashPoints(config.PAIDONCE_CRASH_AT ?? [], config.DATA_DIR);
  const { service, patient, failed } = await createService(config, roles);
  process.on('unhandledRejection', (err) => {
    // No durable work depended on it. Ending the process would end all requests under way.
    service.log.error({ err }, 'a promise was rejected and not handled');
  });
  const storeReady = prepareStore(service);
  // The embedded store is available or it is not. A server may be away for a while, and callbacks must not
  // wait for it.
  if (service.store.kind === 'embedded') await storeReady;
  storeReady.catch(service.fail);
  const stops = [
    async () => service.tracing?.stop(),
    () => service.connection.close(),
    () => service.store.close(),
  ];
  stops.push(service.namespace.watch());
  stops.push(() => service.firstAttempts.stop());
  stops.push(startForwarder({ ...service, ...patient, ...forwardingOf(service) }));
  stops.push(startReports({ ...service, db: service.store.db, self: selfOf(config, roles) }));
  // Loaded only where needed: a killed worker is back in half the time.
  if (roles.worker) {
    const { startWorker } = await import('./worker/run.ts');
    stops.push(startWorker({ ...service, ...patient }, storeReady));
  } else {
    // A worker checks it before it works. Nothing waits here, since callbacks are accepted without Temporal.
    checkStamps(service).catch(service.fail);
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
      service.log.info('stopping, after the work under way');
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
    version: versionOf(config),
    ...recordSettingsOf({ config, gateways }),
  };
}

/** How this process appears in the list of processes. */
function selfOf({ TEMPORAL_WORKER_BUILD_ID: build }: Config, roles: Roles): Self {
  return {
    id: newId('prc'),
    role: roleOf(roles),
    host: fingerprintOf(hostname()),
    pid: process.pid,
    version: VERSION,
    build: build ?? null,
    node: process.versions.node,
    startedAt: new Date(Date.now() - Math.round(process.uptime() * 1_000)),
  };
}

function roleOf({ api, worker }: Roles): string {
  return [api && 'api', worker && 'worker'].filter(Boolean).join('+');
}

/** `0.4.0`, or `0.4.0 (3f2a)` where its build has an id. */
function versionOf({ TEMPORAL_WORKER_BUILD_ID: build }: Config): string {
  return build === undefined ? VERSION : `${VERSION} (${build})`;
}

/** How this process writes findings and announcements. */
function recordSettingsOf({ config, gateways }: Pick<Service, 'config' | 'gateways'>): RecordSettings {
  return {
    policy: config.LATE_MONEY_POLICY,
    livemode: gateways.livemode,
    tells: config.ORDER_WEBHOOK_URL !== undefined,
  };
}

async function createService(
  config: Config,
  roles: Roles,
): Promise<{ service: Service; patient: Pick<Service, 'runs' | 'money'>; failed: Promise<Error> }> {
  const isTraced = config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined;
  const log = createLog(config.LOG_LEVEL, roleOf(roles), undefined, isTraced ? traceIds : undefined);
  const metrics = createMetrics();
  const tracing = await tracingOf(config, { log, metrics });
  const store = await openStore({
    databaseUrl: config.DATABASE_URL,
    dataDir: config.DATA_DIR,
    isTraced,
    onRefusal: ({ kind }) => metrics.storeRefusals.inc({ kind }),
  });
  const { client, connection } = connectClient(config, tracing === null ? [] : [tracing.client]);
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const gateways = createGateways(config, metrics, log);
  beginAtZero(
    metrics,
    gateways.all.map(({ id }) => id),
  );
  for (const unknown of config.unknownVariables)
    log.warn(
      { variable: unknown.name, nearest: unknown.nearest },
      `the variable ${unknown.name} is not known and has no effect`,
    );
  warnOfLifetimes(gateways, config, log);
  const parts = { config, log, metrics, tracing, gateways, client, connection, fail };
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
  const notifying = notifyingParts({ ...parts, store }, roles, patient.runs);
  const own = { openings, storeFigures, ...notifying, ...runsWithin(SIGNAL_TIMEOUT_MS) };
  return { failed, service: { ...parts, store, namespace, ...own }, patient };
}

/** Loaded only where it is wanted. */
async function tracingOf(
  { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...settings }: Config,
  reports: { readonly log: Logger; readonly metrics: Metrics },
): Promise<Tracing | null> {
  if (endpoint === undefined) return null;
  const { startTracing } = await import('./telemetry/tracing/tracing.ts');
  return startTracing({ ...settings, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }, reports);
}

function warnOfLifetimes({ all }: GatewayRegistry, { SESSION_LIFETIME }: Config, log: Logger): void {
  for (const { id, traits } of all) {
    const ms = lifetimeWithin(traits.lifetime, SESSION_LIFETIME);
    if (ms !== SESSION_LIFETIME)
      log.warn(
        { gateway: id, minutes: ms / 60_000 },
        'SESSION_LIFETIME is not possible at this gateway: its sessions have the nearest lifetime that is',
      );
  }
}

/** How the parts of a process record findings. */
export function recordingOf({
  store,
  metrics,
  firstAttempts,
  ...about
}: Pick<Service, 'store' | 'config' | 'gateways' | 'metrics' | 'firstAttempts'>): Recording {
  const tell = (orderReference: string, effects: readonly string[]) =>
    firstAttempts.tell(orderReference, effects);
  return createRecording(store.db, recordSettingsOf(about), { tell, metrics });
}

/** Workers notify the merchant: an API may have no network access to it. */
function notifyingParts(
  parts: Pick<Service, 'config' | 'gateways' | 'store' | 'log' | 'metrics'>,
  roles: Roles,
  runs: PaymentRuns,
): Pick<Service, 'firstAttempts' | 'recording'> {
  const { config, store, log, metrics } = parts;
  const firstAttempts = new FirstAttempts({
    db: store.db,
    log,
    endpoint: roles.worker ? merchantEndpoint(config) : null,
    slots: config.WORKER_UPDATE_SLOTS,
    handOver: (payment, effectId) => runs.tell(payment, effectId),
    onAttempt: (type, outcome) => metrics.updates.inc({ type, outcome }),
  });
  return { firstAttempts, recording: recordingOf({ ...parts, firstAttempts }) };
}

/** Migrates and stamps the store, as soon as it answers. @throws WrongAccount */
async function prepareStore(service: Service): Promise<void> {
  const { store, log } = service;
  for (;;) {
    try {
      // A server's schema is changed only by `paidonce migrate`. If every process changed it, callbacks would
      // wait.
      await (store.kind === 'embedded' ? store.migrate() : requireSchema(store.db));
      return await stampStore(service);
    } catch (error) {
      const isForPeople = error instanceof WrongAccount || error instanceof SchemaTooOld;
      if (isForPeople || store.kind === 'embedded') throw error;
      log.warn({ reason: rootOf(error) }, "the store can't be prepared yet: check that the database is up");
      await sleep(1_000);
    }
  }
}

/**
 * Before a new store is stamped, checks who owns the namespace: a refused start must leave no stamp.
 * @throws WrongAccount
 */
async function stampStore({ store, gateways, namespace }: Service): Promise<void> {
  for (const stamp of stampsOf(gateways)) {
    if ((await readGateway(store.db, stamp.gateway)) === null) await namespace.checkStamp(stamp);
    await stampGateway(store.db, stamp);
  }
}

/** Checks that the namespace is ours, and that we can read it. @throws WrongAccount | UnreadablePayload */
async function checkStamps({ gateways, namespace }: Service): Promise<void> {
  for (const stamp of stampsOf(gateways)) await namespace.checkStamp(stamp);
}

function stampsOf({ all }: GatewayRegistry): GatewayStamp[] {
  return all.map(({ id: gateway, account, mode }) => ({ gateway, account, mode }));
}
