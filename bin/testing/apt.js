/** What the tests need and a Debian machine can install by itself. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where an executable of one of these names is on PATH, or null. */
export function onPath(...names) {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return candidates.find(isExecutable) ?? null;
}

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

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
