/** Contract §7, and what every answer has. */
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { anOrderBody } from '../support/api.ts';
import { aReference } from '../support/builders.ts';
import { useTestApi } from '../support/door.ts';

describe('the door', () => {
  const at = useTestApi();

  it.each([
    ['/healthz', 200],
    ['/nothing', 404],
    ['/v1/payments', 401],
    ['/callbacks/dintero', 400],
    ['/return/dintero', 404],
    ['/metrics', 200],
  ])('gives a request id and no trace of itself at %s', async (target, status) => {
    const answer = await at.api.send('GET', target);
    expect(answer.status).toBe(status);
    expect(answer.headers['x-request-id']).toMatch(/^[\w.-]{1,64}$/);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect(answer.text).not.toMatch(/node_modules|\.ts:|\n\s+at /);
  });

  it("takes over a caller's request id when it is harmless, and repeats it in the problem", async () => {
    const good = await at.api.send('GET', '/nothing', { headers: { 'x-request-id': 'abc-1.2_3' } });
    expect(good.headers['x-request-id']).toBe('abc-1.2_3');
    expect(good.json.requestId).toBe('abc-1.2_3');
    for (const bad of ['a b', 'x'.repeat(65), '"}', 'é']) {
      const answer = await at.api.send('GET', '/nothing', { headers: { 'x-request-id': bad } });
      expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('answers an unforeseen error with its request id and nothing else', async () => {
    at.api.runs.answers.open = () => Promise.reject(new TypeError('secret internals at /srv/app.ts'));
    const answer = await at.api.post('/v1/payments', anOrderBody(aReference()));
    expect(answer).toMatchObject({
      status: 500,
      json: { code: 'internal', requestId: answer.headers['x-request-id'] },
    });
    expect(answer.text).not.toMatch(/secret internals|TypeError/);
  });

  it.each([
    ['16 KiB', 16 * 1024 - 1, 404],
    ['over 16 KiB', 16 * 1024 + 1, 414],
    ['30 KiB', 30 * 1024, 414],
  ])('answers an address of %s rightly', async (_, length, status) => {
    const answer = await at.api.send('GET', `/${'a'.repeat(length)}`);
    expect(answer.status).toBe(status);
    if (status === 414) expect(answer.json.code).toBe('uri_too_long');
  });

  it.each([
    ['under 16 KiB', 15 * 1024, 404],
    ['over 16 KiB', 17 * 1024, 431],
    ['100 KiB', 100 * 1024, 431],
  ])('answers headers of %s rightly', async (_, length, status) => {
    const answer = await at.api.send('GET', '/nothing', { headers: { 'x-long': 'a'.repeat(length) } });
    expect(answer.status).toBe(status);
  });

  it('answers bytes that are no HTTP with 400 and lives on', async () => {
    expect(await converse(at.api.port, 'nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect(
      await converse(at.api.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n'),
    ).toMatch(/ 400 /);
    expect(
      await converse(at.api.port, 'GET http://[ HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
    ).toMatch(/ 40\d /);
    expect(await at.api.send('GET', '/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });
  });

  it('ends a connection whose headers do not come within ten seconds', async () => {
    const begun = performance.now();
    const answer = await converse(at.api.port, 'GET /healthz HTTP/1.1\r\nhost: a\r\nx-slow: ', () => 'a');
    const seconds = (performance.now() - begun) / 1_000;
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(13);
  }, 20_000);

  describe('/readyz', () => {
    it.each([
      ['well', 'well', 200, 'ready'],
      ['down', 'well', 200, 'degraded'],
      ['hanging', 'well', 200, 'degraded'],
      ['well', 'down', 200, 'degraded'],
      ['well', 'hanging', 200, 'degraded'],
      ['down', 'down', 503, 'unavailable'],
      ['hanging', 'hanging', 503, 'unavailable'],
    ] as const)('with the store %s and Temporal %s is %s', async (mood, temporal, status, word) => {
      at.api.troubles.mood = mood;
      at.api.runs.temporal = temporal;
      const answer = await at.api.send('GET', '/readyz');
      expect(answer).toMatchObject({
        status,
        json: { status: word },
        headers: { 'cache-control': 'no-store' },
      });
      expect(answer.json.store === 'ok').toBe(mood === 'well');
      expect(answer.json.temporal === 'ok').toBe(temporal === 'well');
      expect(answer.ms).toBeLessThan(1_500);
    });
  });
});

/** Sends some bytes, then a little every half second, until the other side ends the connection. */
function converse(port: number, first: string, next?: () => string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(first));
    const drip = next && setInterval(() => socket.write(next()), 500);
    socket.on('data', (data) => (received += data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(received);
    });
  });
}
