/**
 * The judges of what deploy/ has for other programs, each by that program's own code: tools/compose-judge,
 * tools/kubernetes-judge. Executables, built once with Go into the user's cache folder.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../kit/machine-lock.js';
import { root } from '../prepare.js';
import { onPath } from '../../kit/on-path.js';
import { Missing } from './programs.js';

/** `variable` names an executable that is used in place of ours. */
const JUDGES = {
  'compose-judge': {
    of: 'docker-compose.yml',
    by: "Compose's own loader",
    variable: 'COMPOSE_JUDGE',
    takes: 'half a minute',
  },
  'kubernetes-judge': {
    of: 'deploy/kubernetes',
    by: "kustomize and the types of Kubernetes' own objects",
    variable: 'KUBERNETES_JUDGE',
    takes: 'two minutes',
  },
};

/** The path of a judge's executable. Throws `Missing`. */
export async function judge(name) {
  const given = process.env[JUDGES[name].variable];
  if (given !== undefined) return given;
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const executable = join(cache, 'paidonce', `${name}-${sources(name)}`);
  await withLock(executable, async () => existsSync(executable) || build(name, executable));
  return executable;
}

/** Each version of the source has its own file, since checkouts share the cache. */
function sources(name) {
  const hash = createHash('sha256');
  const folder = join(root, 'tools', name);
  for (const file of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

function build(name, executable) {
  const { of, by, variable, takes } = JUDGES[name];
  if (onPath('go') === null)
    throw new Missing(
      `Go is not installed, and it builds the judge of ${of}: install Go 1.26, or set ${variable} to the executable`,
    );
  process.stdout.write(`building the judge of ${of}, ${by} (Go, ${takes}) …\n`);
  const partial = `${executable}-${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags=-s -w', '-o', partial, '.'];
  const { status, error } = spawnSync('go', args, { cwd: join(root, 'tools', name), stdio: 'inherit' });
  if (status !== 0) {
    const why = error ? `: ${error.message}` : ', see above';
    throw new Missing(
      `no judge of ${of}: go build failed${why}. It needs Go 1.26 and its module proxy; or set ${variable} to the executable`,
    );
  }
  renameSync(partial, executable);
}
