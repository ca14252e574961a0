/**
 * Processes that run schedules in parallel. They are plain Node with a loader of our own, since Jest can't
 * replace modules in all of `src/`.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Batch, Harvest, Tale } from './worker.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BATCH = 500;
/** Smaller batches for a planted bug, which is usually found soon. */
const HUNTED = 50;

export interface Farm {
  /** Runs a batch in a free process, or runs one schedule and returns its log. */
  run(batch: Batch | Tale): Promise<Harvest>;
  /** Resolves once its processes, and the processes that they have started, are gone. */
  close(): Promise<void>;
}

/** `core`: on the toy server; `server`: on a real one whose clock runs ahead. */
export type Kind = 'core' | 'server';

export function startFarm(size: number, kind: Kind = 'core'): Farm {
  const free: ChildProcess[] = Array.from({ length: size }, () => WORKERS[kind]());
  const all = [...free];
  const waiting: ((worker: ChildProcess) => void)[] = [];
  const release = (worker: ChildProcess) => {
    const next = waiting.shift();
    if (next === undefined) free.push(worker);
    else next(worker);
  };
  const take = () =>
    new Promise<ChildProcess>((resolve) => {
      const worker = free.pop();
      if (worker === undefined) waiting.push(resolve);
      else resolve(worker);
    });
  return {
    async run(batch) {
      const worker = await take();
      const harvest = await ask(worker, batch);
      release(worker);
      return harvest;
    },
    async close() {
      await Promise.all(all.map((worker) => end(worker, kind)));
    },
  };
}

const WORKERS: Readonly<Record<Kind, () => ChildProcess>> = {
  core: () => startWorker('./worker.ts', {}),
  server: () => startWorker('./server/worker.ts', { PAIDONCE_MODEL_SERVER: '1' }),
};

function startWorker(path: string, environment: Readonly<Record<string, string>>): ChildProcess {
  const loader = new URL('./loader/register.js', import.meta.url).href;
  // The worker must not inherit the arguments of Jest's own process.
  const execArgv = ['--enable-source-maps', '--max-semi-space-size=32', '--import', loader];
  const env = { ...process.env, ...environment };
  return fork(at(path), { execArgv, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

/** A process with a server of its own first ends the server. The closed IPC channel tells it to. */
async function end(worker: ChildProcess, kind: Kind): Promise<void> {
  if (worker.exitCode !== null || worker.signalCode !== null) return;
  const ended = once(worker, 'exit');
  if (kind === 'core') worker.kill();
  else if (worker.connected) worker.disconnect();
  await ended;
}

function ask(worker: ChildProcess, batch: object): Promise<Harvest> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('a process of the model ended; its last words are above'));
    worker.once('exit', onExit);
    worker.once('message', (harvest) => {
      worker.off('exit', onExit);
      resolve(harvest as Harvest);
    });
    worker.send(batch);
  });
}

/** The result of many batches. */
export interface Yield extends Harvest {
  readonly seconds: number;
}

export interface Hunt {
  /** How many processes the farm has. */
  readonly size: number;
  /** How many schedules one of them is given at a time. */
  readonly most?: number;
  readonly onProgress?: (done: number) => boolean | void;
}

/**
 * Runs `count` schedules, beginning with the seed `from`. `onProgress` gets the number of finished ones, and
 * returns false to end the run. A broken promise ends the run too: the result has the one of the lowest seed,
 * independent of the speed of the processes.
 */
export async function runMany(farm: Farm, wanted: Batch, { size, most, onProgress }: Hunt): Promise<Yield> {
  const begun = performance.now();
  const { from, count, plant, ...where } = wanted;
  const total = {
    done: 0,
    actions: 0,
    ends: {} as Record<string, number>,
    broken: null as Harvest['broken'],
  };
  let next = from;
  const work = async () => {
    while (next < from + count && total.broken === null) {
      const taken = Math.min(most ?? (plant === undefined ? BATCH : HUNTED), from + count - next);
      const batch = { ...where, from: next, count: taken, ...(plant !== undefined && { plant }) };
      next += taken;
      add(total, await farm.run(batch));
      if (onProgress?.(total.done) === false) return;
    }
  };
  await Promise.all(Array.from({ length: size }, work));
  return { ...total, seconds: (performance.now() - begun) / 1_000 };
}

function add(
  total: { done: number; actions: number; ends: Record<string, number>; broken: Harvest['broken'] },
  { done, actions, ends, broken }: Harvest,
): void {
  total.done += done;
  total.actions += actions;
  if (broken !== null && (total.broken === null || broken.seed < total.broken.seed)) total.broken = broken;
  for (const [end, times] of Object.entries(ends)) total.ends[end] = (total.ends[end] ?? 0) + times;
}

/** The text of a failing test, and of `npm run soak`. */
export function inWords({ broken }: Harvest, kind: Kind = 'core'): string {
  if (broken === null) return 'every promise is kept';
  const { seed, psp, promise, story } = broken;
  const flags = [...(kind === 'server' ? ['--server'] : []), ...(psp === 'keyed' ? ['--psp keyed'] : [])];
  return [
    `seed ${seed}: ${promise}`,
    ...story.map((line) => `  ${line}`),
    `the same again: npm run soak -- ${[...flags, `--seed ${seed}`].join(' ')}`,
  ].join('\n');
}
