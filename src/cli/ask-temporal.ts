import type { Client, Connection } from '@temporalio/client';
import type { ClientConfig } from '../config/config.ts';
import { withTimeout } from '../temporal/run-calls.ts';
import { connectClient } from '../temporal/connect.ts';

/** Temporal gave no answer; `reason` says why. */
export interface Unasked {
  readonly kind: 'unasked';
  readonly reason: string;
}

const LIMIT_MS = 8_000;

/** Calls Temporal over a separate connection. */
export async function withTemporal<T>(
  config: ClientConfig,
  ask: (client: Client, connection: Connection) => Promise<T>,
): Promise<T> {
  const { client, connection } = connectClient(config);
  try {
    return await ask(client, connection);
  } finally {
    await connection.close();
  }
}

/** Temporal's answer, or why there is none. Never throws. */
export async function askTemporal<Answer>(
  config: ClientConfig,
  ask: (client: Client) => Promise<Answer>,
): Promise<Answer | Unasked> {
  try {
    return await withTemporal(config, (client) => withTimeout(ask(client), LIMIT_MS));
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    return { kind: 'unasked', reason: `Temporal at ${config.TEMPORAL_ADDRESS} (${why})` };
  }
}
