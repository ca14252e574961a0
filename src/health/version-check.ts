/** Whether workers serve the version that gets the runs. */
import type { Connection } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import { readVersions, type Versions } from '../temporal/versions.ts';
import { fail, ok, type Check, type CheckResult } from './check.ts';
import { temporal } from './shell-commands.ts';

/** Without a poller of the current version no payment makes progress, and no other check shows that. */
export async function checkVersion(connection: Connection, config: Config): Promise<Check[]> {
  const result = judgeVersions(await readVersions(connection, config), config);
  return result === null ? [] : [{ name: 'worker version', ...result }];
}

/** Null where the workers have no versions, which is right for a single worker. */
export function judgeVersions(found: Versions, config: Config): CheckResult | null {
  const { TEMPORAL_DEPLOYMENT_NAME: deployment, TEMPORAL_WORKER_BUILD_ID: build } = config;
  const { versions, current } = found;
  if (versions === null && build === undefined) return null;
  const waiting = (versions ?? []).filter(({ buildId, pollers }) => pollers > 0 && buildId !== current);
  const commands = makeCurrent(
    config,
    waiting.map(({ buildId }) => buildId),
  );
  if (versions === null)
    return fail(
      `no deployment ${deployment}: no worker of it has polled yet`,
      `start a worker with TEMPORAL_WORKER_BUILD_ID=${build}, then make it current`,
      ...commands,
    );
  const polls = waiting.length === 0 ? '' : `; ${waiting.map(({ buildId }) => buildId).join(', ')} polls`;
  if (current === '')
    return fail(
      `no version of ${deployment} is current: no payment makes progress${polls}`,
      'make a version current',
      ...commands,
    );
  const pollers = versions.find(({ buildId }) => buildId === current)?.pollers ?? 0;
  if (pollers === 0)
    return fail(
      `no worker polls for ${current}, the current version of ${deployment}: no payment makes progress${polls}`,
      `start a worker with TEMPORAL_WORKER_BUILD_ID=${current}, or make a version current whose workers poll`,
      ...commands,
    );
  const isOther = build !== undefined && build !== current;
  return ok(`${current} is current, ${pollers} polling${isOther ? `; this is ${build}` : ''}`);
}

/** The version whose workers poll, or else that of this process. If none is known, a person has to see which exist. */
function makeCurrent(config: Config, polling: readonly string[]): string[] {
  const { TEMPORAL_DEPLOYMENT_NAME: deployment, TEMPORAL_WORKER_BUILD_ID: own } = config;
  const at = (...words: string[]) => temporal(config, 'worker', 'deployment', ...words);
  const builds = polling.length > 0 ? polling : own === undefined ? [] : [own];
  if (builds.length === 0) return [at('describe', '--name', deployment)];
  return builds.map((build) =>
    at('set-current-version', '--deployment-name', deployment, '--build-id', build, '--yes'),
  );
}
