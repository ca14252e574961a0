import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { Part } from '../part.ts';
import type { Child } from '../stand/measured-child.ts';
import { FLOOR_QUEUE, open, paid } from './messages.ts';
import type { floor } from './workflow.ts';

/** The bare workflow: the cost of the Temporal server for any product that is built on it. */
export function floorPart(client: Client, worker: Child): Part {
  const run = async (reference: string) => {
    const workflowId = `floor/${reference}`;
    const begun = performance.now();
    await client.workflow.executeUpdateWithStart(open, { startWorkflowOperation: operation(workflowId) });
    const openMs = performance.now() - begun;
    const handle = client.workflow.getHandle<typeof floor>(workflowId);
    const sentAt = performance.now();
    await handle.signal(paid);
    await handle.result();
    const callbackToPaidMs = performance.now() - sentAt;
    return { workflowId, namespace: 'default', sample: () => Promise.resolve({ openMs, callbackToPaidMs }) };
  };
  return { name: 'floor', processes: [worker], busy: run, alone: run };
}

function operation(workflowId: string): WithStartWorkflowOperation<typeof floor> {
  return new WithStartWorkflowOperation<typeof floor>('floor', {
    workflowId,
    taskQueue: FLOOR_QUEUE,
    args: [],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
}
