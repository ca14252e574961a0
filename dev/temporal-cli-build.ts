/**
 * The last way to get the Temporal CLI: a build from its sources by Go's module proxy. tools/temporal-cli
 * sets the version.
 */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { eachLine, killGroup, spawnTied } from '../kit/tied-child.js';
import { PACKAGE_FOLDER } from '../src/for-dev.ts';

const SOURCE = join(PACKAGE_FOLDER, 'tools', 'temporal-cli');
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const PROGRESS_MS = 15_000;

export interface Build {
  readonly version: string;
  readonly say: (text: string) => void;
  readonly stop: AbortSignal | undefined;
}

/**
 * Builds the executable to `target` and prints its progress.
 * @throws Error with the last line of Go's output
 */
export async function buildTemporalCli(target: string, { version, say, stop }: Build): Promise<void> {
  say('building Temporal with Go, once for all checkouts: about 4 minutes on 2 cores …');
  const flags = `-s -w -X github.com/temporalio/cli/internal/temporalcli.Version=${version}`;
  const args = ['build', '-v', '-trimpath', '-ldflags', flags, '-o', target, PACKAGE];
  const child = spawnTied('go', args, { cwd: SOURCE, output: ['ignore', 'pipe'] });
  const progress = follow(child);
  const begun = Date.now();
  const timer = setInterval(() => {
    say(`… still building Temporal, ${Math.round((Date.now() - begun) / 1_000)} s: ${progress.inWords()}`);
  }, PROGRESS_MS);
  const end = () => killGroup(child);
  stop?.addEventListener('abort', end);
  try {
    await ended(child, progress);
  } finally {
    clearInterval(timer);
    stop?.removeEventListener('abort', end);
  }
}

interface Progress {
  inWords(): string;
  lastWords(): string;
}

/** Go names each module that it fetches and each package that it compiles. */
function follow(child: ChildProcess): Progress {
  let fetched = 0;
  let compiled = 0;
  let last = '';
  eachLine(child.stderr, (line) => {
    if (line.startsWith('go: downloading')) fetched += 1;
    else compiled += 1;
    last = line;
  });
  return {
    inWords: () => `${fetched} modules fetched, ${compiled} packages compiled`,
    lastWords: () => last,
  };
}

function ended(child: ChildProcess, progress: Progress): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      reject(new Error(`go ended with ${code ?? signal}: ${progress.lastWords()}`));
    });
  });
}
