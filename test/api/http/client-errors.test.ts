/**
 * Bytes that are no request, or that come too slowly: the answer is a problem like any other, and the process
 * survives. Contract §7.
 */
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { anOrderBody, API_KEY } from '../../support/api.ts';
import { aReference } from '../../support/builders.ts';
import { answersIn, converse, type Conversation } from '../../support/converse.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const HOST = 'host: pay.example\r\n';

function problemIn({ said }: Conversation): Record<string, unknown> {
  const [answer, ...more] = answersIn(said);
  expect(more).toEqual([]);
  expect(answer?.head).toMatch(/\r\ncontent-type: application\/problem\+json/i);
  expect(answer?.head).toMatch(/\r\nconnection: close\r\n/i);
  expect(answer?.head).not.toMatch(/x-powered-by/i);
  const problem = JSON.parse(answer?.body ?? '') as Record<string, unknown>;
  expect(problem['status']).toBe(answer?.status);
  expect(answer?.head.toLowerCase()).toContain(`\r\nx-request-id: ${String(problem['requestId'])}\r\n`);
  return problem;
}

describe('a connection', () => {
  const at = useTestApi();
  const isAlive = async () =>
    expect(await at.api.send('GET', '/healthz')).toMatchObject({ status: 200, json: { status: 'alive' } });

  it.each([
    ['bytes that are not HTTP', 'nonsense\r\n\r\n'],
    ['the greeting of TLS', Buffer.from('16030100f1010000ed0303', 'hex')],
    ['a negative length', `GET /healthz HTTP/1.1\r\n${HOST}content-length: -1\r\n\r\n`],
    ['two lengths', `POST /v1/payments HTTP/1.1\r\n${HOST}content-length: 1\r\ncontent-length: 2\r\n\r\nab`],
    [
      'a length and chunks',
      `POST /v1/payments HTTP/1.1\r\n${HOST}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['a header with a blank in its name', `GET /healthz HTTP/1.1\r\n${HOST}x y: 1\r\n\r\n`],
    ['no Host', 'GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n'],
    ['two Hosts', `GET /healthz HTTP/1.1\r\n${HOST}host: evil.example\r\nconnection: close\r\n\r\n`],
    ['an invalid address', `GET http://[ HTTP/1.1\r\n${HOST}connection: close\r\n\r\n`],
    ['invalid chunks', `POST /callbacks/dintero HTTP/1.1\r\n${HOST}transfer-encoding: chunked\r\n\r\nzz\r\n`],
  ])('with %s is answered 400 and closed', async (_, bytes) => {
    expect(problemIn(await converse(at.api.port, bytes))).toMatchObject({ status: 400, code: 'malformed' });
    await isAlive();
  });

  it.each([
    ['an address of 16 KiB', `GET /${'a'.repeat(16 * 1024 - 1)} HTTP/1.1\r\n${HOST}`, 404, 'not_found'],
    ['an address of over 16 KiB', `GET /${'a'.repeat(16 * 1024)} HTTP/1.1\r\n${HOST}`, 414, 'uri_too_long'],
    ['an address of 1 MiB', `GET /${'a'.repeat(1024 * 1024)} HTTP/1.1\r\n${HOST}`, 431, 'headers_too_large'],
    [
      'a header of 15 KiB',
      `GET /nothing HTTP/1.1\r\n${HOST}x: ${'a'.repeat(15 * 1024)}\r\n`,
      404,
      'not_found',
    ],
    [
      'a header of over 16 KiB',
      `GET /nothing HTTP/1.1\r\n${HOST}x: ${'a'.repeat(16 * 1024)}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'a header of 1 MiB',
      `GET /nothing HTTP/1.1\r\n${HOST}x: ${'a'.repeat(1024 * 1024)}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      '5,000 headers',
      `GET /nothing HTTP/1.1\r\n${HOST}${'x: a\r\n'.repeat(5_000)}`,
      431,
      'headers_too_large',
    ],
  ])('with %s gets the right answer', async (_, head, status, code) => {
    const answer = await converse(at.api.port, `${head}connection: close\r\n\r\n`);
    expect(problemIn(answer)).toMatchObject({ status, code });
    await isAlive();
  });

  it('whose headers take ten seconds, or whose body takes thirty, is answered 408 and closed', async () => {
    const drip = () => 'a';
    const [headers, body, silent, nothing] = await Promise.all([
      converse(at.api.port, `GET /healthz HTTP/1.1\r\n${HOST}x-slow: `, drip),
      converse(at.api.port, `POST /callbacks/dintero HTTP/1.1\r\n${HOST}content-length: 1000\r\n\r\n`, drip),
      converse(at.api.port, `GET /healthz HTTP/1.1\r\n${HOST}`),
      converse(at.api.port, `POST /callbacks/dintero HTTP/1.1\r\n${HOST}content-length: 1000\r\n\r\n`),
    ]);
    for (const { ms, said } of [headers, silent]) {
      expect(problemIn({ ms, said })).toMatchObject({ status: 408, code: 'request_timeout' });
      expect(ms / 1_000).toBeGreaterThan(9);
      expect(ms / 1_000).toBeLessThan(13);
    }
    expect(problemIn(nothing)).toMatchObject({ status: 408, code: 'request_timeout' });
    expect(problemIn(body)).toMatchObject({ status: 408, code: 'request_timeout' });
    expect(body.ms / 1_000).toBeGreaterThan(29);
    expect(body.ms / 1_000).toBeLessThan(33);
    await isAlive();
  }, 45_000);

  it('gets the answer to its request before the answer to the nonsense behind it', async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    const { open } = at.api.runs.answers;
    let isAsked = false;
    at.api.runs.answers.open = async (payment) => {
      isAsked = true;
      await released;
      return open(payment);
    };
    const body = JSON.stringify(anOrderBody(aReference()));
    const head = `POST /v1/payments HTTP/1.1\r\n${HOST}authorization: Bearer ${API_KEY}\r\ncontent-type: application/json\r\n`;
    const said = converse(
      at.api.port,
      `${head}content-length: ${body.length}\r\n\r\n${body}nonsense\r\n\r\n`,
    );
    await until('the payment is being opened', () => isAsked);
    release();
    const answers = answersIn((await said).said);
    expect(answers.map(({ status }) => status)).toEqual([201, 400]);
    expect(JSON.parse(answers[1]?.body ?? '')).toMatchObject({ code: 'malformed' });
  });

  it('that goes on sending a refused request and reads later is not reset before it has read the reason', async () => {
    let said = '';
    await new Promise<void>((resolve) => {
      const socket = connect(at.api.port, '127.0.0.1', () => socket.write('nonsense\r\n\r\n'));
      socket.pause();
      let sent = 0;
      const more = setInterval(() => {
        socket.write('more');
        if ((sent += 1) < 10) return;
        clearInterval(more);
        socket.resume();
      }, 20);
      socket.on('data', (data) => (said += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(more);
        resolve();
      });
    });
    expect(problemIn({ said, ms: 0 })).toMatchObject({ status: 400 });
  });

  it('that reads none of its answers is closed within a minute and a half, also while it sends more requests', async () => {
    const ask = `GET /openapi.json HTTP/1.1\r\n${HOST}\r\n`;
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      // Far more than the buffers on the way can hold.
      const socket = connect(at.api.port, '127.0.0.1', () => socket.write(ask.repeat(200)));
      socket.pause();
      const more = setInterval(() => socket.write(ask), 500);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(more);
        resolve();
      });
    });
    const seconds = (performance.now() - begun) / 1_000;
    expect(seconds).toBeGreaterThan(30);
    expect(seconds).toBeLessThan(90);
    await isAlive();
  }, 120_000);

  it('that breaks while it sends or receives does not affect other connections', async () => {
    for (const bytes of [
      'GET /healthz HT',
      `POST /callbacks/dintero HTTP/1.1\r\n${HOST}content-length: 9\r\n\r\na`,
    ]) {
      await new Promise<void>((resolve) => {
        const socket = connect(at.api.port, '127.0.0.1', () => {
          socket.write(bytes);
          setImmediate(() => socket.resetAndDestroy());
        });
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
      });
    }
    await new Promise<void>((resolve) => {
      const socket = connect(at.api.port, '127.0.0.1', () => {
        socket.write(`nonsense\r\n\r\n${'more '.repeat(100_000)}`);
        socket.once('data', () => socket.resetAndDestroy());
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
    });
    await isAlive();
  });
});
