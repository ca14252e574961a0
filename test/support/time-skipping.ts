/** A Temporal server whose clock runs ahead while nothing happens. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  OrderReferenceKey,
  PaymentGatewayKey,
  PaymentStatusKey,
  SessionIdKey,
  TransactionIdKey,
} from '../../src/workflows/messages.ts';

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

const ATTEMPTS = 6;

/** The SDK gives Java five seconds to start, which may be too short on a busy machine. */
export async function startTimeSkippingServer(attempt = 1): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path', path: timeSkippingServer() } as const;
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable } }).catch((error: unknown) => {
    if (attempt === ATTEMPTS || !String(error).includes('did not start within')) throw error;
    return startTimeSkippingServer(attempt + 1);
  });
}

/** Temporal's `INDEXED_VALUE_TYPE_KEYWORD`. */
const KEYWORD = 2;

/** This server can add search attributes but not list them, so our code is not asked which are missing. */
export async function addSearchAttributes({ connection, namespace }: TestWorkflowEnvironment): Promise<void> {
  const keys = [PaymentStatusKey, PaymentGatewayKey, OrderReferenceKey, SessionIdKey, TransactionIdKey];
  const searchAttributes = Object.fromEntries(keys.map(({ name }) => [name, KEYWORD]));
  await connection.operatorService.addSearchAttributes({
    namespace: namespace ?? 'default',
    searchAttributes,
  });
}
