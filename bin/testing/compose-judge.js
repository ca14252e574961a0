/**
 * Compose's own loader as an executable, built once with Go into the user's cache folder. See
 * tools/compose-judge.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../kit/machine-lock.js';
import { root } from '../prepare.js';
import { onPath } from '../../kit/on-path.js';
import { Missing } from './programs.js';

const SOURCE = join(root, 'tools', 'compose-judge');

/** The path of the executable: COMPOSE_JUDGE, or our own. Throws `Missing`. */
export async function composeJudge() {
  const given = process.env['COMPOSE_JUDGE'];
  if (given !== undefined) return given;
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const executable = join(cache, 'paidonce', `compose-judge-${sources()}`);
  await withLock(executable, async () => existsSync(executable) || build(executable));
  return executable;
}

/** Each version of the source has its own file, since checkouts share the cache. */
function sources() {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum', 'main.go']) hash.update(readFileSync(join(SOURCE, name)));
  return hash.digest('hex').slice(0, 12);
}

function build(executable) {
  if (onPath('go') === null)
    throw new Missing(
      'Go is not installed, and it builds the judge of docker-compose.yml: install Go 1.26, or set COMPOSE_JUDGE to the executable',
    );
  process.stdout.write(
    "building the judge of docker-compose.yml, Compose's own loader (Go, half a minute) …\n",
  );
  const partial = `${executable}-${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'];
  const { status, error } = spawnSync('go', args, { cwd: SOURCE, stdio: 'inherit' });
  if (status !== 0) {
    const why = error ? `: ${error.message}` : ', see above';
    throw new Missing(
      `no judge of docker-compose.yml: go build failed${why}. It needs Go 1.26 and its module proxy; or set COMPOSE_JUDGE to the executable`,
    );
  }
  renameSync(partial, executable);
}
