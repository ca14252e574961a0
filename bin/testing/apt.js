/** What the tests need and a Debian machine can install by itself. */
import { spawnSync } from 'node:child_process';
import { onPath } from '../../kit/on-path.js';

/** Installs Debian packages where that is possible. Throws saying what to install by hand where it is not. */
export function aptInstall(what, packages) {
  if (process.getuid?.() !== 0 || onPath('apt-get') === null) {
    throw new Error(`no ${what}: install it (on Debian: apt-get install ${packages.join(' ')})`);
  }
  process.stdout.write(`installing ${packages.join(', ')} (apt) …\n`);
  apt('update');
  apt('install', '--yes', '--no-install-recommends', ...packages);
}

function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`apt-get ${args.join(' ')} ended with ${status}, see above`);
}
