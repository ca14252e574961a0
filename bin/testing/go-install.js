/** Programs that are built once with Go, from its module proxy, into the user's cache folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withLock } from '../../kit/machine-lock.js';
import { onPath } from '../../kit/on-path.js';

/** The program can't be had here. The message says why, and what to do. */
export class NotBuilt extends Error {
  name = 'NotBuilt';
}

/**
 * The folder with the programs of these packages, each named like the last part of its package's path.
 * @param {object} wanted
 * @param {string} wanted.name with its version, for the folder
 * @param {readonly string[]} wanted.packages `path@version`
 * @param {string} wanted.announcement said before a build
 * @param {number} wanted.limitMs
 * @param {(folder: string) => void} [wanted.complete] adds more files to the folder
 * @returns {Promise<string>}
 * @throws NotBuilt
 */
export async function goInstall({ name, packages, announcement, limitMs, complete = () => undefined }) {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'paidonce', name);
  await withLock(folder, () => {
    if (existsSync(folder)) return;
    if (onPath('go') === null) throw new NotBuilt('Go is not installed, and it builds it');
    process.stdout.write(`${announcement} …\n`);
    const partial = `${folder}-${process.pid}`;
    mkdirSync(partial, { recursive: true });
    try {
      for (const one of packages) install(one, partial, limitMs);
      complete(partial);
      renameSync(partial, folder);
    } finally {
      rmSync(partial, { recursive: true, force: true });
    }
  });
  return folder;
}

/**
 * @param {string} one
 * @param {string} folder
 * @param {number} limitMs
 */
function install(one, folder, limitMs) {
  const { error, status, stderr } = spawnSync('go', ['install', '-trimpath', '-ldflags=-s -w', one], {
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' },
    timeout: limitMs,
    encoding: 'utf8',
  });
  if (error !== undefined) throw new NotBuilt(error.message);
  if (status !== 0) throw new NotBuilt(`go install failed: ${stderr.slice(-300)}`);
}
