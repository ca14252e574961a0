/** A workflow's history as short texts. */
import type { WorkflowExecutionDescription, WorkflowHandle } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];
type PendingInfo = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Payload = NonNullable<NonNullable<HistoryEvent['userMetadata']>['summary']>;
type Timestamp = HistoryEvent['eventTime'];

export interface Step {
  readonly at: string;
  readonly text: string;
}

/** An activity that runs or waits for its next attempt. */
export interface PendingActivity {
  /** The activity id within the run. */
  readonly id: string;
  readonly activity: string;
  readonly attempt: number;
  readonly lastFailure: string | null;
  readonly nextAt: string | null;
  /** Paused by an operator: no attempt follows. */
  readonly isPaused: boolean;
}

interface Scheduled {
  readonly name: string;
  readonly attempt: number;
}

/** What came in, what was done and how it ended. Temporal's internal events are left out. */
export function stepsOf(events: readonly HistoryEvent[]): Step[] {
  const activities = new Map<string, Scheduled>();
  const timers = new Map<string, string>();
  return events.flatMap((event) => {
    remember(event, activities, timers);
    const text = textOf(event, activities, timers);
    return text === null ? [] : [{ at: timeOf(event.eventTime) ?? '', text }];
  });
}

function remember(
  event: HistoryEvent,
  activities: Map<string, Scheduled>,
  timers: Map<string, string>,
): void {
  const { activityTaskScheduledEventAttributes: scheduled, activityTaskStartedEventAttributes: started } =
    event;
  const summary = summaryOf(event);
  if (scheduled) {
    const type = scheduled.activityType?.name ?? 'activity';
    const name = summary === null ? type : `${type} (${summary})`;
    activities.set(String(event.eventId), { name, attempt: 1 });
  }
  if (started) {
    const id = String(started.scheduledEventId);
    activities.set(id, { name: activities.get(id)?.name ?? 'activity', attempt: started.attempt ?? 1 });
  }
  if (event.timerStartedEventAttributes) timers.set(String(event.eventId), summary ?? 'timer');
}

function textOf(
  event: HistoryEvent,
  activities: ReadonlyMap<string, Scheduled>,
  timers: ReadonlyMap<string, string>,
): string | null {
  const {
    activityTaskCompletedEventAttributes: completed,
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: timedOut,
    timerFiredEventAttributes: fired,
  } = event;
  if (completed) return `${activity(activities, completed.scheduledEventId)} done`;
  if (failed)
    return `${activity(activities, failed.scheduledEventId)} failed: ${failed.failure?.message ?? 'no reason given'}`;
  if (timedOut) return `${activity(activities, timedOut.scheduledEventId)} got no answer in time`;
  if (fired) return `timer: ${timers.get(String(fired.startedEventId)) ?? 'fired'}`;
  return messageOf(event) ?? endOf(event);
}

function messageOf(event: HistoryEvent): string | null {
  const {
    workflowExecutionSignaledEventAttributes: signal,
    workflowExecutionUpdateAcceptedEventAttributes: update,
    workflowTaskFailedEventAttributes: failed,
  } = event;
  if (signal) return `signal ${signal.signalName}`;
  if (update) return `update ${update.acceptedRequest?.input?.name ?? ''}`.trim();
  if (failed) return `the workflow's code failed: ${failed.failure?.message ?? 'no reason given'}`;
  return event.workflowExecutionStartedEventAttributes ? 'the run started' : null;
}

function endOf(event: HistoryEvent): string | null {
  if (event.workflowExecutionCompletedEventAttributes) return 'the run ended';
  if (event.workflowExecutionContinuedAsNewEventAttributes) return 'the run continued as a new one';
  if (event.workflowExecutionTerminatedEventAttributes) return 'the run was terminated by a person';
  if (event.workflowExecutionFailedEventAttributes) return 'the run failed';
  return null;
}

function activity(activities: ReadonlyMap<string, Scheduled>, scheduledId: unknown): string {
  const { name, attempt } = activities.get(String(scheduledId)) ?? { name: 'activity', attempt: 1 };
  return attempt > 1 ? `${name}, attempt ${attempt},` : name;
}

/** The activities that run now or keep failing. */
export function pendingOf(pending: readonly PendingInfo[]): PendingActivity[] {
  return pending.map((info) => ({
    id: info.activityId ?? '',
    activity: info.activityType?.name ?? 'activity',
    attempt: info.attempt ?? 1,
    lastFailure: info.lastFailure?.message ?? null,
    nextAt: timeOf(info.scheduledTime),
    isPaused: info.paused === true,
  }));
}

function summaryOf(event: HistoryEvent): string | null {
  const payload: Payload | null | undefined = event.userMetadata?.summary;
  if (!payload) return null;
  const value: unknown = defaultPayloadConverter.fromPayload(payload);
  return typeof value === 'string' ? value : null;
}

function timeOf(at: Timestamp): string | null {
  if (!at) return null;
  return new Date(Number(at.seconds ?? 0) * 1_000 + (at.nanos ?? 0) / 1e6).toISOString();
}
