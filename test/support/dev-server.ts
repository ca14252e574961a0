/** The real dev server, as `npm start` runs it, where the time-skipping server behaves differently. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporalServer } from '../../dev/temporal-server.ts';
import { freePort } from './ports.ts';
import { until } from './until.ts';

/** @throws Error that says how to get the server, when it is missing */
export function temporalCli(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const path = process.env['TEMPORAL_CLI'] ?? join(cache, 'paidonce', 'temporal-1.8.2', 'temporal');
  if (existsSync(path)) return path;
  throw new Error(
    `the Temporal CLI is missing: expected it at ${path}; run \`npm test\`, or set TEMPORAL_CLI`,
  );
}

export interface DevServer {
  readonly address: string;
  close(): Promise<void>;
}

export async function startDevServer(dynamicConfig: readonly string[] = []): Promise<DevServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'paidonce-temporal-'));
  const port = await freePort();
  const spec = await temporalServer({
    executable: temporalCli(),
    port,
    uiPort: null,
    dataDir,
  });
  const more = dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]);
  const server = spawn(spec.command, [...spec.args, ...more], { stdio: 'ignore' });
  const answers = () =>
    spec.answers().then(
      () => true,
      () => false,
    );
  await until('the dev server answers', answers, spec.readyWithinMs);
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      await end(server);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function end(server: ChildProcess): Promise<void> {
  const ended = new Promise((settle) => server.once('exit', settle));
  server.kill('SIGTERM');
  await ended;
}
