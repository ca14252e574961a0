/** Whether a run has done everything that it can do now, by its own history: no sleeps, no guesses. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { until } from './until.ts';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;
type Event = Events[number];

/**
 * Waits until only time or a message can move the run. Reads that the gateway leaves unanswered count as
 * time.
 */
export async function untilQuiet(client: Client, workflowId: string, isDown = () => false): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  await until(`${workflowId} comes to rest`, async () => isQuiet(await eventsOf(handle), isDown()), 120_000);
}

/** Changes whenever another update has reached a run of this id. */
export async function updatesReached(client: Client, workflowId: string): Promise<string> {
  const events = await eventsOf(client.workflow.getHandle(workflowId));
  const accepted = events.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes);
  return `${events[0]?.workflowExecutionStartedEventAttributes?.originalExecutionRunId} ${accepted.length}`;
}

async function eventsOf(handle: WorkflowHandle): Promise<Events> {
  try {
    return (await handle.fetchHistory()).events ?? [];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

function isQuiet(events: Events, isDown: boolean): boolean {
  if (events.some((event) => event.workflowExecutionCompletedEventAttributes)) return true;
  if (events.some((event) => event.workflowExecutionTerminatedEventAttributes)) return true;
  return !isTaskOpen(events) && openActivities(events).every((type) => isDown && type === 'lookAtPayment');
}

function isTaskOpen(events: Events): boolean {
  const last = (is: (event: Event) => unknown) => events.findLastIndex((event) => Boolean(is(event)));
  const ended = last((event) => event.workflowTaskCompletedEventAttributes);
  return last((event) => event.workflowTaskScheduledEventAttributes) > ended;
}

function openActivities(events: Events): string[] {
  const open = new Map<string, string>();
  for (const event of events) {
    const { activityTaskScheduledEventAttributes: scheduled } = event;
    if (scheduled) open.set(String(event.eventId), scheduled.activityType?.name ?? '');
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes ??
      event.activityTaskCanceledEventAttributes;
    if (ended) open.delete(String(ended.scheduledEventId));
  }
  return [...open.values()];
}
