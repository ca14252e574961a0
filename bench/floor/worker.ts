/** The floor's own worker process. It needs only an address. */
import { join } from 'node:path';
import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { FLOOR_QUEUE } from './messages.ts';

const activities = {
  openNothing: () => Promise.resolve(),
  readNothing: () => Promise.resolve(),
  recordNothing: () => Promise.resolve(),
};

export type FloorActivities = typeof activities;

Runtime.install({ logger: new DefaultLogger('WARN') });
const connection = await NativeConnection.connect({ address: process.env['TEMPORAL_ADDRESS'] ?? '' });
const worker = await Worker.create({
  connection,
  taskQueue: FLOOR_QUEUE,
  workflowsPath: join(import.meta.dirname, 'workflow.js'),
  activities,
  // As in the product.
  maxCachedWorkflows: 1_000,
  maxConcurrentActivityTaskExecutions: 100,
});
await worker.run();
await connection.close();
