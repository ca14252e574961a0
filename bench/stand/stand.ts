/** Everything the bench needs, on one machine and without a network: started once, used by all parts. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { floorPart } from '../floor/part.ts';
import { paidoncePart, stripePart } from '../paidonce-part.ts';
import { ENCRYPTED, TRACED, type Part } from '../part.ts';
import { CORE } from './built.ts';
import { startChild, startDatabase, type Child } from './measured-child.ts';
import { startProduct, type ProductSettings, type ProductStand } from './product.ts';
import { startCollector } from './collector.ts';
import { startSandbox, type SandboxStand } from './sandbox.ts';
import { startSink, type Sink } from './sink.ts';
import { startStripeSandbox, type StripeStand } from './stripe-sandbox.ts';
import { startTemporal, type TemporalStand } from './temporal.ts';

export interface Stand {
  readonly temporal: TemporalStand;
  readonly sandbox: SandboxStand;
  readonly stripe: StripeStand;
  readonly sink: Sink;
  readonly embedded: ProductStand;
  /** Null where no PostgreSQL server is installed. */
  readonly postgresql: ProductStand | null;
  readonly parts: readonly Part[];
  /** Stops the processes that the figures after the rounds do not need. */
  stopCompared(): Promise<void>;
  stop(): Promise<void>;
}

/** Another build of the core, that takes its turn beside this one. */
export interface OtherBuild {
  readonly name: string;
  readonly dist: string;
}

/** Does its work on a stand, which ends with it, also when this process is told to. */
export async function withStand(
  work: (stand: Stand) => Promise<void>,
  others: readonly OtherBuild[] = [],
): Promise<void> {
  const stand = await startStand(others);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stand.stop().finally(() => process.exit(130)));
  try {
    await work(stand);
  } finally {
    await stand.stop();
  }
}

/** This build's core beside others. All products share the server, so each has its own namespace. */
async function startStand(others: readonly OtherBuild[]): Promise<Stand> {
  const folder = await mkdtemp(join(tmpdir(), 'paidonce-bench-'));
  const namespaces = [
    ENCRYPTED,
    TRACED,
    onPostgresql('paidonce'),
    ...others.flatMap(({ name }) => [name, onPostgresql(name)]),
  ];
  const temporal = await startTemporal(folder, namespaces);
  const sandbox = await startSandbox(folder);
  const stripe = await startStripeSandbox(folder);
  const sink = await startSink();
  const common = { folder, temporalAddress: temporal.address, sandbox, sinkUrl: sink.url };
  const floorWorker = startFloor(folder, temporal.address);
  const { embedded, postgresql } = await startBuild(
    { ...common, stripe, dist: CORE, name: 'paidonce' },
    'default',
  );
  const encrypted = await startProduct({
    ...common,
    dist: CORE,
    name: ENCRYPTED,
    namespace: ENCRYPTED,
    env: { PAYLOAD_KEYS: `bench:${randomBytes(32).toString('base64')}` },
  });
  const collector = await startCollector();
  const traced = await startProduct({
    ...common,
    dist: CORE,
    name: TRACED,
    namespace: TRACED,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
  });
  await stripe.subscribe(`${embedded.origin}/callbacks/stripe`);
  const beside: ProductStand[] = [];
  for (const other of others)
    beside.push(...productsOf(await startBuild({ ...common, ...other }, other.name)));
  const surroundings = { sandbox, sink };
  const products = [embedded, encrypted, traced, ...(postgresql === null ? [] : [postgresql]), ...beside];
  let isCompared = true;
  /** A worker may have been killed and started again meanwhile, so the processes are listed at the end. */
  const compared = () =>
    isCompared
      ? [
          floorWorker,
          ...encrypted.processes,
          ...traced.processes,
          ...(postgresql?.processes ?? []).toReversed(),
        ]
      : [];
  const stopCompared = async () => {
    const processes = compared();
    isCompared = false;
    await stopAll(processes);
  };
  return {
    temporal,
    sandbox,
    stripe,
    sink,
    embedded,
    postgresql,
    parts: [
      floorPart(temporal.client(), floorWorker),
      ...products.map((product) => paidoncePart(product, surroundings)),
      stripePart(embedded, { stripe, sink }),
    ],
    stopCompared,
    async stop() {
      await stopAll([...embedded.processes]);
      await stopCompared();
      for (const product of beside) await stopAll(product.processes.toReversed());
      await stopAll([sandbox.process, stripe.process]);
      collector.close();
      await temporal.connection.close();
      await temporal.process.stop();
      sink.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A build on both stores. Only the embedded one where no PostgreSQL server is installed. */
async function startBuild(
  build: Omit<ProductSettings, 'namespace' | 'databaseUrl' | 'database'>,
  namespace: string,
): Promise<Pick<Stand, 'embedded' | 'postgresql'>> {
  const embedded = await startProduct({ ...build, namespace });
  const server = await startDatabase();
  if (server === null) return { embedded, postgresql: null };
  const { url: databaseUrl, process: database } = server;
  const name = onPostgresql(build.name);
  return {
    embedded,
    postgresql: await startProduct({ ...build, name, namespace: name, databaseUrl, database }),
  };
}

/** Its product on PostgreSQL, and that product's namespace. */
function onPostgresql(build: string): string {
  return `${build}-postgresql`;
}

function productsOf({ embedded, postgresql }: Pick<Stand, 'embedded' | 'postgresql'>): ProductStand[] {
  return postgresql === null ? [embedded] : [embedded, postgresql];
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
