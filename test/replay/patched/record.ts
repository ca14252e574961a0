/** Records a history of each version, from a dev server: `npx tsx test/replay/patched/record.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { startDevServer } from '../../support/dev-server.ts';
import { quietRuntime } from '../../support/workers.ts';
import type { ParcelActivities } from './activities.ts';

const activities: ParcelActivities = { weigh: () => Promise.resolve(2), send: () => Promise.resolve() };

quietRuntime();
const server = await startDevServer();
const connection = await Connection.connect({ address: server.address });
const native = await NativeConnection.connect({ address: server.address });
const client = new Client({ connection });
for (const version of ['v1', 'v2', 'v3', 'v4']) {
  const workflowsPath = join(import.meta.dirname, `${version}.ts`);
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({ connection: native, workflowBundle, activities, taskQueue: version });
  const start = { workflowId: version, taskQueue: version, args: ['a book'] };
  await worker.runUntil(client.workflow.execute('parcel', start));
  const history = await client.workflow.getHandle(version).fetchHistory();
  const json = JSON.stringify(JSON.parse(historyToJSON(history)));
  await writeFile(join(import.meta.dirname, `${version}.json`), `${json}\n`);
}
await native.close();
await connection.close();
await server.close();
