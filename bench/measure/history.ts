/** The number of events in the runs of a payment: the permanent cost of a session on the Temporal server. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { paySilently, send } from '../paidonce-part.ts';
import type { SignedCallback } from '../stand/sandbox.ts';
import type { Stand } from '../stand/stand.ts';
import { until } from '../stand/waiting.ts';

export interface HistoryFigures {
  /** The longest of a few tries each, since callbacks and looks may meet in different orders. */
  readonly oneCallback: number;
  readonly returnAfter: number;
  /**
   * The browser returns first, as often happens. The look that it asks for is done when the callback comes.
   */
  readonly returnBefore: number;
  /** The same delivery twice at once, as when Dintero did not wait for our answer. */
  readonly duplicateAdds: number;
  readonly handledDuplicateAdds: number;
}

const TRIES = 5;
const AHEAD_MS = 10;

export async function measureHistories(stand: Stand): Promise<HistoryFigures> {
  const longest = async (name: string, arrive: (callback: Arriving) => Promise<unknown>) => {
    const lengths: number[] = [];
    for (let index = 0; index < TRIES; index += 1)
      lengths.push((await pay(stand, `${name}-${index}`, arrive)).events);
    return Math.max(...lengths);
  };
  const oneCallback = await longest('history', ({ callback }) => send(callback));
  const returnAfter = await longest('return-after', ({ callback, returnUrl }) =>
    Promise.all([send(callback), comeBack(returnUrl)]),
  );
  const returnBefore = await longest('return-before', ({ callback, returnUrl }) =>
    Promise.all([comeBack(returnUrl), sendLater(callback)]),
  );
  const duplicated = await longest('duplicate', ({ callback }) =>
    Promise.all([send(callback), send(callback)]),
  );
  return {
    oneCallback,
    returnAfter,
    returnBefore,
    duplicateAdds: duplicated - oneCallback,
    handledDuplicateAdds: await measureHandledDuplicate(stand),
  };
}

interface Arriving {
  readonly callback: SignedCallback;
  readonly returnUrl: string;
}

async function pay(
  { embedded, sandbox, sink, temporal }: Stand,
  reference: string,
  arrive: (callback: Arriving) => Promise<unknown>,
): Promise<{ workflowId: string; events: number; callback: SignedCallback }> {
  const { sessionId, workflow } = await embedded.open(reference);
  const { paid, ...callback } = await paySilently(sandbox, sessionId);
  const told = sink.paid(reference);
  await arrive({ callback, returnUrl: paid.returnUrl });
  await told;
  const { workflowId } = workflow;
  return { workflowId, callback, events: await eventsOf(temporal.client(embedded.namespace), workflowId) };
}

async function sendLater(callback: SignedCallback): Promise<void> {
  await sleep(AHEAD_MS);
  await send(callback);
}

async function comeBack(returnUrl: string): Promise<void> {
  const response = await fetch(returnUrl, { redirect: 'manual' });
  if (response.status !== 303) throw new Error(`a return hit was answered ${response.status}`);
}

async function measureHandledDuplicate(stand: Stand): Promise<number> {
  const first = await pay(stand, 'handled', ({ callback }) => send(callback));
  await send(first.callback);
  await send({
    ...first.callback,
    headers: { ...first.callback.headers, 'event-delivery': 'another-delivery' },
  });
  // If there had been a signal, it would be in the history before this later session is finished.
  await pay(stand, 'handled-later', ({ callback }) => send(callback));
  const client = stand.temporal.client(stand.embedded.namespace);
  return (
    (await eventsOf(client, first.workflowId)) - first.events + (await runsOf(client, first.workflowId)) - 1
  );
}

/** Of the latest run, once it has ended. */
function eventsOf(client: Client, workflowId: string): Promise<number> {
  return until(`the end of ${workflowId}`, async () => {
    const { status, historyLength } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'COMPLETED' && historyLength;
  });
}

async function runsOf(client: Client, workflowId: string): Promise<number> {
  let count = 0;
  for await (const _run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) count += 1;
  return count;
}
