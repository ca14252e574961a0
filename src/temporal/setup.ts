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

/** The Schedules of a gateway. The first one stamps the namespace. */
const SWEEPS = [
  { of: 'new', scheduleId: sweepScheduleId },
  { of: 'changes', scheduleId: (gateway: string) => `sweep-changes/${gateway}` },
] as const;

/** The ids of all Schedules that a gateway needs. */
export function scheduleIdsOf(gateway: string): string[] {
  return SWEEPS.map(({ scheduleId }) => scheduleId(gateway));
}

/** The Schedule for new transactions. It runs once at a time, by the clock or by hand. */
export function sweepScheduleId(gateway: string): string {
  return `sweep/${gateway}`;
}

/**
 * Creates the gateway's sweeps as Schedules. They stamp the namespace with the gateway's account, since
 * creating a Schedule is atomic. False where the server has no Schedules.
 * @throws WrongAccount where the namespace belongs to another account or mode, UnreadablePayload where the
 * stamp is encrypted with a key that this process does not have
 */
export async function scheduleSweeps(
  client: Client,
  stamp: GatewayStamp,
  settings: { taskQueue: string; intervalMs: number },
): Promise<boolean> {
  const { gateway } = stamp;
  for (const { of, scheduleId } of SWEEPS) {
    const action = { workflowType: 'sweepGateway', args: [{ gateway, of }], taskQueue: settings.taskQueue };
    const schedule = { id: scheduleId(gateway), intervalMs: settings.intervalMs, action };
    if (!(await makeSchedule(client, stamp, schedule))) return false;
  }
  return true;
}

/** Creates the Schedule, or updates it where it exists. */
async function makeSchedule(
  client: Client,
  stamp: GatewayStamp,
  { id: scheduleId, intervalMs, action: starts }: ScheduleToMake,
): Promise<boolean> {
  const { account, mode } = stamp;
  const spec = { intervals: [{ every: intervalMs }] };
  // The stamp is the memo of the action and not of the Schedule, since an update writes it again, with the key
  // that encrypts now; Temporal can't change the memo of a Schedule.
  const action = {
    type: 'startWorkflow',
    workflowId: scheduleId,
    memo: { account, mode },
    ...starts,
  } as const;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' } as const;
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

interface ScheduleToMake {
  readonly id: string;
  readonly intervalMs: number;
  readonly action: { readonly workflowType: string; readonly args: unknown[]; readonly taskQueue: string };
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
