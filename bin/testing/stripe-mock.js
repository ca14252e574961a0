/**
 * stripe-mock, Stripe's own judge of requests: it refuses every field that its API does not have. It is built
 * once with Go into the user's cache folder, where its modules can be reached.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { goInstall, NotBuilt } from './go-install.js';

const VERSION = 'v0.203.0';
const BUILD_LIMIT_MS = 120_000;

/**
 * Null where it can't be built.
 * @returns {Promise<{ url: string, close(): void } | null>}
 */
export async function startStripeMock() {
  try {
    return await start(await stripeMock());
  } catch (error) {
    if (!(error instanceof NotBuilt)) throw error;
    // Nothing is judged then, so the reason is said aloud.
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
  const folder = await goInstall({
    name: `stripe-mock-${VERSION}`,
    packages: [`github.com/stripe/stripe-mock@${VERSION}`],
    announcement: `building stripe-mock ${VERSION} (Go, half a minute)`,
    limitMs: BUILD_LIMIT_MS,
  });
  return join(folder, process.platform === 'win32' ? 'stripe-mock.exe' : 'stripe-mock');
}
