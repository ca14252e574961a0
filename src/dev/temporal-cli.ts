/** Finds or gets a Temporal CLI, whose dev server `npm start` runs. The ladder: variable, PATH, cache, official release, built with Go. */
import { execFile, spawn } from 'node:child_process';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

export const TEMPORAL_CLI_VERSION = '1.8.2';

/** No rung of the ladder holds; the message names all of them. */
export class NoTemporalCli extends Error {
  override readonly name = 'NoTemporalCli';
}

export interface CliSearch {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (text: string) => void;
  /** Replaced in tests. */
  readonly download?: (folder: string) => Promise<string>;
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
  const onPath = await firstThatAnswers(
    (env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, 'temporal')),
  );
  if (onPath !== null) return onPath;
  const cached = cachedCli(env);
  if ((await firstThatAnswers([cached])) !== null) return cached;
  return install(search, cached);
}

async function checked(named: string): Promise<string> {
  if ((await firstThatAnswers([named])) !== null) return named;
  throw new NoTemporalCli(
    `TEMPORAL_CLI: ${named} does not answer to --version; is it the temporal executable?`,
  );
}

/** Where this version is kept once it has been got. */
export function cachedCli(env: NodeJS.ProcessEnv): string {
  const cache = env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'paidonce', `temporal-${TEMPORAL_CLI_VERSION}`, 'temporal');
}

async function install(search: CliSearch, cached: string): Promise<string> {
  await mkdir(join(cached, '..'), { recursive: true });
  const failures: string[] = [];
  try {
    search.say('looking for the official Temporal release …');
    const downloaded = await (search.download ?? downloadOfficial)(join(cached, '..'));
    if ((await firstThatAnswers([downloaded])) !== null) return downloaded;
  } catch (error) {
    failures.push(`official release: ${firstLine(error)}`);
  }
  try {
    await buildExclusively(search, cached);
    if ((await firstThatAnswers([cached])) !== null) return cached;
    failures.push('Go build: the executable does not answer');
  } catch (error) {
    failures.push(`Go build: ${firstLine(error)}`);
  }
  throw new NoTemporalCli(
    'no Temporal server: TEMPORAL_CLI is not set, no "temporal" is on PATH, none is cached at ' +
      `${cached}, and it could not be got (${failures.join('; ')}). Install the Temporal CLI or Go ≥ 1.26, ` +
      'or set TEMPORAL_ADDRESS to a server that runs already',
  );
}

/** The SDK knows where the official releases are; without a network this fails within moments. */
async function downloadOfficial(folder: string): Promise<string> {
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const executable = {
    type: 'cached-download',
    version: `v${TEMPORAL_CLI_VERSION}`,
    downloadDir: folder,
  } as const;
  const server = await TestWorkflowEnvironment.createLocal({ server: { executable } });
  await server.teardown();
  const [name] = (await readdir(folder)).filter((file) => file.startsWith('temporal'));
  if (name === undefined) throw new Error('the download left no executable behind');
  return join(folder, name);
}

const BUILD_FLAGS = [
  'build',
  '-trimpath',
  '-ldflags',
  `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${TEMPORAL_CLI_VERSION}`,
];

async function buildExclusively(search: CliSearch, cached: string): Promise<void> {
  const lock = `${cached}.building`;
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch {
      search.say('another process is building Temporal; waiting for it …');
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      if ((await firstThatAnswers([cached])) !== null) return;
    }
  }
  try {
    await (search.build ?? ((target) => buildWithGo(target, search.say)))(cached);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function buildWithGo(target: string, say: (text: string) => void): Promise<void> {
  say('building Temporal with Go, once for all checkouts: about 4 minutes …');
  const partial = `${target}.partial`;
  const source = join(import.meta.dirname, '..', '..', 'tools', 'temporal-cli');
  const begun = Date.now();
  const progress = setInterval(
    () => say(`… still building (${Math.round((Date.now() - begun) / 1_000)} s)`),
    15_000,
  );
  try {
    await ended('go', [...BUILD_FLAGS, '-o', partial, 'github.com/temporalio/cli/cmd/temporal'], source);
    await rename(partial, target);
  } finally {
    clearInterval(progress);
  }
}

function ended(command: string, args: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    });
    let last = '';
    child.stderr.on('data', (chunk: Buffer) => {
      last = chunk.toString().trim().split('\n').at(-1) ?? last;
    });
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`go ended with ${code}: ${last}`)),
    );
  });
}

async function firstThatAnswers(paths: readonly string[]): Promise<string | null> {
  for (const path of paths) {
    const answers = await access(path)
      .then(() => promisify(execFile)(path, ['--version'], { timeout: 10_000 }))
      .then(({ stdout }) => stdout.includes('temporal'))
      .catch(() => false);
    if (answers) return path;
  }
  return null;
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
