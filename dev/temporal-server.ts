/** The dev server as `npm start`, the tests and the benchmark run it. docs/adr/0009 explains each setting. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import type { ChildSpec } from '../kit/tied-child.js';

const SEARCH_ATTRIBUTES = ['PaymentStatus', 'PaymentGateway', 'OrderReference', 'SessionId', 'TransactionId'];

/**
 * By default one shard with 20 queue polls a second makes every step wait up to 50 ms; these settings remove
 * that wait.
 */
const DYNAMIC_CONFIG = [
  'history.transferProcessorMaxPollRPS=2000',
  'history.timerProcessorMaxPollRPS=2000',
  'system.enableActivityEagerExecution=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
];

/** Safe against `kill -9`, but not against power loss; twice as fast as the default journal. */
const PRAGMAS = ['journal_mode=WAL', 'synchronous=NORMAL'];

export interface TemporalServerSettings {
  readonly executable: string;
  readonly port: number;
  /** Null for no Web UI. */
  readonly uiPort: number | null;
  readonly dataDir: string;
  /** Where the Web UI has payloads decoded. */
  readonly codecUrl?: string | undefined;
  /** By default `default`; any other namespace is created. */
  readonly namespace?: string;
}

/** The child process of the dev server; its state is under `dataDir`. */
export async function temporalServer(settings: TemporalServerSettings): Promise<ChildSpec> {
  const { namespace = 'default' } = settings;
  const folder = join(settings.dataDir, 'temporal');
  await mkdir(folder, { recursive: true });
  return {
    name: 'temporal',
    command: settings.executable,
    args: [
      ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(settings.port)],
      settings.uiPort === null ? ['--headless'] : ['--ui-port', String(settings.uiPort)],
      settings.codecUrl === undefined ? [] : ['--ui-codec-endpoint', settings.codecUrl],
      ['--db-filename', join(folder, 'temporal.db'), '--log-level', 'error', '--ui-disable-news-fetch'],
      namespace === 'default' ? [] : ['--namespace', namespace],
      SEARCH_ATTRIBUTES.flatMap((name) => ['--search-attribute', `${name}=Keyword`]),
      DYNAMIC_CONFIG.flatMap((setting) => ['--dynamic-config-value', setting]),
      PRAGMAS.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ].flat(),
    answers: () => ask(`127.0.0.1:${settings.port}`, namespace),
    readyWithinMs: 30_000,
  };
}

/** Temporal's `TASK_QUEUE_TYPE_WORKFLOW`. */
const WORKFLOW_TASKS = 1;
const THIRTY_DAYS_S = 30 * 24 * 3_600;

/** Checks that a worker polls a queue of a server on this machine. @throws Error if none does */
export async function askForWorker(
  port: number,
  { namespace, taskQueue: name }: { namespace: string; taskQueue: string },
): Promise<void> {
  const connection = await Connection.connect({ address: `127.0.0.1:${port}`, connectTimeout: '2s' });
  try {
    const queue = { namespace, taskQueue: { name }, taskQueueType: WORKFLOW_TASKS };
    const { pollers } = await connection.workflowService.describeTaskQueue(queue);
    if ((pollers ?? []).length === 0) throw new Error(`no worker polls the queue ${name} yet`);
  } finally {
    await connection.close();
  }
}

/**
 * Checks that the namespace answers, and keeps closed runs for 30 days instead of one, so that links and
 * `why` keep working.
 */
async function ask(address: string, namespace: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.workflowService.updateNamespace({
      namespace,
      config: { workflowExecutionRetentionTtl: { seconds: THIRTY_DAYS_S as unknown as never } },
    });
  } finally {
    await connection.close();
  }
}
