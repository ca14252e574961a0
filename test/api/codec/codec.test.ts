/** `paidonce codec-server` over HTTP, as a browser and the program `temporal` use it. */
import { Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { startCodecServer } from '../../../src/api/codec/routes.ts';
import { runCommand } from '../../../src/cli/program.ts';
import { readCodecServerConfig } from '../../../src/config/config.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createPayloadCodec } from '../../../src/temporal/payload-codec.ts';
import { API_KEY, sendRaw, type Answer, type Sent } from '../../support/api.ts';
import { aPayloadKey, payloadKeys } from '../../support/payload-keys.ts';
import { freePort } from '../../support/ports.ts';
import { useTerminal } from '../../support/terminal.ts';

const READER = 'a-key-that-may-only-read-0123';
const UI = 'https://temporal.example';
const KEYS = aPayloadKey('a');
const CONTENT = 'order-4711';

interface Running {
  readonly port: number;
  readonly logged: string[];
  stop(): Promise<void>;
}

async function start(env: NodeJS.ProcessEnv = {}, trustsOrigin = false): Promise<Running> {
  const port = await freePort();
  const config = readCodecServerConfig({
    API_KEYS: `${API_KEY},ui:read:${READER}`,
    PAYLOAD_KEYS: KEYS,
    CODEC_PORT: String(port),
    TEMPORAL_UI_URL: `${UI}/ui`,
    ...env,
  });
  const logged: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      logged.push(chunk.toString());
      done();
    },
  });
  const log = createLog('trace', 'codec-server', sink);
  const stop = await startCodecServer({ config, log, metrics: createMetrics(), trustsOrigin });
  return { port, logged, stop };
}

let server: Running;
let body: string;
beforeAll(async () => {
  server = await start();
  body = await bodyOf(CONTENT);
});
afterAll(() => server.stop());

/** An encrypted payload and a plain one. */
async function bodyOf(content: string, keys = KEYS): Promise<string> {
  const payload = defaultPayloadConverter.toPayload(content);
  const encrypted = await createPayloadCodec(payloadKeys(keys)).encode([payload]);
  return JSON.stringify({ payloads: [...encrypted, payload].map(inJson) });
}

function inJson({ metadata, data }: Payload): object {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const fields = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(fields), data: base64(data as Uint8Array) };
}

function decode(sent: Sent = {}, { port } = server): Promise<Answer> {
  const headers = { 'content-type': 'application/json', 'x-namespace': 'default', ...sent.headers };
  return sendRaw(port, 'POST', '/decode?preserveStorageRefs=true', { key: READER, body, ...sent, headers });
}

function valuesOf({ json }: Answer): unknown[] {
  return json.payloads.map(({ data }: { data: string }) =>
    JSON.parse(Buffer.from(data, 'base64').toString()),
  );
}

describe('POST /decode', () => {
  it('decodes for any API key, and leaves plain payloads as they are', async () => {
    const answer = await decode();
    expect([answer.status, ...valuesOf(answer)]).toEqual([200, CONTENT, CONTENT]);
    expect(answer.json.payloads[0].metadata).toEqual({
      encoding: Buffer.from('json/plain').toString('base64'),
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect((await decode({ key: API_KEY })).status).toBe(200);
  });

  it('takes the key also as a password, as a browser sends it', async () => {
    const authorization = `Basic ${Buffer.from(`ada:${READER}`).toString('base64')}`;
    expect((await decode({ key: null, headers: { authorization } })).status).toBe(200);
  });

  it.each([
    ['no key', null, {}],
    ['a wrong key', 'x'.repeat(30), {}],
    [
      'a wrong password',
      null,
      { authorization: `Basic ${Buffer.from(`ada:${'x'.repeat(30)}`).toString('base64')}` },
    ],
    ["the Web UI's origin alone", null, { origin: UI }],
  ])('refuses %s, and opens no dialog in the Web UI', async (_, key, headers) => {
    const { status, json, headers: sent } = await decode({ key, headers });
    expect([status, json.code, sent['www-authenticate']]).toEqual([401, 'unauthorized', 'Bearer']);
  });

  it('says which key is missing, or that a payload was changed', async () => {
    const other = await decode({ body: await bodyOf(CONTENT, aPayloadKey('b')) });
    expect([other.status, other.json.code]).toEqual([422, 'invalid_request']);
    expect(other.json.detail).toMatch(/encrypted with the key "b", and PAYLOAD_KEYS has only "a"/);
    const namesake = await decode({ body: await bodyOf(CONTENT, `a:${aPayloadKey('b').slice(2)}`) });
    expect(namesake.json.detail).toMatch(/not what the key "a" has encrypted/);
  });

  it.each([
    ['no JSON', 'x', 400],
    ['no payloads', '{}', 422],
    ['no base64', '{"payloads":[{"data":"€"}]}', 422],
    ['too much', JSON.stringify({ payloads: [{ data: 'A'.repeat(1024 * 1024) }] }), 413],
  ])('refuses %s', async (_, given, status) => {
    expect((await decode({ body: given })).status).toBe(status);
  });

  it('answers no payloads with none', async () => {
    expect((await decode({ body: '{"payloads":[]}' })).json).toEqual({ payloads: [] });
  });

  it('logs nothing of the content, and no key', () => {
    const logged = server.logged.join('');
    expect(logged).toContain('/decode');
    const [encrypted] = JSON.parse(body).payloads;
    const hidden = [CONTENT, READER, KEYS.slice(2), encrypted.data, Buffer.from(CONTENT).toString('base64')];
    expect(hidden.filter((text) => logged.includes(text))).toEqual([]);
  });
});

describe('a browser', () => {
  const preflight = (origin: string) =>
    sendRaw(server.port, 'OPTIONS', '/decode', {
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  it('may call it from a page of the Web UI, with credentials', async () => {
    const { status, headers } = await preflight(UI);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'access-control-allow-origin': UI,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringMatching(/Authorization.*Content-Type.*X-Namespace/),
    });
    expect((await decode({ headers: { origin: UI } })).headers['access-control-allow-origin']).toBe(UI);
    const refused = await decode({ key: null, headers: { origin: UI } });
    expect(refused.headers['access-control-allow-origin']).toBe(UI);
  });

  it.each(['https://evil.example', `${UI}.evil.example`, 'http://temporal.example', 'null'])(
    'may not call it from %s',
    async (origin) => {
      expect((await preflight(origin)).headers['access-control-allow-origin']).toBeUndefined();
      const { headers } = await decode({ headers: { origin } });
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['vary']).toBe('Origin');
    },
  );

  it('is asked for the key at /, once', async () => {
    const asked = await sendRaw(server.port, 'GET', '/');
    expect([asked.status, asked.headers['www-authenticate']]).toEqual([
      401,
      expect.stringMatching(/^Basic /),
    ]);
    const signedIn = await sendRaw(server.port, 'GET', '/', { key: READER });
    expect([signedIn.status, signedIn.text]).toEqual([
      200,
      expect.stringContaining('may decode payloads now'),
    ]);
  });
});

it('is alive without a key, and encodes nothing', async () => {
  expect((await sendRaw(server.port, 'GET', '/healthz')).json).toEqual({ status: 'ok' });
  const encode = await sendRaw(server.port, 'POST', '/encode', { key: API_KEY, body });
  expect([encode.status, encode.json.detail]).toEqual([
    404,
    expect.stringContaining('nothing is encoded here'),
  ]);
});

describe('with --trust-origin', () => {
  let trusting: Running;
  beforeAll(async () => {
    trusting = await start({ CODEC_ORIGINS: 'http://127.0.0.1:8233,http://localhost:8233' }, true);
  });
  afterAll(() => trusting.stop());

  it.each(['http://127.0.0.1:8233', 'http://localhost:8233'])('a page of %s needs no key', async (origin) => {
    const answer = await decode({ key: null, headers: { origin } }, trusting);
    expect([answer.status, ...valuesOf(answer)]).toEqual([200, CONTENT, CONTENT]);
  });

  it.each([{}, { origin: UI }, { origin: 'http://127.0.0.1:8234' }])('others with %p do', async (headers) => {
    expect((await decode({ key: null, headers }, trusting)).status).toBe(401);
  });
});

describe('the command', () => {
  const terminal = useTerminal();

  it('trusts an origin only where no other machine can reach the port', async () => {
    Object.assign(process.env, { API_KEYS: API_KEY, PAYLOAD_KEYS: KEYS, CODEC_HOST: '0.0.0.0' });
    expect(await runCommand(['codec-server', '--trust-origin'])).toBe(2);
    expect(terminal.complaints).toContain('CODEC_HOST: expected 127.0.0.1 or ::1 with --trust-origin');
  });
});
