/**
 * stripe-mock, Stripe's own judge of requests: it refuses every field that its API does not have. It is built
 * once with Go into the user's cache folder, where its modules can be reached.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { withLock } from '../../kit/machine-lock.js';
import { onPath } from '../../kit/on-path.js';

const VERSION = 'v0.203.0';
const BUILD_LIMIT_MS = 120_000;

/** Since nothing is judged then, the reason is said aloud. */
class Unavailable extends Error {
  name = 'Unavailable';
}

/**
 * Null where it can't be built.
 * @returns {Promise<{ url: string, close(): void } | null>}
 */
export async function startStripeMock() {
  try {
    return await start(await stripeMock());
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    process.stderr.write(`stripe-mock is not available, so no request is shown to it: ${error.message}\n`);
    return null;
  }
}

/** @param {string} executable */
async function start(executable) {
  const child = spawn(executable, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0']);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /HTTP at address: .*:(\d+)$/.exec(line) ?? [];
    if (port !== undefined)
      return { url: `http://127.0.0.1:${port}`, close: () => void child.kill('SIGKILL') };
  }
  throw new Error('stripe-mock ended before it listened');
}

/** The path of the executable. */
async function stripeMock() {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'paidonce', `stripe-mock-${VERSION}`);
  const executable = join(folder, process.platform === 'win32' ? 'stripe-mock.exe' : 'stripe-mock');
  await withLock(folder, () => existsSync(folder) || build(folder));
  return executable;
}

/** @param {string} folder */
function build(folder) {
  if (onPath('go') === null) throw new Unavailable('Go is not installed, and it builds it');
  process.stdout.write(`building stripe-mock ${VERSION} (Go, half a minute) …\n`);
  const partial = `${folder}-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    install(partial);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function install(folder) {
  const { error, status, stderr } = spawnSync('go', ['install', `github.com/stripe/stripe-mock@${VERSION}`], {
    env: { ...process.env, GOBIN: folder, CGO_ENABLED: '0' },
    timeout: BUILD_LIMIT_MS,
    encoding: 'utf8',
  });
  if (error !== undefined) throw new Unavailable(error.message);
  if (status !== 0) throw new Unavailable(`go install failed: ${stderr.slice(0, 300)}`);
}
