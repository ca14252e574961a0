/** `npm start` and `paidonce dev`: everything on one machine, without configuration. Contract §1. */
import { mkdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tryLock } from '../kit/machine-lock.js';
import { startChild } from '../kit/tied-child.js';
import { ConfigError } from '../src/for-dev.ts';
import { createNotebook, untilLeftoversEnd } from './leftovers.ts';
import { coreChild, foundations, migrateChild, urlsOf, type Urls } from './plan.ts';
import { PortTaken } from './ports.ts';
import { devSecrets } from './secrets.ts';
import { checkEnvironment, dataDirOf, readSettings, type DevSettings } from './settings.ts';
import { ChildRefused } from './supervised-child.ts';
import { createSupervisor } from './supervisor.ts';
import { findTemporalCli, NoTemporalCli } from './temporal-cli.ts';

/** Another `npm start` runs on the same DATA_DIR. */
class StartedAlready extends Error {
  override readonly name = 'StartedAlready';
}

const CONFIGURATION = [ConfigError, PortTaken, NoTemporalCli, ChildRefused, StartedAlready];

/** Runs until `stop` is aborted. Returns the exit code: 0 success, 1 a failure, 2 a wrong configuration. */
export async function runDev(env: NodeJS.ProcessEnv, stop: AbortSignal): Promise<number> {
  // The reader of the output may end; the children must still be stopped.
  process.stdout.on('error', () => undefined);
  try {
    checkEnvironment(env);
    const dataDir = dataDirOf(env);
    const unlock = await lock(dataDir);
    try {
      await runIn(dataDir, env, stop);
      return 0;
    } finally {
      await unlock();
    }
  } catch (error) {
    if (stop.aborted) return 0;
    say((error as Error).message);
    return CONFIGURATION.some((kind) => error instanceof kind) ? 2 : 1;
  }
}

async function lock(dataDir: string): Promise<() => Promise<void>> {
  // The folder contains secrets and payers' data.
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const unlock = await tryLock(`start ${await realpath(dataDir)}`);
  if (unlock !== null) return unlock;
  throw new StartedAlready(
    `another npm start runs on ${dataDir}; stop it, or set DATA_DIR to another folder to run both`,
  );
}

/** Returns once all children have ended. */
async function runIn(dataDir: string, env: NodeJS.ProcessEnv, stop: AbortSignal): Promise<void> {
  const urlsFile = join(dataDir, 'urls.json');
  await rm(urlsFile, { force: true });
  await untilLeftoversEnd(dataDir, say);
  const settings = await readSettings(env, await devSecrets(dataDir));
  for (const line of settings.moved) say(line);
  const executable = settings.temporal ? await findTemporalCli({ env, say, stop }) : null;
  const complaint = (name: string, text: string) => {
    // A stopping Temporal server logs an error for every call that it cuts off.
    if (!(stop.aborted && name === 'temporal')) process.stdout.write(`[${name}] ${text}\n`);
  };
  const supervisor = createSupervisor({ say, complaint, spawned: createNotebook(dataDir) });
  try {
    const told = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
    const working = async (): Promise<void> => {
      const children = await foundations(settings, executable);
      say(`starting ${[...children.map(({ name }) => name), 'then the API and the worker'].join(', ')} …`);
      await supervisor.start(children);
      if (settings.config.DATABASE_URL !== undefined) await migrate(settings);
      await supervisor.start([coreChild(settings)]);
      await announce(settings, urlsFile);
      await supervisor.failed;
    };
    if (!stop.aborted) await Promise.race([working(), supervisor.failed, told]);
  } finally {
    await rm(urlsFile, { force: true });
    say(`stopping${stop.aborted ? ` (${String(stop.reason)})` : ''} …`);
    await supervisor.stop();
  }
}

/** @throws Error with the output of the migration if it did not exit with 0 */
async function migrate(settings: DevSettings): Promise<void> {
  const said: string[] = [];
  const child = startChild(migrateChild(settings), (line) => void said.push(line));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the store could not be migrated: ${said.join('\n  ')}`);
}

const LABELS = {
  shop: 'demo shop',
  api: 'API',
  docs: 'API documentation',
  temporalUi: 'Temporal Web UI',
  codecServer: 'codec server',
  temporal: 'Temporal',
} as const satisfies Partial<Record<keyof Urls, string>>;

/** Prints `ready` as the last line, after urls.json is complete. */
async function announce(settings: DevSettings, urlsFile: string): Promise<void> {
  const urls = urlsOf(settings);
  await writeFile(`${urlsFile}.new`, `${JSON.stringify(urls, null, 2)}\n`);
  await rename(`${urlsFile}.new`, urlsFile);
  const found = Object.entries(LABELS).map(
    ([name, label]) => [label, urls[name as keyof typeof LABELS]] as const,
  );
  const stands = settings.sandboxes.map(({ kind, url }) => [`${kind.name} sandbox`, url] as const);
  const secrets = [['API key', settings.apiKey] as const];
  const lines = [dashboardLine(settings), ...found, ...stands, ...secrets].filter(
    ([, value]) => typeof value === 'string',
  );
  const text = lines.map(([label, value]) => `  ${label.padEnd(18)} ${value}`).join('\n');
  process.stdout.write(`\n${text}\n\nready\n`);
}

/** First, since it shows all the others at work. The link signs in once. */
function dashboardLine({ dashboardUrl, dashboardLink }: DevSettings): readonly [string, string] {
  return ['dashboard', dashboardLink === null ? dashboardUrl : `${dashboardUrl}/login?link=${dashboardLink}`];
}

function say(text: string): void {
  process.stdout.write(`paidonce: ${text}\n`);
}
