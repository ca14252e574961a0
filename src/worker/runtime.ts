/**
 * Temporal's SDK in this process: its log lines and metrics become ours, and only we handle process signals.
 */
import { createServer, type AddressInfo } from 'node:net';
import { DefaultLogger, Runtime, type LogEntry, type LogLevel } from '@temporalio/worker';
import type { Service } from '../service.ts';
import type { Logger } from '../telemetry/log.ts';

type Parts = Pick<Service, 'log' | 'metrics' | 'config'>;

/**
 * The SDK's "info" is useful only for finding faults: it would hide the lines with which `npm start` ends.
 */
const LEVELS = {
  trace: 'TRACE',
  debug: 'DEBUG',
  info: 'WARN',
  warn: 'WARN',
  error: 'ERROR',
  fatal: 'ERROR',
  silent: 'ERROR',
} as const satisfies Record<Parts['config']['LOG_LEVEL'], LogLevel>;

/**
 * Once per process, before its first Worker. Where no port is free there are no SDK metrics; a worker works
 * without them.
 */
export async function installRuntime({ log, metrics, config }: Parts): Promise<void> {
  const level = LEVELS[config.LOG_LEVEL];
  const logger = new DefaultLogger(level, (entry) => pass(log, entry));
  // The core's trace level logs whole messages with their payloads.
  const filter = { core: level === 'TRACE' ? 'DEBUG' : level, other: 'ERROR' } as const;
  const logging = { forward: {}, filter };
  const port = await freePort();
  try {
    const prometheus = { ...AS_OURS, bindAddress: `127.0.0.1:${port}` };
    Runtime.install({
      logger,
      shutdownSignals: [],
      telemetryOptions: { logging, metrics: { prometheus, attachServiceName: false } },
    });
    metrics.sdk.port = port;
  } catch (error) {
    log.warn({ reason: String(error) }, "the metrics of Temporal's SDK are not available");
    Runtime.install({ logger, shutdownSignals: [], telemetryOptions: { logging } });
  }
}

/** Units and names like those of our own metrics. */
const AS_OURS = { countersTotalSuffix: true, unitSuffix: true, useSecondsForDurations: true };

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function pass(log: Logger, { level, message, meta }: LogEntry): void {
  // All Workers but one have only activities, on purpose.
  if (message.startsWith('No workflows registered')) return;
  log[OURS[level]]({ temporal: summary(meta) }, message);
}

const OURS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
} as const satisfies Record<LogLevel, string>;

const LONGEST_ERROR = 500;

/** Only names and ids: other fields of a task may contain its input. */
function summary(meta: Record<string, unknown> | undefined): Record<string, unknown> {
  const { sdkComponent, taskQueue, workflowId, runId, activityType, attempt, error } = meta ?? {};
  const words = error instanceof Error ? error.message : String(error);
  return {
    sdkComponent,
    taskQueue,
    workflowId,
    runId,
    activityType,
    attempt,
    ...(error !== undefined && { error: words.slice(0, LONGEST_ERROR) }),
  };
}
