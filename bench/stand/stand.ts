/** Everything the bench needs, on one machine and without a network: started once, used by all parts. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floorPart } from '../floor/part.ts';
import { paidoncePart } from '../paidonce-part.ts';
import type { Part } from '../part.ts';
import { startChild, startDatabase, type Child } from './measured-child.ts';
import { startProduct, type ProductSettings, type ProductStand } from './product.ts';
import { startSandbox, type SandboxStand } from './sandbox.ts';
import { startSink, type Sink } from './sink.ts';
import { startTemporal, type TemporalStand } from './temporal.ts';

export interface Stand {
  readonly temporal: TemporalStand;
  readonly sandbox: SandboxStand;
  readonly sink: Sink;
  readonly embedded: ProductStand;
  /** Null where no PostgreSQL server is installed. */
  readonly postgresql: ProductStand | null;
  readonly parts: readonly Part[];
  /** Stops the processes that the figures after the rounds do not need. */
  stopCompared(): Promise<void>;
  stop(): Promise<void>;
}

const POSTGRESQL_NAMESPACE = 'bench-postgresql';

/** Another build of the core, that takes its turn beside this one. */
export interface OtherBuild {
  readonly name: string;
  readonly dist: string;
}

/** `dist` is the compiled core. All products share the server, so each has its own namespace. */
export async function startStand(dist: string, others: readonly OtherBuild[] = []): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-bench-'));
  const namespaces = [POSTGRESQL_NAMESPACE, ...others.flatMap(({ name }) => [name, `${name}-postgresql`])];
  const temporal = await startTemporal(folder, namespaces);
  const sandbox = await startSandbox(folder);
  const sink = await startSink();
  const common = { dist, folder, temporalAddress: temporal.address, sandbox, sinkUrl: sink.url };
  const floorWorker = startFloor(folder, temporal.address);
  const embedded = await startProduct({ ...common, name: 'paidonce', namespace: 'default' });
  const server = await startDatabase();
  const postgresql =
    server &&
    (await startProduct({
      ...common,
      name: 'paidonce-postgresql',
      namespace: POSTGRESQL_NAMESPACE,
      databaseUrl: server.url,
      database: server.process,
    }));
  const beside: ProductStand[] = [];
  for (const { name, dist: otherDist } of others)
    beside.push(...(await startOther({ ...common, dist: otherDist }, name)));
  const surroundings = { sandbox, sink };
  const products = [embedded, postgresql, ...beside].filter((product) => product !== null);
  let isCompared = true;
  /** A worker may have been killed and started again meanwhile, so the processes are listed at the end. */
  const compared = () => (isCompared ? [floorWorker, ...(postgresql?.processes ?? []).toReversed()] : []);
  const stopCompared = async () => {
    const processes = compared();
    isCompared = false;
    await stopAll(processes);
  };
  return {
    temporal,
    sandbox,
    sink,
    embedded,
    postgresql,
    parts: [
      floorPart(temporal.client(), floorWorker),
      ...products.map((product) => paidoncePart(product, surroundings)),
    ],
    stopCompared,
    async stop() {
      await stopAll([...embedded.processes]);
      await stopCompared();
      for (const product of beside) await stopAll(product.processes.toReversed());
      await stopAll([sandbox.process]);
      await temporal.connection.close();
      await temporal.process.stop();
      sink.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Another build on both stores, as the first one is. */
async function startOther(
  common: Omit<ProductSettings, 'name' | 'namespace' | 'databaseUrl' | 'database'>,
  name: string,
): Promise<ProductStand[]> {
  const embedded = await startProduct({ ...common, name, namespace: name });
  const server = await startDatabase();
  if (server === null) return [embedded];
  const { url: databaseUrl, process: database } = server;
  const both = `${name}-postgresql`;
  return [embedded, await startProduct({ ...common, name: both, namespace: both, databaseUrl, database })];
}

function startFloor(folder: string, address: string): Child {
  return startChild({
    name: 'floor',
    command: process.execPath,
    args: [join(import.meta.dirname, '..', 'floor', 'worker.js')],
    env: { TEMPORAL_ADDRESS: address },
    logFile: join(folder, 'floor.log'),
  });
}

async function stopAll(processes: readonly Child[]): Promise<void> {
  for (const child of processes) await child.stop();
}
