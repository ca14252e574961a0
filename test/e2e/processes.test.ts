/** The conditions under which a process refuses to start, and how it ends. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { BALANCED, checkBooks } from './support/books.ts';
import { readGateways } from '../../src/store/store-health.ts';
import { openStore } from '../../src/store/open.ts';
import { until } from '../support/until.ts';
import { copyStoreTemplate } from '../support/store.ts';
import { freePort } from '../support/ports.ts';
import { askToOpen, newOrder, openMany, untilTold } from './support/shop.ts';
import { startStack, type Role, type Stack } from './support/stack.ts';

const ENDS_WITHIN_MS = 120_000;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
}, 150_000);

afterAll(async () => {
  await stack?.stop();
});

async function otherStore(): Promise<string> {
  const dataDir = await mkdtemp(join(stack.folder, 'other-'));
  await copyStoreTemplate(dataDir);
  return dataDir;
}

/** How it ends by itself, and its output. A process that does not end is killed and has no code. */
async function outcomeOf(
  role: Role,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; words: string }> {
  const process = await stack.launchRole(role, env);
  const timer = setTimeout(() => void process.kill('SIGKILL'), ENDS_WITHIN_MS);
  const { code } = await process.ended;
  clearTimeout(timer);
  return { code, words: process.lines.join('\n') };
}

describe('a process', () => {
  it('refuses a DATA_DIR that another one holds', async () => {
    const { code, words } = await outcomeOf('serve', { PORT: String(await freePort()) });
    expect(words).toMatch(/data.* is in use by another process.*DATA_DIR/);
    expect(words).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  }, 150_000);

  it('refuses a port that is taken', async () => {
    const { code, words } = await outcomeOf('serve', { DATA_DIR: await otherStore() });
    expect(words).toMatch(/port \d+ .*set PORT/);
    expect(code).toBe(2);
  }, 150_000);

  it('refuses a Temporal namespace of another account, and does not mark a fresh store', async () => {
    const dataDir = await otherStore();
    const env = {
      DATA_DIR: dataDir,
      PORT: String(await freePort()),
      DINTERO_ACCOUNT_ID: 'T87654321',
    };
    const { code, words } = await outcomeOf('serve', env);
    expect(words).toMatch(/namespace belongs to dintero account T12345678 .*T87654321/);
    expect(code).toBe(2);
    const store = await openStore({ dataDir });
    expect(await readGateways(store.db)).toEqual([]);
    await store.close();
  }, 150_000);

  it('ends normally when it is stopped while its worker starts', async () => {
    const env = { DATA_DIR: await otherStore(), PORT: String(await freePort()) };
    const process = await stack.launchRole('serve', env);
    await until('it listens', () => process.lines.some((line) => line.includes('api listens')));
    await process.kill('SIGTERM');
    expect(await process.ended).toEqual({ code: 0, signal: null });
    expect(process.lines.filter((line) => line.includes('"level":40'))).toEqual([]);
  }, 150_000);

  it('lists all errors of its environment at once', async () => {
    const { code, words } = await outcomeOf('serve', {
      API_KEYS: 'short',
      PUBLIC_URL: 'nonsense',
      PORT: 'x',
    });
    expect(words).toMatch(/PORT/);
    expect(words).toMatch(/PUBLIC_URL/);
    expect(words).toMatch(/API_KEYS/);
    expect(words).not.toMatch(/short/);
    expect(code).toBe(2);
  }, 150_000);

  it('ends within seconds of SIGTERM during work, and the work continues after the next start', async () => {
    const opened = await openMany(stack, 20, 'term');
    await stack.sandbox.faults({ retryScheduleMs: [500, 1_000] });
    const paying = opened.map(({ sessionId }) =>
      stack.sandbox.pay(sessionId, { outcome: 'authorize', return: false }),
    );
    const before = Date.now();
    await stack.kill('serve', 'SIGTERM');
    expect(Date.now() - before).toBeLessThan(15_000);
    expect(await stack.process('serve').ended).toEqual({ code: 0, signal: null });
    await Promise.all(paying);
    await stack.start('serve');
    const references = opened.map(({ orderReference }) => orderReference);
    await untilTold(stack, references);
    expect(await checkBooks(stack, references)).toEqual(BALANCED);
  }, 150_000);

  it('ends at once although browsers hold connections that they have opened in advance', async () => {
    const { port } = new URL(stack.origin);
    const sockets = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const socket = connect(Number(port), '127.0.0.1');
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        return socket;
      }),
    );
    // An answer on a later connection: the server has accepted the earlier ones.
    expect(await stack.call('GET', '/healthz')).toMatchObject({ status: 200 });
    const before = Date.now();
    await stack.kill('serve', 'SIGTERM');
    expect(Date.now() - before).toBeLessThan(8_000);
    expect(await stack.process('serve').ended).toEqual({ code: 0, signal: null });
    for (const socket of sockets) socket.destroy();
    await stack.start('serve');
  }, 150_000);

  it('answers an opening that takes the gateway long, although it was told to stop', async () => {
    const isCreate = (name: string) => /create|sessions-profile/i.test(name);
    const asked = async () =>
      Object.entries(await stack.sandbox.requests()).reduce(
        (sum, [name, n]) => (isCreate(name) ? sum + n : sum),
        0,
      );
    const before = await asked();
    await stack.sandbox.faults({ create: { delayMs: 9_000, times: 1 } });
    const opening = askToOpen(stack, newOrder('stop'));
    await until('the gateway is asked for a session', async () => (await asked()) > before);
    await stack.kill('serve', 'SIGTERM');
    expect(await opening).toMatchObject({ status: 201 });
    expect(await stack.process('serve').ended).toEqual({ code: 0, signal: null });
    await stack.start('serve');
  }, 150_000);

  it('refuses a store of another account', async () => {
    await stack.kill('serve', 'SIGTERM');
    const { code, words } = await outcomeOf('serve', { DINTERO_ACCOUNT_ID: 'T87654321' });
    expect(words).toMatch(/store belongs to dintero account T12345678 .*T87654321/);
    expect(code).toBe(2);
  }, 150_000);
});
