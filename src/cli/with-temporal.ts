import type { Client, Connection } from '@temporalio/client';
import type { ClientConfig } from '../config/config.ts';
import { connectClient } from '../temporal/connect.ts';

/** Asks Temporal something over a connection of its own. */
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
