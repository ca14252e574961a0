/**
 * The cost of a paid, captured and refunded payment on the Temporal server: events and billable actions of
 * all its runs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Stand } from '../stand/stand.ts';
import { until } from '../stand/waiting.ts';

export interface MoneyFigures {
  readonly paid: Cost;
  /**
   * The events and actions that a capture adds, in any run, including those of the gateway's callback about
   * it.
   */
  readonly capture: Cost;
  readonly refund: Cost;
}

export interface Cost {
  readonly events: number;
  readonly actions: number;
}

const TRIES = 5;
/** After this time, everything that the gateway's callback causes has begun. */
const ECHOED_MS = 1_500;

/** The most of a few tries each, since a callback and its operation may meet in different orders. */
export async function measureMoney(stand: Stand): Promise<MoneyFigures> {
  const tries: MoneyFigures[] = [];
  for (let index = 0; index < TRIES; index += 1) tries.push(await payAndMove(stand, `money-${index}`));
  const most = (step: keyof MoneyFigures): Cost => ({
    events: Math.max(...tries.map((one) => one[step].events)),
    actions: Math.max(...tries.map((one) => one[step].actions)),
  });
  return { paid: most('paid'), capture: most('capture'), refund: most('refund') };
}

async function payAndMove(
  { embedded, sandbox, sink, temporal }: Stand,
  reference: string,
): Promise<MoneyFigures> {
  const { id, sessionId, workflow } = await embedded.open(reference);
  const cost = () => costOf(temporal.client(embedded.namespace), [workflow.workflowId, `money/${id}`]);
  const told = sink.paid(reference);
  await sandbox.pay(sessionId);
  await told;
  const paid = await cost();
  const moved = async (kind: 'capture' | 'refund', type: string): Promise<Cost> => {
    const heard = sink.told(reference, type);
    await embedded.move(id, kind);
    await heard;
    return cost();
  };
  const captured = await moved('capture', 'order.captured');
  const refunded = await moved('refund', 'order.refunded');
  return { paid, capture: less(captured, paid), refund: less(refunded, captured) };
}

function less(all: Cost, before: Cost): Cost {
  return { events: all.events - before.events, actions: all.actions - before.actions };
}

/** Of every run of these workflows, once all have ended and no new one starts. */
async function costOf(client: Client, workflowIds: readonly string[]): Promise<Cost> {
  await sleep(ECHOED_MS);
  const costs = await Promise.all(workflowIds.map((workflowId) => costOfRuns(client, workflowId)));
  return costs.reduce(sum, { events: 0, actions: 0 });
}

async function costOfRuns(client: Client, workflowId: string): Promise<Cost> {
  let all: Cost = { events: 0, actions: 0 };
  for await (const { runId } of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    const handle = client.workflow.getHandle(workflowId, runId);
    await until(
      `the end of ${workflowId}`,
      async () => (await handle.describe()).status.name === 'COMPLETED',
    );
    const { events = [] } = await handle.fetchHistory();
    all = sum(all, {
      events: (events ?? []).length,
      actions: (events ?? []).reduce((total, event) => total + actionsOf(event), 0),
    });
  }
  return all;
}

function sum(left: Cost, right: Cost): Cost {
  return { events: left.events + right.events, actions: left.actions + right.actions };
}

type HistoryEvent = NonNullable<
  Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>['events']
>[number];

/**
 * Counted like Temporal Cloud: starts, timers, signals, updates, each try of an activity, each upsert of
 * search attributes.
 */
function actionsOf(event: HistoryEvent): number {
  if (event.activityTaskStartedEventAttributes) return event.activityTaskStartedEventAttributes.attempt ?? 1;
  const isAction =
    event.workflowExecutionStartedEventAttributes ??
    event.timerStartedEventAttributes ??
    event.workflowExecutionSignaledEventAttributes ??
    event.workflowExecutionUpdateAcceptedEventAttributes ??
    event.upsertWorkflowSearchAttributesEventAttributes;
  return isAction ? 1 : 0;
}
