import type { Client, Connection } from '@temporalio/client';
import { paidonce, temporal } from './shell-commands.ts';
import type { Config } from '../config/config.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { rootOf } from '../lib/root-of.ts';
import { ACTIVITY_TASKS, countPollers, WORKFLOW_TASKS } from '../temporal/pollers.ts';
import { UnreadablePayload } from '../temporal/payload-codec.ts';
import { missingSearchAttributes, schedulesOf, stampOf, type GatewaySchedule } from '../temporal/setup.ts';
import { countStuck, listPaused, listStuck } from '../temporal/stuck.ts';
import { taskQueues, updatesTaskQueue } from '../workflows/messages.ts';
import { checkVersion } from './version-check.ts';
import { check, commandsFor, fail, ok, warn, type Check, type CheckResult } from './check.ts';

const DAY_S = 86_400;

/** Checks the namespace, the search attributes, the workers and the Schedules. */
export async function checkTemporal(
  { client, connection }: { readonly client: Client; readonly connection: Connection },
  config: Config,
  gateways: readonly Gateway[],
): Promise<Check[]> {
  const todo = 'check that a server runs at TEMPORAL_ADDRESS and that TEMPORAL_NAMESPACE exists there';
  const namespace = await check('temporal', () => checkNamespace(connection, config), todo);
  if (namespace.state === 'fail') return [namespace];
  const others = [
    check('search attributes', () => checkAttributes(connection, config), todo),
    Promise.resolve({ name: 'payload encryption', ...encryptionOf(config) }),
    check('stuck runs', () => checkStuck(client), todo),
    check('paused runs', () => checkPaused(client), todo),
    ...queuesOf(config, gateways).map((queue) =>
      check(`worker for ${queue.name}`, () => checkWorker(connection, config, queue), todo),
    ),
    ...gateways.flatMap((gateway) =>
      schedulesOf(gateway.id, config.SWEEP_INTERVAL).map((schedule) =>
        check(`schedule ${schedule.id}`, () => checkSchedule(client, config, schedule, gateway), todo),
      ),
    ),
  ];
  const version = await checkVersion(connection, config).catch((error: unknown) => [
    { name: 'worker version', ...fail(rootOf(error), todo) },
  ]);
  return [namespace, ...(await Promise.all(others)), ...version];
}

/** What no worker does now. @throws where Temporal does not answer */
export async function findAbsentWorkers(
  connection: Connection,
  config: Config,
  gateways: readonly Gateway[],
): Promise<Check[]> {
  const [version, ...queues] = await Promise.all([
    checkVersion(connection, config),
    ...queuesOf(config, gateways).map(async (queue) => [
      { name: `worker for ${queue.name}`, ...(await checkWorker(connection, config, queue)) },
    ]),
  ]);
  return [...version, ...queues.flat()].filter(({ state }) => state === 'fail');
}

async function checkNamespace({ workflowService }: Connection, config: Config): Promise<CheckResult> {
  const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = config;
  const found = await workflowService.describeNamespace({ namespace });
  const seconds = Number(found.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const text = `${address}, namespace ${namespace}, keeps closed runs ${Math.round(seconds / DAY_S)} days`;
  if (seconds >= 7 * DAY_S) return ok(text);
  const longer = temporal(config, 'operator', 'namespace', 'update', '--retention', '720h');
  return warn(text, 'keep closed runs longer: links and `why` lose old runs', longer);
}

async function checkAttributes(connection: Connection, config: Config): Promise<CheckResult> {
  const missing = await missingSearchAttributes(connection, config.TEMPORAL_NAMESPACE);
  if (missing.length === 0) return ok('all present');
  const options = missing.flatMap((name) => ['--name', name, '--type', 'Keyword']);
  return fail(
    `missing: ${missing.join(', ')}; no payment can be opened`,
    'a running service adds them within a minute; if it lacks the permission, run this command',
    temporal(config, 'operator', 'search-attribute', 'create', ...options),
  );
}

/** Only what is configured: each payload in Temporal names its own key. */
function encryptionOf({ PAYLOAD_KEYS: { encrypts, byId } }: Config): CheckResult {
  const ids = [...byId.keys()].map((id) => `"${id}"`).join(', ');
  if (byId.size === 0) return ok('off: histories are readable in Temporal');
  return ok(encrypts === null ? `off; ${ids} decrypts` : `"${encrypts}" encrypts; ${ids} decrypts`);
}

async function checkStuck(client: Client): Promise<CheckResult> {
  const count = await countStuck(client);
  if (count === null) return ok('unknown: this Temporal server is too old to report it');
  if (count === 0) return ok('none');
  const ids = (await listStuck(client)).slice(0, 5);
  return fail(
    `${count} with a workflow task that keeps failing: ${ids.join(', ')}`,
    'the log and the Temporal Web UI say why; docs/operations.md, "A run that is stuck"',
    ...explaining(ids),
  );
}

/** Only runs of orders: sweeps belong to no order. */
function explaining(workflowIds: readonly string[]): string[] {
  const ofOrders = workflowIds.filter((id) => /^(payment|money)\//.test(id));
  return commandsFor(ofOrders, (id) => paidonce('why', id));
}

async function checkPaused(client: Client): Promise<CheckResult> {
  const ids = await listPaused(client);
  if (ids === null) return ok('unknown: this Temporal server is too old to report it');
  if (ids.length === 0) return ok('none');
  return warn(
    `an operator has paused ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ' and more' : ''}, or an activity there`,
    'the service never unpauses a run; these commands show what is paused and how to resume it; docs/temporal-ui.md',
    ...explaining(ids),
  );
}

interface Queue {
  readonly name: string;
  readonly type: number;
  readonly does: string;
}

function queuesOf({ TEMPORAL_TASK_QUEUE: name }: Config, gateways: readonly Gateway[]): Queue[] {
  return [
    { name, type: WORKFLOW_TASKS, does: 'payments make no progress' },
    ...gateways.flatMap(({ id }) => {
      const { checkout, background } = taskQueues(name, id);
      return [
        {
          name: checkout,
          type: ACTIVITY_TASKS,
          does: `a session at ${id} that the API could not open itself stays unopened`,
        },
        {
          name: background,
          type: ACTIVITY_TASKS,
          does: `nothing is read from ${id}, and no money moves there`,
        },
      ];
    }),
    {
      name: updatesTaskQueue(name),
      type: ACTIVITY_TASKS,
      does: 'updates that failed once are not sent again',
    },
  ];
}

async function checkWorker(
  connection: Connection,
  config: Config,
  { name, type, does }: Queue,
): Promise<CheckResult> {
  const count = await countPollers(connection, { namespace: config.TEMPORAL_NAMESPACE, name, type });
  if (count === 0)
    return fail(
      `no worker polls: ${does}`,
      'start a worker, with the environment of the service',
      workerFor(config),
    );
  return ok(`${count} polling`);
}

/** With an embedded store one process is both API and worker. */
function workerFor({ DATABASE_URL: url }: Config): string {
  return paidonce(url === undefined ? 'serve' : 'worker');
}

async function checkSchedule(
  client: Client,
  config: Config,
  { id: scheduleId, everyMs, does }: GatewaySchedule,
  { account, mode }: Gateway,
): Promise<CheckResult> {
  const restart = 'a running service creates it within a minute; otherwise start a worker';
  const found = await client.schedule
    .getHandle(scheduleId)
    .describe()
    .catch((error: unknown) => error as Error);
  if (found instanceof UnreadablePayload)
    return fail(
      found.message,
      'set PAYLOAD_KEYS to the keys of the running service; docs/run-in-production.md',
    );
  if (found instanceof Error) return fail(`no schedule (${rootOf(found)})`, restart, workerFor(config));
  const { state, info } = found;
  const stamp = stampOf(found);
  if (stamp.account !== account || stamp.mode !== mode)
    return fail(
      `the namespace belongs to account ${stamp.account} (${stamp.mode})`,
      'use another TEMPORAL_NAMESPACE, or the account that it belongs to',
    );
  if (state.paused)
    return fail(
      `the schedule is paused: ${does}`,
      'this command resumes it',
      temporal(config, 'schedule', 'toggle', '--unpause', '-s', scheduleId),
    );
  if (info.runningActions.length > 0) return ok('running');
  return ageOf(info.recentActions.at(-1)?.takenAt, { id: scheduleId, everyMs });
}

function ageOf(
  last: Date | undefined,
  { id, everyMs }: Pick<GatewaySchedule, 'id' | 'everyMs'>,
): CheckResult {
  if (last === undefined) return ok('scheduled, not due yet');
  const age = Date.now() - last.getTime();
  const text = `last started ${Math.round(age / 1_000)} s ago`;
  return age > 3 * everyMs + 60_000
    ? warn(text, `an earlier run may be stuck: look for ${id} in the Temporal Web UI`)
    : ok(text);
}
