/** Processes that run schedules side by side. Plain Node with a loader of our own: Jest's modules could not be exchanged in all of `src/`. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Batch, Harvest } from './worker.ts';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const BATCH = 500;
const HUNTED = 50;

export interface Farm {
  /** Runs a batch, or tells one schedule in words, in a process that is free. */
  run(batch: Batch | { readonly tell: number }): Promise<Harvest>;
  close(): void;
}

export function startFarm(size: number): Farm {
  const free: ChildProcess[] = Array.from({ length: size }, startWorker);
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
    close() {
      for (const worker of all) worker.kill();
    },
  };
}

function startWorker(): ChildProcess {
  const loader = new URL('./loader/register.js', import.meta.url).href;
  // What Jest gives its own process is none of the worker's business.
  const execArgv = ['--enable-source-maps', '--max-semi-space-size=32', '--import', loader];
  return fork(at('./worker.ts'), { execArgv, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
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

/** What came of many batches. */
export interface Yield extends Harvest {
  readonly seconds: number;
}

/**
 * Runs so many schedules, from a seed on; `onProgress` hears how many are done, and says false to end it. Ends at a broken promise: that of the
 * lowest seed, whichever process was faster.
 */
export async function runMany(
  farm: Farm,
  wanted: Batch,
  { size, onProgress }: { readonly size: number; readonly onProgress?: (done: number) => boolean | void },
): Promise<Yield> {
  const begun = performance.now();
  const { from, count, plant } = wanted;
  // The hunt for a planted bug is over soon, and the first seed that finds it is wanted.
  const most = plant === undefined ? BATCH : HUNTED;
  const total = {
    done: 0,
    actions: 0,
    ends: {} as Record<string, number>,
    broken: null as Harvest['broken'],
  };
  let next = from;
  const work = async () => {
    while (next < from + count && total.broken === null) {
      const size = Math.min(most, from + count - next);
      const batch = { from: next, count: size, ...(plant !== undefined && { plant }) };
      next += size;
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

/** For a failing test, and for a person. */
export function inWords({ broken }: Harvest): string {
  if (broken === null) return 'every promise is kept';
  const { seed, promise, story } = broken;
  return [
    `seed ${seed}: ${promise}`,
    ...story.map((line) => `  ${line}`),
    `the same again: npm run soak -- --seed ${seed}`,
  ].join('\n');
}
