/** What the namespace needs before the first payment. Created at every start; existing parts stay. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type Connection,
  type ScheduleDescription,
} from '@temporalio/client';
import { WrongAccount } from '../store/store-health.ts';
import {
  OrderReferenceKey,
  PaymentGatewayKey,
  PaymentStatusKey,
  SessionIdKey,
  TransactionIdKey,
} from '../workflows/messages.ts';

const SEARCH_ATTRIBUTES = [
  PaymentStatusKey,
  PaymentGatewayKey,
  OrderReferenceKey,
  SessionIdKey,
  TransactionIdKey,
];

/** Temporal's `INDEXED_VALUE_TYPE_KEYWORD`. */
const KEYWORD = 2;
const ALREADY_EXISTS = 6;
const UNIMPLEMENTED = 12;

export interface GatewayStamp {
  readonly gateway: string;
  readonly account: string;
  readonly mode: string;
}

/** The names of our search attributes that the namespace does not have. */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => customAttributes?.[name] === undefined);
}

/**
 * Adds the missing search attributes. Where the server forbids it (Temporal Cloud), an administrator must add
 * them.
 */
export async function addSearchAttributes(connection: Connection, namespace: string): Promise<void> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return;
  const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error;
  }
}

const DAY_MS = 24 * 3_600_000;

/** A Schedule that a gateway needs. */
export interface GatewaySchedule {
  readonly id: string;
  readonly everyMs: number;
  /** What does not happen while it is paused. */
  readonly does: string;
}

interface ScheduleToMake extends GatewaySchedule {
  /** From the clock's midnight in UTC. */
  readonly offsetMs?: number;
  /** So that not every service asks a gateway at the same moment. */
  readonly jitterMs?: number;
  /** How late it may still begin, if the server was away at its time. */
  readonly lateByMs: number;
  readonly workflowType: string;
  readonly args: readonly unknown[];
}

/** The Schedules of a gateway. The first one stamps the namespace. */
function allSchedules(gateway: string, sweepEveryMs: number): ScheduleToMake[] {
  const sweep = {
    everyMs: sweepEveryMs,
    lateByMs: 60_000,
    workflowType: 'sweepGateway',
    does: 'lost callbacks are not found',
  };
  return [
    { ...sweep, id: sweepScheduleId(gateway), args: [{ gateway, of: 'new' }] },
    { ...sweep, id: `sweep-changes/${gateway}`, args: [{ gateway, of: 'changes' }] },
    {
      id: scheduleIdOfReconciliation(gateway),
      everyMs: DAY_MS,
      offsetMs: 2 * 3_600_000,
      jitterMs: 3_600_000,
      lateByMs: 12 * 3_600_000,
      workflowType: 'reconcileGateway',
      args: [{ gateway }],
      does: 'nothing shows whether the store and the gateway agree',
    },
  ];
}

/** All Schedules that a gateway needs, with the interval of the sweeps. */
export function schedulesOf(gateway: string, sweepEveryMs: number): GatewaySchedule[] {
  return allSchedules(gateway, sweepEveryMs);
}

/** The Schedule for new transactions. It runs once at a time, by the clock or by hand. */
export function sweepScheduleId(gateway: string): string {
  return `sweep/${gateway}`;
}

/** The daily Schedule, and the workflow id of a reconciliation that a person asks for. */
export function scheduleIdOfReconciliation(gateway: string): string {
  return `reconcile/${gateway}`;
}

/**
 * Creates the gateway's Schedules. They stamp the namespace with the gateway's account, since creating a Schedule
 * is atomic. False where the server has no Schedules.
 * @throws WrongAccount where the namespace belongs to another account or mode, UnreadablePayload where the
 * stamp is encrypted with a key that this process does not have
 */
export async function makeSchedules(
  client: Client,
  stamp: GatewayStamp,
  settings: { taskQueue: string; sweepEveryMs: number },
): Promise<boolean> {
  for (const schedule of allSchedules(stamp.gateway, settings.sweepEveryMs))
    if (!(await makeSchedule(client, stamp, settings.taskQueue, schedule))) return false;
  return true;
}

/** Creates the Schedule, or updates it where it exists. */
async function makeSchedule(
  client: Client,
  stamp: GatewayStamp,
  taskQueue: string,
  { id: scheduleId, everyMs, offsetMs, jitterMs, lateByMs, workflowType, args }: ScheduleToMake,
): Promise<boolean> {
  const { account, mode } = stamp;
  const interval = { every: everyMs, ...(offsetMs !== undefined && { offset: offsetMs }) };
  const spec = { intervals: [interval], ...(jitterMs !== undefined && { jitter: jitterMs }) };
  // The stamp is the memo of the action and not of the Schedule, since an update writes it again, with the key
  // that encrypts now; Temporal can't change the memo of a Schedule.
  const action = {
    type: 'startWorkflow',
    workflowId: scheduleId,
    memo: { account, mode },
    workflowType,
    args: [...args],
    taskQueue,
  } as const;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: lateByMs };
  try {
    await client.schedule.create({ scheduleId, spec, action, policies });
  } catch (error) {
    if ((error as { code?: number }).code === UNIMPLEMENTED) return false;
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await checkSweepStamp(client, stamp);
    await client.schedule.getHandle(scheduleId).update((before) => ({ ...before, spec, action, policies }));
  }
  return true;
}

/**
 * @throws WrongAccount where the namespace belongs to another account or mode, ScheduleNotFoundError where it
 * has no stamp yet, UnreadablePayload where the stamp is encrypted with a key that this process does not have
 */
export async function checkSweepStamp(
  client: Client,
  { gateway, account, mode }: GatewayStamp,
): Promise<void> {
  const stamp = stampOf(await client.schedule.getHandle(sweepScheduleId(gateway)).describe());
  if (stamp.account === account && stamp.mode === mode) return;
  throw new WrongAccount(
    `this Temporal namespace belongs to ${gateway} account ${stamp.account} (${stamp.mode}), but ` +
      `${account} (${mode}) is configured; use another TEMPORAL_NAMESPACE, or the account that it belongs to`,
  );
}

/**
 * The account and mode that a Schedule of ours stamps its namespace with. A Schedule of an early build has
 * them in its own memo until it is updated.
 */
export function stampOf({ action, memo }: ScheduleDescription): Pick<GatewayStamp, 'account' | 'mode'> {
  const { account, mode } = { ...memo, ...action.memo };
  return { account: String(account), mode: String(mode) };
}
