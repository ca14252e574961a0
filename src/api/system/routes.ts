/** What the service is made of and how it is set up, a call for each part: one that is away hides no other. */
import type { Service } from '../../service.ts';
import { inTime } from '../../lib/time-limit.ts';
import { readProcesses } from '../../store/processes.ts';
import { listPollers, WORKFLOW_TASKS, type Poller } from '../../temporal/pollers.ts';
import { json, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { Refusal } from '../refusal.ts';
import { figuresAnswer, figuresExample, listFigures } from './figure-view.ts';
import { listSecrets, secretsAnswer, secretsExample } from './list-secrets.ts';
import { processesAnswer, processesExample, viewProcess } from './process-view.ts';
import { settingsAnswer, settingsExample, viewSettings } from './settings-view.ts';
import { describeStore, storeAnswer, storeExample } from './store-view.ts';
import { describeTemporal, temporalAnswer, temporalExample } from './temporal-view.ts';

export interface SystemTools {
  /** Reads the figures that only the store or Temporal knows. Never throws. */
  readonly refreshMetrics: () => Promise<void>;
}

/** A page waits for it. */
const TEMPORAL_LIMIT_MS = 2_000;
const POLLERS_LIMIT_MS = 800;

export const SYSTEM_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/system/processes',
    operationId: 'listProcesses',
    access: [],
    summary: 'List the processes of the service',
    description:
      'A process reports itself every 30 seconds, and leaves the list when it stops. One that was killed stays in it for a day.',
    answers: {
      200: json('The processes, newest first', processesAnswer, { worker: processesExample }),
    },
    async handle(_request, service: Pick<Service, 'store' | 'connection' | 'config'>) {
      const [found, pollers] = await Promise.all([readProcesses(service.store.db), pollersOf(service)]);
      const now = new Date();
      return reply(200, { data: found.map((row) => viewProcess(row, pollers, now)) });
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/system/temporal',
    operationId: 'getSystemTemporal',
    access: [],
    summary: 'Show the namespace and the versions of the workers',
    description:
      'Whether a worker serves the version that gets the runs, and what to do where none does: then no payment makes progress.',
    answers: { 200: json('The namespace and the versions', temporalAnswer, { behind: temporalExample }) },
    refusals: ['unavailable'],
    async handle(_request, { connection, config }: Pick<Service, 'connection' | 'config'>) {
      const described = inTime(describeTemporal(connection, config), TEMPORAL_LIMIT_MS);
      const found = await described.catch((cause: unknown) => {
        throw new Refusal('unavailable', 'Temporal did not answer; ask again', { cause });
      });
      return reply(200, found);
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/system/secrets',
    operationId: 'listSecrets',
    access: [],
    summary: 'List the signing secrets by fingerprint, and which may be removed',
    answers: {
      200: json('By gateway, newest first in each variable', secretsAnswer, { rotated: secretsExample }),
    },
    async handle(_request, { store, gateways, config }: Pick<Service, 'store' | 'gateways' | 'config'>) {
      return reply(200, { data: await listSecrets(store.db, gateways.all, config, new Date()) });
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/system/settings',
    operationId: 'listSettings',
    access: [],
    summary: 'List the settings in effect, without secrets',
    answers: { 200: json('The settings', settingsAnswer, { some: settingsExample }) },
    async handle(_request, { config }: Pick<Service, 'config'>) {
      return reply(200, viewSettings(config));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/system/store',
    operationId: 'getSystemStore',
    access: [],
    summary: "Show the store's schema, size and growth",
    answers: { 200: json('The store', storeAnswer, { embedded: storeExample }) },
    async handle(_request, service: Pick<Service, 'store' | 'config'>) {
      return reply(200, await describeStore(service));
    },
  }),
  defineCall({
    method: 'get',
    path: '/v1/system/figures',
    operationId: 'listFigures',
    access: [],
    summary: 'List figures beside the thresholds of their alerts',
    description:
      'The figures that a process knows by itself; rates over time need Prometheus. docs/operations.md explains each.',
    answers: { 200: json('The figures', figuresAnswer, { calm: figuresExample }) },
    async handle(
      _request,
      {
        refreshMetrics,
        ...service
      }: SystemTools & Pick<Service, 'metrics' | 'gateways' | 'config' | 'storeFigures'>,
    ) {
      await refreshMetrics();
      return reply(200, { data: await listFigures(service, new Date()) });
    },
  }),
];

/** Null where Temporal does not answer. */
async function pollersOf({
  connection,
  config,
}: Pick<Service, 'connection' | 'config'>): Promise<readonly Poller[] | null> {
  const { TEMPORAL_NAMESPACE: namespace, TEMPORAL_TASK_QUEUE: name } = config;
  const asked = async () => listPollers(connection, { namespace, name, type: WORKFLOW_TASKS });
  return inTime(asked(), POLLERS_LIMIT_MS).catch(() => null);
}
