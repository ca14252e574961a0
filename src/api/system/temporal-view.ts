/** The namespace, and the versions of the workers. */
import { z } from 'zod';
import type { Connection } from '@temporalio/client';
import type { Config } from '../../config/config.ts';
import { judgeVersions } from '../../health/version-check.ts';
import { readVersions, type WorkerVersion } from '../../temporal/versions.ts';
import { timestamp } from '../http/fields.ts';

const version = z
  .object({
    build: z.string(),
    state: z.enum(['current', 'ramping', 'draining', 'drained', 'inactive', 'unknown']).meta({
      description:
        '`current`: gets the runs. `ramping`: gets a part of them. `draining`: open runs still need it. `drained`: none does. `inactive`: it was never current',
    }),
    currentSince: timestamp.nullable(),
    pollers: z.int().meta({ description: 'Processes that poll for it' }),
  })
  .meta({ id: 'WorkerVersion' });

export const temporalAnswer = z
  .object({
    address: z.string(),
    namespace: z.string(),
    retentionSeconds: z
      .int()
      .nullable()
      .meta({ description: 'How long closed runs are kept; null if the namespace does not say' }),
    deployment: z.string().meta({ description: 'TEMPORAL_DEPLOYMENT_NAME' }),
    isVersioned: z
      .boolean()
      .meta({ description: 'Whether the workers have versions; one worker alone needs none' }),
    unversionedPollers: z.int().meta({ description: 'Processes that poll without a version' }),
    versions: z.array(version).meta({ description: 'Newest first; empty without versions' }),
    verdict: z
      .object({
        state: z.enum(['ok', 'warn', 'fail']),
        text: z.string(),
        todo: z.string().nullable(),
        commands: z.array(z.string()),
      })
      .nullable()
      .meta({
        description: 'Whether workers serve the version that gets the runs; null without versions',
      }),
  })
  .meta({ id: 'SystemTemporal' });

/** @throws where Temporal does not answer */
export async function describeTemporal(
  connection: Connection,
  config: Config,
): Promise<z.infer<typeof temporalAnswer>> {
  const {
    TEMPORAL_ADDRESS: address,
    TEMPORAL_NAMESPACE: namespace,
    TEMPORAL_DEPLOYMENT_NAME: deployment,
  } = config;
  const [described, found] = await Promise.all([
    connection.workflowService.describeNamespace({ namespace }),
    readVersions(connection, config),
  ]);
  const kept = Number(described.config?.workflowExecutionRetentionTtl?.seconds ?? 0);
  const verdict = judgeVersions(found, config);
  return {
    address,
    namespace,
    retentionSeconds: kept === 0 ? null : kept,
    deployment,
    isVersioned: found.versions !== null,
    unversionedPollers: found.unversioned,
    versions: (found.versions ?? []).map(viewVersion),
    verdict: verdict && {
      state: verdict.state,
      text: verdict.text,
      todo: verdict.todo ?? null,
      commands: [...(verdict.commands ?? [])],
    },
  };
}

function viewVersion({ buildId: build, currentSince, ...rest }: WorkerVersion): z.infer<typeof version> {
  return { build, currentSince: currentSince?.toISOString() ?? null, ...rest };
}

export const temporalExample: z.infer<typeof temporalAnswer> = {
  address: 'temporal:7233',
  namespace: 'payments',
  retentionSeconds: 2_592_000,
  deployment: 'paidonce',
  isVersioned: true,
  unversionedPollers: 0,
  versions: [
    { build: 'b42', state: 'inactive', currentSince: null, pollers: 2 },
    { build: 'b41', state: 'current', currentSince: '2026-11-15T09:12:40.000Z', pollers: 0 },
  ],
  verdict: {
    state: 'fail',
    text: 'no worker polls for b41, the current version of paidonce: no payment makes progress; b42 polls',
    todo: 'start a worker with TEMPORAL_WORKER_BUILD_ID=b41, or make a version current whose workers poll',
    commands: [
      'temporal --address temporal:7233 --namespace payments worker deployment set-current-version --deployment-name paidonce --build-id b42 --yes',
    ],
  },
};
