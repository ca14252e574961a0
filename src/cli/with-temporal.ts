import type { Client, Connection } from '@temporalio/client';
import type { ClientConfig } from '../config.ts';
import { connectClient } from '../temporal/connect.ts';

/** Longer than any call that is given up here keeps trying. */
const CLOSED_AFTER_MS = 15_000;

/** Asks Temporal something over a connection of its own. */
export async function withTemporal<T>(
  config: ClientConfig,
  ask: (client: Client, connection: Connection) => Promise<T>,
): Promise<T> {
  const { client, connection } = connectClient(config);
  try {
    return await ask(client, connection);
  } finally {
    // Not at once: a call that we gave up may be tried again by the SDK, which throws on a closed connection where nobody can catch it.
    setTimeout(() => void connection.close(), CLOSED_AFTER_MS).unref();
  }
}
