/**
 * Finds or gets a Temporal CLI, whose dev server `npm start` runs. It tries in this order: the variable,
 * PATH, the cache, the official release, a build with Go.
 */
import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../kit/machine-lock.js';
import { buildTemporalCli } from './temporal-cli-build.ts';

export const TEMPORAL_CLI_VERSION = '1.8.2';

/** Older dev servers do not support update-with-start. */
const OLDEST = [1, 4] as const;
const ANSWER_LIMIT_MS = 15_000;

/** No way to get the CLI worked; the message names all of them. */
export class NoTemporalCli extends Error {
  override readonly name = 'NoTemporalCli';
}

export interface CliSearch {
  readonly env: NodeJS.ProcessEnv;
  /** Prints the progress, since getting the CLI can take minutes. */
  readonly say: (text: string) => void;
  readonly stop?: AbortSignal;
  /** The ways to get the CLI; each writes an executable to `target`. Replaced in tests. */
  readonly download?: (target: string) => Promise<void>;
  readonly build?: (target: string) => Promise<void>;
}

/**
 * The path of an executable Temporal CLI, kept in the user's cache folder for every later checkout.
 * @throws NoTemporalCli
 */
export async function findTemporalCli(search: CliSearch): Promise<string> {
  const { env } = search;
  const named = env['TEMPORAL_CLI'];
  if (named !== undefined) return checked(named);
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const path of folders.map((folder) => join(folder, 'temporal'))) {
    if ((await versionOf(path)) !== null) return path;
  }
  const cached = cachedCli(env);
  if ((await versionOf(cached)) !== null) return cached;
  await mkdir(dirname(cached), { recursive: true });
  const wait = () => search.say('another process is getting Temporal; waiting for it …');
  return withLock(`temporal ${cached}`, () => get(search, cached), wait);
}

/** The path of this version in the cache. */
export function cachedCli(env: NodeJS.ProcessEnv): string {
  const named = env['XDG_CACHE_HOME'];
  const cache = named === undefined || named === '' ? join(homedir(), '.cache') : named;
  return join(cache, 'paidonce', `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
}

async function checked(named: string): Promise<string> {
  if ((await versionOf(named)) !== null) return named;
  throw new NoTemporalCli(
    `TEMPORAL_CLI: "${named}" does not answer to --version like a Temporal CLI of version ${OLDEST.join('.')} or newer; ` +
      'set it to the temporal executable, or leave the variable out',
  );
}

async function get(search: CliSearch, cached: string): Promise<string> {
  if ((await versionOf(cached)) !== null) return cached;
  const { say } = search;
  const build = (target: string) =>
    buildTemporalCli(target, { say, version: TEMPORAL_CLI_VERSION, stop: search.stop });
  const ways = [
    ['official release', search.download ?? downloadOfficial],
    ['Go build', search.build ?? build],
  ] as const;
  const failures: string[] = [];
  for (const [name, way] of ways) {
    say(`getting Temporal ${TEMPORAL_CLI_VERSION}, kept for every later checkout: ${name} …`);
    try {
      await into(cached, way);
      return cached;
    } catch (error) {
      failures.push(`${name}: ${firstLine(error)}`);
    }
    if (search.stop?.aborted === true) break;
  }
  throw new NoTemporalCli(
    'no Temporal server: TEMPORAL_CLI is not set, no "temporal" is on PATH, none is cached as ' +
      `${cached}, and it could not be downloaded or built (${failures.join('; ')}). Install the Temporal CLI, or Go 1.26 for ` +
      'building it here, or set TEMPORAL_ADDRESS to a running server',
  );
}

/**
 * Writes beside the target and moves the file there once it answers, so that no process finds an incomplete
 * file.
 */
async function into(target: string, way: (partial: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(`${target}-`);
  try {
    const partial = join(folder, 'temporal');
    await way(partial);
    if ((await versionOf(partial)) === null) throw new Error('the executable does not answer to --version');
    await rename(partial, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The SDK knows where the official releases are; without a network this fails quickly. */
async function downloadOfficial(target: string): Promise<void> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const downloadDir = dirname(target);
  const version = `v${TEMPORAL_CLI_VERSION}`;
  const executable = { type: 'cached-download', version, downloadDir } as const;
  const server = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await server.teardown();
  const name = (await readdir(downloadDir)).find((file) => file.startsWith('temporal'));
  if (name === undefined) throw new Error('the download left no executable behind');
  await rename(join(downloadDir, name), target);
}

/** The answer to `--version`; null if it is not a Temporal CLI, does not run or is too old. */
async function versionOf(path: string): Promise<string | null> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await promisify(execFile)(path, ['--version'], { timeout: ANSWER_LIMIT_MS });
    const [, major, minor] = /temporal version v?(\d+)\.(\d+)/i.exec(stdout) ?? [];
    const isNewEnough =
      Number(major) > OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) >= OLDEST[1]);
    return isNewEnough ? stdout.trim() : null;
  } catch {
    return null;
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
