/** `npm start` and `paidonce dev`: everything on one machine, nothing to configure. Contract §1. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DirectoryInUse, lockDirectory } from '../store/lock.ts';
import { planDev, type Plan, type Urls } from './plan.ts';
import { PortTaken } from './ports.ts';
import { devSecrets } from './secrets.ts';
import { ChildKeepsDying, createSupervisor } from './supervisor.ts';
import { NoTemporalCli } from './temporal-cli.ts';

/** Runs until it is told to stop. The answer is the exit code: 0 fine, 1 something broke, 2 it can't run like this. */
export async function runDev(env: NodeJS.ProcessEnv): Promise<number> {
  const dataDir = resolve(env['DATA_DIR'] ?? '.data');
  const stopped = untilToldToStop(env);
  await mkdir(dataDir, { recursive: true });
  try {
    const unlock = await lockDirectory(join(dataDir, 'dev'));
    try {
      return await startAll(env, dataDir, stopped);
    } finally {
      await unlock();
    }
  } catch (error) {
    say((error as Error).message);
    return [DirectoryInUse, PortTaken, NoTemporalCli].some((kind) => error instanceof kind) ? 2 : 1;
  }
}

async function startAll(env: NodeJS.ProcessEnv, dataDir: string, stopped: Promise<string>): Promise<number> {
  const plan = await planDev(env, await devSecrets(dataDir), say);
  const supervisor = createSupervisor(say, (name, text) => process.stdout.write(`[${name}] ${text}\n`));
  try {
    const started = startChildren(plan, supervisor);
    const early = await Promise.race([started, stopped, supervisor.failed]);
    if (typeof early !== 'string') {
      await announce(plan, dataDir);
      say(`${await Promise.race([stopped, supervisor.failed])}: stopping`);
    }
    return 0;
  } catch (error) {
    if (error instanceof ChildKeepsDying) say('giving up, and stopping everything');
    throw error;
  } finally {
    await rm(join(dataDir, 'urls.json'), { force: true });
    await supervisor.stop();
  }
}

async function startChildren(plan: Plan, supervisor: ReturnType<typeof createSupervisor>): Promise<void> {
  for (const child of plan.children) {
    say(`starting ${child.name} …`);
    await supervisor.start(child);
  }
}

const LABELS: Record<keyof Urls, string> = {
  shop: 'demo shop',
  api: 'API',
  docs: 'API documentation',
  dashboard: 'dashboard',
  temporalUi: 'Temporal Web UI',
  temporal: 'Temporal',
  sandbox: 'Dintero sandbox',
};

async function announce({ urls, apiKey }: Plan, dataDir: string): Promise<void> {
  const path = join(dataDir, 'urls.json');
  await writeFile(`${path}.new`, `${JSON.stringify(urls, null, 2)}\n`);
  await rename(`${path}.new`, path);
  const lines = Object.entries(LABELS)
    .filter(([name]) => urls[name as keyof Urls] !== null)
    .map(([name, label]) => `  ${label.padEnd(18)} ${urls[name as keyof Urls]}`);
  process.stdout.write(`\n${lines.join('\n')}\n  ${'API key'.padEnd(18)} ${apiKey}\n\nready\n`);
}

/** By a signal; or, where npm started us, by npm's going away, since nobody could stop us then. */
function untilToldToStop(env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal));
    if (env['npm_lifecycle_event'] === undefined) return;
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && resolve('npm is gone'), 1_000).unref();
  });
}

function say(text: string): void {
  process.stdout.write(`paidonce: ${text}\n`);
}
