/**
 * The same answers with nothing simulated: a database and a Temporal that do not exist, or that accept
 * connections and never answer.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { aCallback, API_KEY, ENVIRONMENT, sendRaw, type Answer } from '../support/api.ts';
import { aReference, aSessionId } from '../support/builders.ts';
import { startProcess, type Child } from '../support/child.ts';
import { builtFolder } from '../support/compiled.ts';
import { freePort } from '../support/ports.ts';
import { until } from '../support/until.ts';

describe('a process', () => {
  let silence: Silence;
  let closedPort: number;
  let dist: string;
  beforeAll(async () => {
    silence = await startSilence();
    closedPort = await freePort();
    dist = await builtFolder();
  }, 180_000);
  afterAll(async () => {
    await silence.close();
  });

  describe.each([
    ['no server at either port', () => ({ store: closedPort, temporal: closedPort })],
    ['a database and a Temporal that never answer', () => ({ store: silence.port, temporal: silence.port })],
    ['no database and a Temporal that never answers', () => ({ store: closedPort, temporal: silence.port })],
    ['a database that never answers and no Temporal', () => ({ store: silence.port, temporal: closedPort })],
  ])('with %s', (_, ports) => {
    let port: number;
    let child: Child;
    beforeAll(async () => {
      port = await freePort();
      const { store, temporal } = ports();
      child = startProcess([join(dist, 'cli', 'main.js'), 'api'], {
        ...ENVIRONMENT,
        PORT: String(port),
        ADMIN_PORT: String(port),
        LOG_LEVEL: 'warn',
        DATABASE_URL: `postgres://nobody@127.0.0.1:${store}/none`,
        TEMPORAL_ADDRESS: `127.0.0.1:${temporal}`,
      });
      const isAlive = () =>
        sendRaw(port, 'GET', '/healthz').then(
          ({ status }) => status === 200,
          () => false,
        );
      await until('the process answers', isAlive, 20_000);
    }, 30_000);
    afterAll(async () => {
      child.kill('SIGTERM');
      expect(await child.ended).toEqual({ code: 0, signal: null });
    }, 20_000);

    const callback = (age = 0): Promise<Answer> => {
      const payment = { id: 'pay_1', orderReference: aReference(), n: 1, sessionId: aSessionId() };
      const { method, target, headers } = aCallback(payment, { age });
      return sendRaw(port, method, target, { headers });
    };

    it('answers a callback 503 within a second, time and again', async () => {
      for (const age of [0, 0, 4_000]) {
        const answer = await callback(age);
        expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } });
        expect(answer.headers['retry-after']).toBe('1');
        expect(answer.ms).toBeLessThan(1_000);
      }
    });

    it('answers fifty parallel callbacks 503 within three seconds, although they all wait', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => callback()));
      expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(503));
      expect(Math.max(...answers.map(({ ms }) => ms))).toBeLessThan(3_000);
    });

    it('answers the merchant 503 without the reason', async () => {
      const answer = await sendRaw(port, 'GET', '/v1/payments', { key: API_KEY });
      expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } });
      expect(answer.headers['retry-after']).toBe('1');
      expect(answer.text).not.toMatch(/ECONNREFUSED|select|127\.0\.0\.1| at /);
    });

    it('says at /readyz which of the two is away, and still answers /metrics', async () => {
      const ready = await sendRaw(port, 'GET', '/readyz');
      expect(ready).toMatchObject({ status: 503, json: { status: 'unavailable' } });
      expect(ready.json.store).toMatch(ports().store === closedPort ? /^connect ECONNREFUSED/ : /^no answer/);
      expect(ready.ms).toBeLessThan(1_500);
      expect((await sendRaw(port, 'GET', '/metrics')).text).toContain('paidonce_store_up 0');
    });
  });
});

interface Silence {
  readonly port: number;
  close(): Promise<void>;
}

/** Accepts every connection and never answers. */
async function startSilence(): Promise<Silence> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
