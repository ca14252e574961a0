/** What the namespace needs before the first payment; done at every start, without harm when it is there. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type Connection,
} from '@temporalio/client';
import { WrongAccount } from '../store/health.ts';
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

/** Adds the search attributes that are missing. Where the server forbids it (Temporal Cloud), an administrator must. */
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

/**
 * Makes the gateway's sweep a Schedule, whose memo stamps the namespace with the gateway's account: creating it is atomic.
 * False where the server has no schedules.
 * @throws WrongAccount when the namespace belongs to another account or mode.
 */
export async function scheduleSweep(
  client: Client,
  stamp: GatewayStamp,
  settings: { taskQueue: string; intervalMs: number },
): Promise<boolean> {
  const { gateway, account, mode } = stamp;
  const spec = { intervals: [{ every: settings.intervalMs }] };
  const action = {
    type: 'startWorkflow',
    workflowType: 'sweepGateway',
    workflowId: sweepWorkflowId(gateway),
    taskQueue: settings.taskQueue,
    args: [{ gateway }],
  } as const;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' } as const;
  const scheduleId = sweepWorkflowId(gateway);
  try {
    await client.schedule.create({ scheduleId, spec, action, policies, memo: { account, mode } });
  } catch (error) {
    if ((error as { code?: number }).code === UNIMPLEMENTED) return false;
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await checkSweepStamp(client, stamp);
    await client.schedule.getHandle(scheduleId).update((before) => ({ ...before, spec, action, policies }));
  }
  return true;
}

/** @throws WrongAccount when the namespace belongs to another account or mode, ScheduleNotFoundError when to nobody yet */
export async function checkSweepStamp(
  client: Client,
  { gateway, account, mode }: GatewayStamp,
): Promise<void> {
  const { memo = {} } = await client.schedule.getHandle(sweepWorkflowId(gateway)).describe();
  if (memo['account'] === account && memo['mode'] === mode) return;
  throw new WrongAccount(
    `this Temporal namespace belongs to ${gateway} account ${String(memo['account'])} (${String(memo['mode'])}), but ` +
      `${account} (${mode}) is configured; use another TEMPORAL_NAMESPACE, or the account that it belongs to`,
  );
}

/** One sweep of a gateway at a time, by schedule or by hand. */
export function sweepWorkflowId(gateway: string): string {
  return `sweep/${gateway}`;
}
