import type { Client, Connection } from '@temporalio/client';
import type { Config } from '../config.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { rootOf } from '../telemetry/root-of.ts';
import { readCurrentVersion } from '../temporal/current-version.ts';
import { ACTIVITY_TASKS, countPollers, WORKFLOW_TASKS } from '../temporal/pollers.ts';
import { missingSearchAttributes, scheduleIdsOf } from '../temporal/setup.ts';
import { countStuck, listPaused, listStuck } from '../temporal/stuck.ts';
import { taskQueues, updatesTaskQueue } from '../workflows/messages.ts';
import { check, fail, ok, warn, type Check, type Finding } from './check.ts';

const DAY_S = 86_400;

/** The namespace, the search attributes, the workers and the sweeps. */
export async function checkTemporal(
  { client, connection }: { readonly client: Client; readonly connection: Connection },
  config: Config,
  gateways: readonly Gateway[],
): Promise<Check[]> {
  const todo = 'is a server at TEMPORAL_ADDRESS, and does TEMPORAL_NAMESPACE exist there?';
  const namespace = await check('temporal', () => checkNamespace(connection, config), todo);
  if (namespace.state === 'fail') return [namespace];
  const others = [
    check('search attributes', () => checkAttributes(connection, config), todo),
    check('stuck runs', () => checkStuck(client), todo),
    check('paused runs', () => checkPaused(client), todo),
    ...queuesOf(config, gateways).map((queue) =>
      check(`worker for ${queue.name}`, () => checkWorker(connection, config, queue), todo),
    ),
    ...gateways.flatMap((gateway) =>
      scheduleIdsOf(gateway.id).map((id) =>
        check(`schedule ${id}`, () => checkSweep(client, config, id, gateway), todo),
      ),
    ),
  ];
  const version = await checkVersion(connection, config).catch((error: unknown) => [
    { name: 'worker version', ...fail(rootOf(error), todo) },
  ]);
  return [namespace, ...(await Promise.all(others)), ...version];
}

async function checkNamespace(
  { workflowService }: Connection,
  { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace }: Config,
): Promise<Finding> {
  const found = await workflowService.describeNamespace({ namespace });
  const seconds = Number(found.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const text = `${address}, namespace ${namespace}, keeps closed runs ${Math.round(seconds / DAY_S)} days`;
  if (seconds >= 7 * DAY_S) return ok(text);
  const todo = `links and \`why\` lose old runs: temporal operator namespace update -n ${namespace} --retention 720h`;
  return warn(text, todo);
}

async function checkAttributes(
  connection: Connection,
  { TEMPORAL_NAMESPACE: namespace }: Config,
): Promise<Finding> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return ok('all there');
  const options = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
  return fail(
    `missing: ${missing.join(', ')}; no payment can be opened`,
    `a running service adds them within a minute; where it may not: temporal operator search-attribute create -n ${namespace} ${options}`,
  );
}

async function checkStuck(client: Client): Promise<Finding> {
  const count = await countStuck(client);
  if (count === null) return ok('this Temporal server is too old to say');
  if (count === 0) return ok('none');
  const ids = (await listStuck(client)).slice(0, 5).join(', ');
  return fail(
    `${count}, whose workflow task keeps failing: ${ids}`,
    'the log and the Temporal Web UI say why; docs/operations.md, "A run that is stuck"',
  );
}

async function checkPaused(client: Client): Promise<Finding> {
  const ids = await listPaused(client);
  if (ids === null) return ok('this Temporal server is too old to say');
  if (ids.length === 0) return ok('none');
  return warn(
    `an operator has paused ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ' and more' : ''}, or an activity there`,
    'nothing of ours unpauses it: temporal workflow unpause, or activity unpause; docs/temporal-ui.md',
  );
}

/** Without a poller of the current version nothing is opened, and nobody else says so. */
async function checkVersion(connection: Connection, config: Config): Promise<Check[]> {
  const {
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_DEPLOYMENT_NAME: deployment,
    TEMPORAL_WORKER_BUILD_ID: build,
  } = config;
  const found = await readCurrentVersion(connection, config);
  if (found === null && build === undefined) return [];
  const judged = (): Finding => {
    const set = `temporal worker deployment set-current-version -n ${namespace} --deployment-name ${deployment} --build-id ${build ?? 'ID'} --yes`;
    if (found === null) return fail(`no deployment ${deployment}: no worker of it has polled yet`, set);
    const { buildId: current, pollers } = found;
    if (current === '') return fail(`no version of ${deployment} is current: nothing is opened`, set);
    if (pollers === 0)
      return fail(
        `nobody polls for ${current}, the current version of ${deployment}: nothing is opened`,
        `start a worker with TEMPORAL_WORKER_BUILD_ID=${current}, or make one current that polls: ${set}`,
      );
    const isOther = build !== undefined && build !== current;
    return ok(`${current} is current, ${pollers} polling${isOther ? `; this is ${build}` : ''}`);
  };
  return [{ name: 'worker version', ...judged() }];
}

interface Queue {
  readonly name: string;
  readonly type: number;
  readonly does: string;
}

function queuesOf({ TEMPORAL_TASK_QUEUE: name }: Config, gateways: readonly Gateway[]): Queue[] {
  return [
    { name, type: WORKFLOW_TASKS, does: 'payments stand still' },
    ...gateways.flatMap(({ id }) => {
      const { checkout, background } = taskQueues(name, id);
      return [
        { name: checkout, type: ACTIVITY_TASKS, does: `no session is opened at ${id}` },
        {
          name: background,
          type: ACTIVITY_TASKS,
          does: `nothing is read from ${id}, and no money moves there`,
        },
      ];
    }),
    { name: updatesTaskQueue(name), type: ACTIVITY_TASKS, does: 'merchants hear nothing' },
  ];
}

async function checkWorker(
  connection: Connection,
  { TEMPORAL_NAMESPACE: namespace }: Config,
  { name, type, does }: Queue,
): Promise<Finding> {
  const count = await countPollers(connection, { namespace, name, type });
  if (count === 0) return fail(`nobody polls: ${does}`, 'start paidonce worker (or paidonce serve)');
  return ok(`${count} polling`);
}

async function checkSweep(
  client: Client,
  config: Config,
  scheduleId: string,
  { account, mode }: Gateway,
): Promise<Finding> {
  const restart =
    'a running service makes it within a minute; else start paidonce worker (or paidonce serve)';
  const found = await client.schedule
    .getHandle(scheduleId)
    .describe()
    .catch((error: unknown) => error as Error);
  if (found instanceof Error) return fail(`no schedule (${rootOf(found)})`, restart);
  const { memo, state, info } = found;
  if (memo?.['account'] !== account || memo?.['mode'] !== mode)
    return fail(
      `the namespace belongs to account ${String(memo?.['account'])} (${String(memo?.['mode'])})`,
      'use another TEMPORAL_NAMESPACE, or the account that it belongs to',
    );
  if (state.paused)
    return fail(
      'the schedule is paused: lost callbacks are not found',
      `temporal schedule toggle --unpause -s ${scheduleId}`,
    );
  if (info.runningActions.length > 0) return ok('running');
  return ageOf(info.recentActions.at(-1)?.takenAt, config);
}

function ageOf(last: Date | undefined, { SWEEP_INTERVAL: intervalMs }: Config): Finding {
  if (last === undefined) return ok('scheduled, not due yet');
  const age = Date.now() - last.getTime();
  const text = `last begun ${Math.round(age / 1_000)} s ago`;
  return age > 3 * intervalMs + 60_000
    ? warn(text, 'an earlier sweep may be stuck: look for sweep/… in the Temporal Web UI')
    : ok(text);
}
