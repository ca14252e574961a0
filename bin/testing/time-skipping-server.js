/** Temporal's Java test server, downloaded once by Maven into the user's cache folder. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { withLock } from '../../kit/machine-lock.js';
import { root } from '../prepare.js';
import { Missing, programAt } from './programs.js';

const VERSION = '1.38.0';

/** The path of an executable that takes a port: TIME_SKIPPING_SERVER, or our own. Throws `Missing`. */
export async function timeSkippingServer() {
  const given = process.env['TIME_SKIPPING_SERVER'];
  if (given !== undefined) return given;
  const executable = ownServer();
  for (const name of timeSkippingPrograms()) programAt(name);
  await withLock(executable, async () => existsSync(executable) || fetchServer(executable));
  return executable;
}

/** The programs that it needs: to run, and to be downloaded where that was not done yet. */
export function timeSkippingPrograms() {
  if (process.env['TIME_SKIPPING_SERVER'] !== undefined) return [];
  return existsSync(ownServer()) ? ['java'] : ['java', 'maven'];
}

function ownServer() {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'paidonce', `test-server-${VERSION}`, 'temporal-test-server');
}

function fetchServer(executable) {
  process.stdout.write(`downloading Temporal's time-skipping test server ${VERSION} (Maven, 38 MB) …\n`);
  const folder = dirname(executable);
  const partial = join(folder, `lib-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const pom = join(root, 'tools', 'test-server', 'pom.xml');
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${partial}`];
  const { status, error } = spawnSync('mvn', ['-q', '-B', '-f', pom, ...goal], { stdio: 'inherit' });
  if (status !== 0) {
    rmSync(partial, { recursive: true, force: true });
    const why = error ? `: ${error.message}` : ', see above';
    throw new Missing(
      `Temporal's time-skipping test server is missing: mvn ${goal[0]} failed${why}. Try again with access to Maven's repository, or set ` +
        'TIME_SKIPPING_SERVER to the executable',
    );
  }
  rmSync(join(folder, 'lib'), { recursive: true, force: true });
  renameSync(partial, join(folder, 'lib'));
  writeWrapper(executable);
}

/**
 * `exec`, so that killing the wrapper kills the server. The simple compiler lets it start within the SDK's 5
 * s.
 */
function writeWrapper(executable) {
  const lib = join(dirname(executable), 'lib', '*');
  const java = 'java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC';
  writeFileSync(
    `${executable}.new`,
    `#!/bin/sh\nexec ${java} -cp '${lib}' io.temporal.testserver.TestServer "$@"\n`,
  );
  chmodSync(`${executable}.new`, 0o755);
  renameSync(`${executable}.new`, executable);
}
