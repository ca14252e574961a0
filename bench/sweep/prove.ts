/**
 * `npm run prove:sweep -- [--rows N] [--kills N] [--ms N]`: sweeps a listing of a million rows to its end, at
 * a stand-in PSP that takes 100 ms a page, with a worker that is killed in between, while other orders are
 * paid. Ends with 1 where a promise is broken.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { probe } from '../measure/disturbed.ts';
import { paySilently } from '../paidonce-part.ts';
import { CORE } from '../stand/built.ts';
import { startChild, startDatabase, type Child } from '../stand/measured-child.ts';
import { jsonOf } from '../stand/http.ts';
import { environment, startProduct, type ProductSettings } from '../stand/product.ts';
import { startSandbox } from '../stand/sandbox.ts';
import { startSink } from '../stand/sink.ts';
import { startTemporal } from '../stand/temporal.ts';
import { inParallel, until } from '../stand/waiting.ts';
import { percentiles } from '../stats.ts';
import { startListingPsp } from './listing-psp.ts';
import { explainLookup, readFound, seedSettled } from './seed.ts';

const PLANTED = 50;
const PROBES = 100;
const OURS_OF_HUNDRED = 10;
const LONGEST_RATIO = 1.2;
/** An idle worker has about 150 MB. */
const MOST_MEMORY_MB = 400;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '3' },
    ms: { type: 'string', default: '100' },
  },
});
const rows = Number(values.rows);
const kills = Number(values.kills);
const pages = Math.floor(rows / 100) + 1;

const folder = await mkdtemp(join(tmpdir(), 'paidonce-sweep-'));
const stops: (() => Promise<unknown> | void)[] = [() => rm(folder, { recursive: true, force: true })];
const broken: string[] = [];
try {
  await prove();
} finally {
  for (const stop of stops.toReversed()) await stop();
}
for (const what of broken) say(`NOT KEPT: ${what}`);
process.exit(broken.length === 0 ? 0 : 1);

async function prove(): Promise<void> {
  const stand = await startStand();
  const { product, sandbox, psp, databaseUrl, client } = stand;
  say(`${await seedSettled(databaseUrl, rows, OURS_OF_HUNDRED)} settled payments in the store`);
  say(await explainLookup(databaseUrl));
  await plant(stand);
  const probing = { embedded: product, sandbox };
  await probe(probing, 'warm-up', 30);
  const before = await probe(probing, 'before', PROBES);
  const begun = Date.now();
  await client.schedule.getHandle('sweep-changes/dintero').trigger();
  const seen = () => psp.given.reduce((sum, times) => sum + Math.min(times, 1), 0);
  const during: number[] = [];
  const memory: number[] = [];
  const watch = setInterval(() => noteMemory(memory, stand.worker()), 1_000);
  stops.push(() => clearInterval(watch));
  await until('the first pages', async () => seen() > 3);
  const sweepMs = await timeOfOtherSweep(stand);
  const killAt = Array.from({ length: kills }, (_, n) => Math.floor((pages * (n + 1)) / (kills + 1)));
  for (let turn = 0; seen() < pages; turn += 1) {
    if (seen() >= (killAt[0] ?? Infinity)) {
      killAt.shift();
      await stand.killWorker();
      const at = seen();
      say(`killed the worker at page ${at}, ${elapsed(begun)}`);
      await until('the sweep to go on', async () => seen() > at + 1, {
        limitMs: 300_000,
      });
    }
    const isDue = during.length < (PROBES * seen()) / pages;
    if (isDue) during.push(...(await probe(probing, `during-${turn}`, 1)));
    else await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const found = await until('the mark', () => readFound(databaseUrl, 'planted-'), { limitMs: 60_000 });
  const took = elapsed(begun);
  clearInterval(watch);
  const after = await probe(probing, 'after', PROBES);
  await until(
    'all that was planted to be paid',
    async () => (await readFound(databaseUrl, 'planted-'))?.paid === PLANTED,
  );
  const last = (await readFound(databaseUrl, 'planted-')) ?? found;
  const twice = psp.given.reduce((sum, times) => sum + Math.max(0, times - 1), 0);
  const quiet = percentiles([...before, ...after]);
  const disturbed = percentiles(during);
  const ratio = disturbed.p50 / quiet.p50;
  say(
    `${rows} rows, ${found.pages} pages of ${values.ms} ms, in ${took}; ${kills} kills, ${twice} pages read twice`,
  );
  say(
    `found ${found.finds} of ${PLANTED} planted, ${last.paid} paid, woken ${last.woken.join(' ')}; ${found.foreign} foreign rows`,
  );
  say(
    `callback → paid p50 ${quiet.p50.toFixed(1)} ms quiet, ${disturbed.p50.toFixed(1)} ms during, ${ratio.toFixed(2)} ×; ` +
      `p95 ${quiet.p95.toFixed(1)} and ${disturbed.p95.toFixed(1)} ms (${during.length} samples)`,
  );
  say(`the sweep of what is new took ${sweepMs} ms meanwhile; worker ${memoryOf(memory)}`);
  keep(found.pages === pages, `${found.pages} pages instead of ${pages}`);
  keep(twice <= kills, `${twice} pages read twice after ${kills} kills`);
  keep(found.finds === PLANTED, `${found.finds} found of ${PLANTED}`);
  keep(
    last.woken.every((times) => times === 1),
    'not each planted payment was woken once',
  );
  keep(ratio <= LONGEST_RATIO, `callback → paid ${ratio.toFixed(2)} × quiet, instead of ${LONGEST_RATIO}`);
  keep(Math.max(...memory) < MOST_MEMORY_MB, `the worker took ${Math.max(...memory).toFixed(0)} MB`);
}

interface ProvingStand {
  readonly product: Awaited<ReturnType<typeof startProduct>>;
  readonly sandbox: Awaited<ReturnType<typeof startSandbox>>;
  readonly psp: Awaited<ReturnType<typeof startListingPsp>>;
  readonly client: ReturnType<Awaited<ReturnType<typeof startTemporal>>['client']>;
  readonly databaseUrl: string;
  worker(): Child;
  killWorker(): Promise<void>;
}

/** An API of the product, and a worker that may be killed. */
async function startStand(): Promise<ProvingStand> {
  const temporal = await startTemporal(folder, []);
  stops.push(
    () => temporal.process.stop(),
    () => temporal.connection.close(),
  );
  const sandbox = await startSandbox(folder);
  stops.push(() => sandbox.process.stop());
  const listing = { rows, oursOfHundred: OURS_OF_HUNDRED, msAPage: Number(values.ms) };
  const psp = await startListingPsp(sandbox.url, listing);
  const sink = await startSink();
  stops.push(
    () => psp.close(),
    () => sink.close(),
  );
  const server = await startDatabase();
  if (server === null) throw new Error('it needs a PostgreSQL server: apt-get install postgresql');
  stops.push(() => server.process.stop());
  const settings: ProductSettings = {
    name: 'swept',
    dist: CORE,
    folder,
    namespace: 'default',
    temporalAddress: temporal.address,
    sandbox: { ...sandbox, url: psp.url },
    sinkUrl: sink.url,
    databaseUrl: server.url,
  };
  const product = await startProduct(settings, ['api']);
  stops.push(() => product.processes[0]?.stop());
  let worker = startWorker(settings, product.origin);
  stops.push(() => worker.kill());
  await until('the schedules', async () => {
    await temporal.client().schedule.getHandle('sweep-changes/dintero').describe();
    return true;
  });
  return {
    product,
    sandbox,
    psp,
    client: temporal.client(),
    databaseUrl: server.url,
    worker: () => worker,
    async killWorker() {
      await worker.kill();
      worker = startWorker(settings, product.origin);
    },
  };
}

function startWorker(settings: ProductSettings, origin: string): Child {
  return startChild({
    name: 'worker',
    command: process.execPath,
    args: [join(settings.dist, 'cli', 'main.js'), 'worker'],
    env: environment(settings, origin),
    logFile: join(folder, 'worker.log'),
  });
}

/**
 * Paid without a callback: each transaction is shown by a row of one page, and again by a row of the next.
 */
async function plant({ product, sandbox, psp }: ProvingStand): Promise<void> {
  const references = Array.from({ length: PLANTED }, (_, index) => `planted-${index}`);
  await inParallel([...references.entries()], 10, async ([index, reference]) => {
    const { paid } = await paySilently(sandbox, (await product.open(reference)).sessionId);
    const { transaction } = await jsonOf<{ transaction: unknown }>(
      `${sandbox.url}/__sim/sessions/${paid.sessionId}`,
    );
    const row = Math.floor(((index + 0.5) * rows) / PLANTED / 100) * 100 + 50;
    for (const number of [row, row + 100]) if (number < rows) psp.planted.set(number, transaction);
  });
}

/** How long the sweep of new transactions takes while the long listing is being read. */
async function timeOfOtherSweep({ client }: ProvingStand): Promise<number> {
  const begun = Date.now();
  const handle = client.schedule.getHandle('sweep/dintero');
  await handle.trigger();
  const started = await until('the other sweep', async () =>
    (await handle.describe()).info.recentActions.at(-1),
  );
  await client.workflow.getHandle(started.action.workflow.workflowId).result();
  return Date.now() - begun;
}

/** A process that was just killed has no figure. */
function noteMemory(samples: number[], worker: Child): void {
  const megabytes = worker.residentMb();
  if (Number.isFinite(megabytes)) samples.push(megabytes);
}

function memoryOf(samples: readonly number[]): string {
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const most = (some: readonly number[]) => Math.max(...some).toFixed(0);
  return `${most(samples.slice(0, tenth))} MB in the first tenth, ${most(samples.slice(-tenth))} MB in the last, ${most(samples)} MB at most`;
}

function elapsed(since: number): string {
  return `${((Date.now() - since) / 1_000).toFixed(0)} s`;
}

function keep(isKept: boolean, what: string): void {
  if (!isKept) broken.push(what);
}

function say(text: string): void {
  process.stdout.write(`prove:sweep: ${text}\n`);
}
