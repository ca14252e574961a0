/**
 * stripe-mock, Stripe's own judge of requests: it refuses every field that its API does not have. It is built
 * once into a cache folder, where Go is there and its modules can be reached.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const VERSION = 'v0.203.0';
const FOLDER = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'stripe-mock', VERSION);
const EXECUTABLE = join(FOLDER, process.platform === 'win32' ? 'stripe-mock.exe' : 'stripe-mock');
const BUILD_LIMIT_MS = 120_000;

export interface StripeMock {
  readonly url: string;
  close(): void;
}

/** Null where it can't be built; the reason is said aloud, since its tests are skipped then. */
export async function startStripeMock(): Promise<StripeMock | null> {
  const problem = build();
  if (problem !== null) {
    process.stderr.write(`stripe-mock is not available, so no request is shown to it: ${problem}\n`);
    return null;
  }
  const child = spawn(EXECUTABLE, ['-http-addr', '127.0.0.1:0', '-https-addr', '127.0.0.1:0']);
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /HTTP at address: .*:(\d+)$/.exec(line) ?? [];
    if (port !== undefined)
      return { url: `http://127.0.0.1:${port}`, close: () => void child.kill('SIGKILL') };
  }
  throw new Error('stripe-mock ended before it listened');
}

function build(): string | null {
  if (existsSync(EXECUTABLE)) return null;
  mkdirSync(FOLDER, { recursive: true });
  const env = { ...process.env, GOBIN: FOLDER, CGO_ENABLED: '0' };
  const { error, status, stderr } = spawnSync('go', ['install', `github.com/stripe/stripe-mock@${VERSION}`], {
    env,
    timeout: BUILD_LIMIT_MS,
    encoding: 'utf8',
  });
  if (error !== undefined) return error.message;
  return status === 0 ? null : stderr.slice(0, 300);
}
