/** The Temporal dev server, started with the same settings as by `npm start`. */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../../dev/temporal-cli.ts';
import { temporalServer } from '../../dev/temporal-server.ts';
import { startChild, type Child } from './measured-child.ts';
import { freePort } from '../../kit/free-port.js';
import { until } from './waiting.ts';

export interface TemporalStand {
  readonly address: string;
  readonly process: Child;
  readonly connection: Connection;
  readonly client: (namespace?: string) => Client;
}

const DAY_S = 24 * 3_600;

/** Starts the server with its state in `folder`, and namespaces beside `default`. */
export async function startTemporal(folder: string, namespaces: readonly string[]): Promise<TemporalStand> {
  const executable = await findTemporalCli({ env: process.env, say: (text) => console.error(text) });
  const port = await freePort();
  const { command, args } = await temporalServer({ executable, port, uiPort: null, dataDir: folder });
  const server = startChild({ name: 'temporal', command, args, logFile: join(folder, 'temporal.log') });
  const address = `127.0.0.1:${port}`;
  const connection = await until('Temporal', () => Connection.connect({ address, connectTimeout: '1s' }));
  for (const namespace of namespaces) await addNamespace(connection, namespace);
  return {
    address,
    process: server,
    connection,
    client: (name = 'default') => new Client({ connection, namespace: name }),
  };
}

async function addNamespace(connection: Connection, namespace: string): Promise<void> {
  const workflowExecutionRetentionPeriod = { seconds: DAY_S as unknown as never };
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  // The server's own caches learn of the namespace a little later.
  await until(`namespace ${namespace}`, () =>
    connection.operatorService.listSearchAttributes({ namespace }).then(() => true),
  );
}
