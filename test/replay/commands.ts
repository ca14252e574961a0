/**
 * The comparison that a replay alone does not make: the contents of the commands. Temporal compares only
 * their kind, number and name.
 */
import { isDeepStrictEqual } from 'node:util';
import type { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowInternalsInterceptor } from '@temporalio/workflow';

type Conclude = NonNullable<WorkflowInternalsInterceptor['concludeActivation']>;
export type Command = Parameters<Conclude>[0]['commands'][number];
export type History = ReturnType<typeof historyFromJSON>;

type Event = NonNullable<History['events']>[number];
type ScheduleActivity = NonNullable<Command['scheduleActivity']>;
type Payload = NonNullable<ScheduleActivity['arguments']>[number];
type Duration = ScheduleActivity['startToCloseTimeout'];

/** A command by its subject (`activity 3`, `timer 1`, `update 1845… completed`), with its contents. */
type Entry = readonly [key: string, content: Readonly<Record<string, unknown>>];

/**
 * The differences between the commands of the code and those of the history, in words; none where they are
 * the same. Inputs, results, lengths of timers, time limits, retries, queues, summaries, search attributes and
 * traces are compared.
 */
export function differences(history: History, commands: readonly Command[]): string[] {
  const events = history.events ?? [];
  const queue = events[0]?.workflowExecutionStartedEventAttributes?.taskQueue?.name ?? '';
  const recorded = byKey(events.map(ofEvent));
  const given = byKey(commands.map((command) => ofCommand(command, queue)));
  forgetWhatNeverWasSent(given, recorded);
  return [...new Set([...recorded.keys(), ...given.keys()])].flatMap((key) => {
    const [then, now] = [recorded.get(key), given.get(key)];
    if (then === undefined) return [`${key} is not in the history: ${words(now)}`];
    if (now === undefined) return [`${key} is in the history and was not asked for: ${words(then)}`];
    // The server fills in values that the code leaves open.
    const fields = Object.keys(now).filter((field) => !isDeepStrictEqual(then[field], now[field]));
    return fields.map(
      (field) => `${key}: its ${field} was ${words(then[field])} and is now ${words(now[field])}`,
    );
  });
}

function words(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing';
}

function byKey(entries: readonly (Entry | null)[]): Map<string, Entry[1]> {
  const contents = new Map<string, Entry[1]>();
  for (const [name, content] of entries.filter((entry) => entry !== null)) {
    let key = name;
    for (let again = 2; contents.has(key); again += 1) key = `${name}, number ${again}`;
    contents.set(key, content);
  }
  return contents;
}

/** A timer that is started and cancelled within one task leaves no event. */
function forgetWhatNeverWasSent(given: Map<string, Entry[1]>, recorded: Map<string, Entry[1]>): void {
  for (const key of [...given.keys()].filter((one) => one.startsWith('timer ') && !recorded.has(one)))
    if (given.delete(`${key} cancelled`)) given.delete(key);
}

function ofCommand(command: Command, queue: string): Entry | null {
  const summary = valueOf(command.userMetadata?.summary);
  const { scheduleActivity: activity, startTimer: timer, cancelTimer, updateResponse: update } = command;
  if (activity) return [`activity ${activity.seq}`, { ...activityContent(activity, queue), summary }];
  if (timer) return [`timer ${timer.seq}`, { ms: msOf(timer.startToFireTimeout), summary }];
  if (cancelTimer) return [`timer ${cancelTimer.seq} cancelled`, {}];
  if (update) return updateContent(update);
  const { upsertWorkflowSearchAttributes: upsert } = command;
  if (upsert) return ['search attributes', valuesByName(upsert.searchAttributes?.indexedFields)];
  return endContent(command);
}

function endContent(command: Command): Entry | null {
  const { continueAsNewWorkflowExecution: next, completeWorkflowExecution: end } = command;
  if (next) return ['continue-as-new', { type: next.workflowType, input: valuesOf(next.arguments) }];
  if (end) return ['end', { result: valueOf(end.result) }];
  const { failWorkflowExecution: failed } = command;
  if (failed) return ['end', { failure: failed.failure?.message }];
  // Temporal itself compares the marks of patches.
  if (command.respondToQuery || command.setPatchMarker) return null;
  return [`a command of a kind that is not compared yet: ${Object.keys(command).join(', ')}`, {}];
}

/** Times in milliseconds; values that the code leaves open are left out. */
function activityContent(activity: ScheduleActivity, queue: string): Entry[1] {
  const { startToCloseTimeout, scheduleToCloseTimeout, heartbeatTimeout, retryPolicy: retry } = activity;
  const content = {
    type: activity.activityType,
    input: valuesOf(activity.arguments),
    // A replay has a queue of its own in place of the Worker's.
    queue: activity.taskQueue?.replace(/^fake_replay_queue-\d+/, queue),
    startToClose: msOf(startToCloseTimeout),
    scheduleToClose: msOf(scheduleToCloseTimeout),
    heartbeat: msOf(heartbeatTimeout),
    retryInterval: msOf(retry?.initialInterval),
    retryMaximumInterval: msOf(retry?.maximumInterval),
    retryCoefficient: retry?.backoffCoefficient ?? undefined,
    retryAttempts: retry?.maximumAttempts ?? undefined,
    priority: activity.priority?.priorityKey ?? undefined,
    trace: valueOf(activity.headers?.['_tracer-data']),
  };
  return Object.fromEntries(Object.entries(content).filter(([, value]) => value !== undefined));
}

function updateContent({
  protocolInstanceId: id,
  accepted,
  completed,
  rejected,
}: NonNullable<Command['updateResponse']>): Entry | null {
  if (accepted) return [`update ${id} accepted`, {}];
  if (completed) return [`update ${id} completed`, { result: valueOf(completed) }];
  return [`update ${id} refused`, { message: rejected?.message }];
}

function ofEvent(event: Event): Entry | null {
  const summary = valueOf(event.userMetadata?.summary);
  const { activityTaskScheduledEventAttributes: activity, timerStartedEventAttributes: timer } = event;
  if (activity) return [`activity ${activity.activityId}`, { ...scheduledContent(activity), summary }];
  if (timer) return [`timer ${timer.timerId}`, { ms: msOf(timer.startToFireTimeout), summary }];
  const cancelled = event.timerCanceledEventAttributes;
  if (cancelled) return [`timer ${cancelled.timerId} cancelled`, {}];
  return ofUpdateEvent(event) ?? ofEndEvent(event);
}

function scheduledContent(activity: NonNullable<Event['activityTaskScheduledEventAttributes']>): Entry[1] {
  const { activityType, taskQueue, input, header, activityId: _, ...same } = activity;
  return activityContent(
    {
      ...same,
      activityType: activityType?.name ?? '',
      taskQueue: taskQueue?.name ?? '',
      arguments: input?.payloads ?? [],
      headers: header?.fields ?? {},
    },
    '',
  );
}

function ofUpdateEvent(event: Event): Entry | null {
  const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
  if (accepted) return [`update ${accepted.protocolInstanceId} accepted`, {}];
  const completed = event.workflowExecutionUpdateCompletedEventAttributes;
  if (!completed) return null;
  const { success, failure } = completed.outcome ?? {};
  const id = completed.meta?.updateId;
  if (failure) return [`update ${id} refused`, { message: failure.message }];
  return [`update ${id} completed`, { result: valueOf(success?.payloads?.[0]) }];
}

function ofEndEvent(event: Event): Entry | null {
  const upsert = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  // Temporal itself writes this after the mark of a patch.
  if (upsert && 'TemporalChangeVersion' in upsert) return null;
  if (upsert) return ['search attributes', valuesByName(upsert)];
  const next = event.workflowExecutionContinuedAsNewEventAttributes;
  const end = event.workflowExecutionCompletedEventAttributes;
  const values = valuesOf((next?.input ?? end?.result)?.payloads);
  if (next) return ['continue-as-new', { type: next.workflowType?.name, input: values }];
  const failed = event.workflowExecutionFailedEventAttributes;
  if (failed) return ['end', { failure: failed.failure?.message }];
  return end ? ['end', { result: values[0] }] : null;
}

function valuesByName(fields: Readonly<Record<string, Payload>> | null | undefined): Entry[1] {
  return Object.fromEntries(Object.entries(fields ?? {}).map(([name, value]) => [name, valueOf(value)]));
}

/** The commands come from another realm, so their arrays never equal ours. */
function valuesOf(payloads: readonly Payload[] | null | undefined): unknown[] {
  return Array.from(payloads ?? [], valueOf);
}

/** The parsed JSON; nothing for an empty payload. */
function valueOf(payload: Payload | null | undefined): unknown {
  const text = Buffer.from(payload?.data ?? []).toString('utf8');
  return text === '' ? undefined : JSON.parse(text);
}

function msOf(duration: Duration): number | undefined {
  if (!duration) return undefined;
  return Number(duration.seconds ?? 0) * 1_000 + (duration.nanos ?? 0) / 1_000_000;
}
