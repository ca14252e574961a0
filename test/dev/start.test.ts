/**
 * The whole of `npm start`, as a person runs it: with its own ports and DATA_DIR, and otherwise as shipped.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { isAlive, occupy } from './support/stand-in.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const LIMIT_MS = 200_000;
const SERVICES = ['temporal', 'dintero sandbox', 'stripe sandbox', 'demo shop', 'paidonce'];

interface Started {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

describe('npm start', () => {
  let dataDir = '';
  let urls: Record<string, string | null> = {};
  const started: Started[] = [];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'paidonce-start-'));
  });
  afterAll(async () => {
    for (const { process: child } of started) if (child.exitCode === null) child.kill('SIGKILL');
    await until('nothing is left', () => !children().some(({ pid }) => isAlive(pid)));
    await rm(dataDir, { recursive: true, force: true });
  });

  function start(env: NodeJS.ProcessEnv = {}): Started {
    const ports = { PORT: '0', SANDBOX_PORT: '0', SHOP_PORT: '0', TEMPORAL_PORT: '0', TEMPORAL_UI_PORT: '0' };
    const child = spawn(process.execPath, [join(ROOT, 'bin', 'start.js')], {
      env: { ...process.env, ...ports, DATA_DIR: dataDir, npm_lifecycle_event: undefined, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => void (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    started.push({ process: child, ended, output: () => output });
    return started.at(-1) as Started;
  }

  async function startAndWait(): Promise<Started> {
    const begun = start();
    const isReady = () => begun.output().includes('\nready\n') || begun.process.exitCode !== null;
    await until('it is ready', isReady, LIMIT_MS).catch((error: Error) => {
      throw new Error(`${error.message}; it said:\n${begun.output()}`);
    });
    expect(begun.output()).toContain('\nready\n');
    urls = JSON.parse(readFileSync(join(dataDir, 'urls.json'), 'utf8')) as Record<string, string | null>;
    return begun;
  }

  function children(): { name: string; pid: number }[] {
    const file = join(dataDir, 'children.json');
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as { name: string; pid: number }[])
      : [];
  }

  const pidOf = (name: string) => children().find((child) => child.name === name)?.pid as number;
  const living = () =>
    children()
      .filter(({ pid }) => isAlive(pid))
      .map(({ name }) => name);
  const statusOf = async (url: string | null | undefined) => (await fetch(String(url))).status;

  it('starts everything and writes the addresses', async () => {
    const output = (await startAndWait()).output();
    expect(output.slice(0, output.indexOf('\nready\n'))).toContain('worker runs');
    expect(living().sort()).toEqual([...SERVICES].sort());
    expect(urls['dashboard']).toBe(`${urls['api']}/dashboard`);
    // The first address that is printed, with a link that signs a developer in.
    const [, first = '', link = ''] = /\n {2}(\w+) +(\S+)\n/.exec(output) ?? [];
    expect([first, link.startsWith(`${urls['dashboard']}/login?link=`)]).toEqual(['dashboard', true]);
    expect(await statusOf(link)).toBe(200);
    expect(urls['temporal']).toMatch(/^127\.0\.0\.1:\d+$/);
    for (const name of ['docs', 'temporalUi', 'shop'])
      expect([name, await statusOf(urls[name])]).toEqual([name, 200]);
    expect(await statusOf(`${urls['api']}/readyz`)).toBe(200);
    expect(await statusOf(`${urls['sandbox']}/__sim/state`)).toBe(200);
  }, 250_000);

  it('refuses a second start on the same DATA_DIR, and the first continues', async () => {
    const second = start();
    expect(await second.ended).toBe(2);
    expect(second.output()).toContain(`another npm start runs on ${dataDir}`);
    expect(await statusOf(`${urls['api']}/healthz`)).toBe(200);
    expect(existsSync(join(dataDir, 'urls.json'))).toBe(true);
  }, 30_000);

  it.each(SERVICES)(
    'starts %s again when it is killed',
    async (name) => {
      const before = pidOf(name);
      process.kill(before, 'SIGKILL');
      await until(
        `${name} is back`,
        () => started[0]?.output().includes(`paidonce: ${name} is back`) === true,
        LIMIT_MS,
      );
      expect(pidOf(name)).not.toBe(before);
      await until(
        'the API is ready',
        async () => (await statusOf(`${urls['api']}/readyz`)) === 200,
        LIMIT_MS,
      );
    },
    200_000,
  );

  it('leaves no process when it is killed itself, and starts again at once on the same state', async () => {
    const secrets = readFileSync(join(dataDir, 'secrets.json'), 'utf8');
    const pids = children().map(({ pid }) => pid);
    (started[0] as Started).process.kill('SIGKILL');
    await startAndWait();
    expect(pids.filter(isAlive)).toEqual([]);
    expect(readFileSync(join(dataDir, 'secrets.json'), 'utf8')).toBe(secrets);
  }, 250_000);

  it('ends with 0 on SIGTERM with its children, and deletes urls.json', async () => {
    const running = started.at(-1) as Started;
    running.process.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(living()).toEqual([]);
    expect(existsSync(join(dataDir, 'urls.json'))).toBe(false);
  }, 60_000);

  it('refuses a port that a variable names and that another process has', async () => {
    const { port, server } = await occupy();
    const refused = start({ SANDBOX_PORT: String(port) });
    expect(await refused.ended).toBe(2);
    server.close();
    expect(refused.output()).toContain(
      `SANDBOX_PORT: port ${port} on 127.0.0.1 is taken by pid ${process.pid} (`,
    );
    expect(living()).toEqual([]);
  }, 30_000);

  it('refuses a wrong variable before it starts anything', async () => {
    const refused = start({ SESSION_LIFETIME: 'soon', API_KEYS: 'short' });
    expect(await refused.ended).toBe(2);
    expect(refused.output()).toContain('SESSION_LIFETIME: expected a duration');
    expect(refused.output()).toContain('API_KEYS: expected');
    expect(refused.output()).not.toContain('starting');
    expect(refused.output()).not.toContain('short');
  }, 30_000);
});
