/** A Temporal server whose clock runs ahead while nothing happens, with our Workers on it. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { createPaymentRuns, type PaymentRuns } from '../../src/temporal/payment-runs.ts';
import {
  OrderReferenceKey,
  PaymentGatewayKey,
  PaymentStatusKey,
  SessionIdKey,
  TransactionIdKey,
  updatesTaskQueue,
} from '../../src/workflows/messages.ts';
import { createFakeActivities, type FakeOrder } from './fake-activities.ts';

export const TASK_QUEUE = 'payments';

export interface TimeSkippingWorld {
  readonly env: TestWorkflowEnvironment;
  readonly runs: PaymentRuns;
  readonly orders: Map<string, FakeOrder>;
  close(): Promise<void>;
}

/** @throws Error that says how to get the server, when it is missing */
export function timeSkippingServer(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const path =
    process.env['TIME_SKIPPING_SERVER'] ??
    join(cache, 'paidonce', 'test-server-1.38.0', 'temporal-test-server');
  if (existsSync(path)) return path;
  throw new Error(
    `the time-skipping test server is missing: expected an executable at ${path}; ` +
      'run `npm test`, which gets it by Maven, or set TIME_SKIPPING_SERVER',
  );
}

/** Bundled from the sources: what is tested is what is written, not what was built. */
export function bundleWorkflows(): Promise<WorkflowBundleWithSourceMap> {
  return bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
}

export function quietRuntime(): void {
  Runtime.install({ logger: new DefaultLogger('ERROR'), shutdownSignals: [] });
}

export async function startTimeSkippingWorld(): Promise<TimeSkippingWorld> {
  quietRuntime();
  const [env, workflowBundle] = await Promise.all([
    TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: timeSkippingServer() } },
    }),
    bundleWorkflows(),
  ]);
  await addSearchAttributes(env);
  const orders = new Map<string, FakeOrder>();
  const activities = createFakeActivities(orders);
  const common = { connection: env.nativeConnection, activities, maxConcurrentActivityTaskExecutions: 50 };
  const workers = await Promise.all([
    Worker.create({ ...common, workflowBundle, taskQueue: TASK_QUEUE, maxCachedWorkflows: 1_500 }),
    Worker.create({ ...common, taskQueue: updatesTaskQueue(TASK_QUEUE) }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  const runs = createPaymentRuns(env.client, {
    taskQueue: TASK_QUEUE,
    updateTimeoutMs: 300_000,
    signalTimeoutMs: 60_000,
  });
  return {
    env,
    runs,
    orders,
    async close() {
      for (const worker of workers) worker.shutdown();
      await running;
      await env.teardown();
    },
  };
}

/** Temporal's `INDEXED_VALUE_TYPE_KEYWORD`. */
const KEYWORD = 2;

/** This server can add search attributes but not list them, so ours is not asked what is missing. */
async function addSearchAttributes({ connection, namespace }: TestWorkflowEnvironment): Promise<void> {
  const keys = [PaymentStatusKey, PaymentGatewayKey, OrderReferenceKey, SessionIdKey, TransactionIdKey];
  const searchAttributes = Object.fromEntries(keys.map(({ name }) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({
    namespace: namespace ?? 'default',
    searchAttributes,
  });
}
