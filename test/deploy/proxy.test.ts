/**
 * deploy/nginx/paidonce.conf in a real nginx, and deploy/caddy/Caddyfile in a real Caddy: each request reaches the API as it was sent, the signatures of both gateways
 * hold behind it, and replacing the APIs one after the other loses no callback.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { connect } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../kit/free-port.js';
import { createCall, type Call } from '../e2e/support/http.ts';
import { pay } from '../e2e/support/money.ts';
import { launch, type Process } from '../e2e/support/processes.ts';
import { newOrder, open, untilTold, type Opened } from '../e2e/support/shop.ts';
import { API_KEY, startStack, type GatewayId, type Stack } from '../e2e/support/stack.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/until.ts';
import { ROOT } from './support/compose.ts';

const HOST = 'pay.localhost';
const MIB = 1024 * 1024;

let folder: string;
const processes: Process[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'paidonce-nginx-'));
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST},IP:127.0.0.1`];
  const files = ['-keyout', join(folder, 'privkey.pem'), '-out', join(folder, 'fullchain.pem')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', ['req', '-x509', '-days', '2', ...key, ...subject, ...files]);
});

afterAll(async () => {
  await Promise.all(processes.map((process) => process.kill('SIGTERM')));
  await rm(folder, { recursive: true, force: true });
});

/** nginx with our file, in which only names, ports and paths differ. `plainPort` is for callers that do not trust our certificate. */
async function startNginx(
  apis: readonly [number, number],
  port: number,
  plainPort?: number,
): Promise<number> {
  const at = join(folder, String(port));
  const file = await readFile(join(ROOT, 'deploy', 'nginx', 'paidonce.conf'), 'utf8');
  const changes: [string, string][] = [
    ['127.0.0.1:3000', `127.0.0.1:${apis[0]}`],
    ['127.0.0.1:3010', `127.0.0.1:${apis[1]}`],
    [
      'listen 443 ssl',
      `listen 127.0.0.1:${port} ssl${plainPort === undefined ? '' : `; listen 127.0.0.1:${plainPort}`}`,
    ],
    ['listen 80', `listen 127.0.0.1:${await freePort()}`],
    ['pay.shop.example', HOST],
    ['/etc/ssl/paidonce/', `${folder}/`],
  ];
  for (const [found] of changes) expect(file).toContain(found);
  const ours = changes.reduce((text, [found, own]) => text.replaceAll(found, own), file);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${at}.${name};`,
  );
  // Root's worker processes are another user, who can't enter our folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const config = [
    `${user} daemon off; worker_processes 1; pid ${at}.pid; error_log stderr; events {}`,
    `http { access_log off; ${paths.join(' ')}`,
    ours,
    '}',
  ].join('\n');
  await writeFile(`${at}.conf`, config);
  const started = launch({ name: 'nginx', command: 'nginx', args: ['-c', `${at}.conf`, '-e', 'stderr'] });
  processes.push(started);
  await until('nginx listens', () => send(port, 'GET /listens HTTP/1.1').then(Boolean, () => false));
  return port;
}

/** Caddy with our file; a certificate of ours, since no authority gives it one here. */
async function startCaddy(apis: readonly [number, number], port: number): Promise<number> {
  const file = await readFile(join(ROOT, 'deploy', 'caddy', 'Caddyfile'), 'utf8');
  const certificate = `tls ${join(folder, 'fullchain.pem')} ${join(folder, 'privkey.pem')}`;
  const changes: [string, string][] = [
    ['127.0.0.1:3000', `127.0.0.1:${apis[0]}`],
    ['127.0.0.1:3010', `127.0.0.1:${apis[1]}`],
    ['\npay.shop.example {', `\nhttps://${HOST}:${port} {\n\t${certificate}`],
    ['{\n\tservers {', '{\n\tadmin off\n\tauto_https disable_redirects\n\tservers {'],
  ];
  for (const [found] of changes) expect(file).toContain(found);
  const path = join(folder, 'Caddyfile');
  await writeFile(
    path,
    changes.reduce((text, [found, own]) => text.replace(found, own), file),
  );
  const args = ['run', '--config', path, '--adapter', 'caddyfile'];
  const env = { PATH: process.env['PATH'], HOME: folder };
  processes.push(launch({ name: 'caddy', command: 'caddy', args, env }));
  await until('Caddy listens', () => send(port, 'GET /listens HTTP/1.1').then(Boolean, () => false));
  return port;
}

/** Sends a request byte for byte, as no client of ours would. Resolves with the answer. */
function send(port: number, head: string, body: string | Buffer = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername: HOST, rejectUnauthorized: false });
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.once('error', reject).once('end', () => resolve(Buffer.concat(chunks).toString()));
    const length = body.length > 0 ? `Content-Length: ${body.length}\r\n` : '';
    socket.write(`${head}\r\nHost: ${HOST}\r\nConnection: close\r\n${length}\r\n`);
    socket.write(body);
  });
}

describe.each([
  { name: 'nginx', start: startNginx, isSecondGone: true, forwardedFor: '192.0.2.1, 127.0.0.1' },
  // Caddy repeats no body to another API: its file says so.
  { name: 'Caddy', start: startCaddy, isSecondGone: false, forwardedFor: '127.0.0.1' },
])('a request through $name', ({ start, isSecondGone, forwardedFor }) => {
  interface Arrived {
    readonly line: string;
    readonly forwardedFor: string | undefined;
    readonly body: Buffer;
  }
  const arrived: Arrived[] = [];
  let api: Server;
  let port: number;

  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await buffer(request);
    const from = request.headers['x-forwarded-for'] as string | undefined;
    arrived.push({ line: `${request.method} ${request.url}`, forwardedFor: from, body });
    if (request.url?.startsWith('/slow') === true) await sleep(16_000);
    response.end('kept');
  };

  beforeAll(async () => {
    api = createServer((request, response) => void take(request, response));
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
    const { port: own } = api.address() as AddressInfo;
    // Nothing listens on the port of an API that is being replaced.
    port = await start([own, isSecondGone ? await freePort() : own], await freePort());
  });

  afterAll(() => {
    api.close();
    api.closeAllConnections();
  });

  it.each([
    '/callbacks/dintero?a=1%20b+c&a=2&a=1',
    '/callbacks/dintero?empty=&none&=x&&',
    '/callbacks/dintero?path=%2F%2e%2e%2F&utf8=%C3%A6%C3%B8&quote=%22%27',
    '/callbacks/dintero?semi=a;b&hash=%23',
    '/callbacks//dintero?x=1',
    '/callbacks/%64intero/./x/../account?x=1',
    `/callbacks/dintero?long=${'x'.repeat(15_000)}`,
  ])('arrives with path and query unchanged (%#)', async (target) => {
    for (const method of ['GET', 'POST']) {
      expect(await send(port, `${method} ${target} HTTP/1.1`)).toMatch(/^HTTP\/1.1 200 /);
      expect(arrived.at(-1)?.line).toBe(`${method} ${target}`);
    }
  });

  it('in absolute form arrives with its path and query', async () => {
    await send(port, `GET https://${HOST}/callbacks/dintero?a=%20&a=+ HTTP/1.1`);
    expect(arrived.at(-1)?.line).toBe('GET /callbacks/dintero?a=%20&a=+');
  });

  it('arrives with a body of 1 MiB, byte for byte, and a larger one too, which paidonce refuses itself', async () => {
    for (const size of [MIB, MIB + 1]) {
      const body = Buffer.alloc(size, 'é{"a" : 1}\r\n\0');
      expect(await send(port, 'POST /callbacks/stripe HTTP/1.1', body)).toMatch(/^HTTP\/1.1 200 /);
      expect(arrived.at(-1)?.body.equals(body)).toBe(true);
    }
  });

  it("names the caller's address last", async () => {
    await send(port, 'GET /callbacks/dintero HTTP/1.1\r\nX-Forwarded-For: 192.0.2.1');
    expect(arrived.at(-1)?.forwardedFor).toBe(forwardedFor);
  });

  it('may take as long as an opening at a slow gateway', async () => {
    expect(await send(port, 'POST /slow HTTP/1.1', '{}')).toMatch(/^HTTP\/1.1 200 /);
    expect(arrived.filter(({ line }) => line === 'POST /slow')).toHaveLength(1);
  }, 30_000);

  it('never reads the figures', async () => {
    const before = arrived.length;
    for (const path of ['/metrics', '//metrics', '/%6detrics'])
      expect(await send(port, `GET ${path} HTTP/1.1`)).toMatch(/^HTTP\/1.1 404 /);
    expect(arrived).toHaveLength(before);
  });
});

describe('behind nginx', () => {
  let postgres: TestPostgres;
  let stack: Stack;
  let secondPort: number;
  /** The API as the shop and the gateways reach it. */
  let call: Call;

  beforeAll(async () => {
    postgres = await startPostgres();
    const plainPort = await freePort();
    const origin = `http://127.0.0.1:${plainPort}`;
    const env = {
      PUBLIC_URL: origin,
      TRUST_PROXY: '1',
      DINTERO_ALLOWED_IPS: '127.0.0.1',
      DINTERO_IP_POLICY: 'refuse',
    };
    stack = await startStack({
      gateway: 'stripe',
      databaseUrl: await postgres.createMigratedDatabase(),
      env,
    });
    secondPort = await freePort();
    await startNginx([Number(new URL(stack.origin).port), secondPort], await freePort(), plainPort);
    call = createCall(origin, { authorization: `Bearer ${API_KEY}` });
  }, 300_000);

  afterAll(async () => {
    await stack?.stop();
    await postgres?.stop();
  });

  async function second(): Promise<Process> {
    const ports = { PORT: String(secondPort), ADMIN_PORT: String(secondPort) };
    const process = await stack.launchRole('api', ports);
    const isReady = () =>
      fetch(`http://127.0.0.1:${secondPort}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until('the second API is ready', isReady, 60_000);
    return process;
  }

  /** The second one starts, the first one restarts, the second one stops. */
  async function replaceBoth(): Promise<void> {
    const other = await second();
    await stack.kill('api', 'SIGTERM');
    await stack.start('api');
    await other.kill('SIGTERM');
  }

  /** Each is paid, and the gateway's first call is answered with 200. */
  async function expectFirstCallsAccepted(opened: readonly Opened[], gateway: GatewayId): Promise<void> {
    for (const { sessionId } of opened) {
      const { callbacks } = await stack.at(gateway).sandbox.session(sessionId);
      const answers = callbacks.flatMap(({ attempts }) => attempts.map(({ status }) => status));
      expect([sessionId, [...new Set(answers)]]).toEqual([sessionId, [200]]);
    }
  }

  it.each<GatewayId>(['dintero', 'stripe'])(
    'callbacks of %s are verified, and none is lost while the APIs are replaced',
    async (gateway) => {
      const at = { ...stack.at(gateway), call };
      const opened: Opened[] = [];
      const shopping = (async () => {
        for (let n = 0; n < 30; n += 1) {
          const order = await open(at, newOrder('proxied'));
          await pay(at, order, { outcome: 'authorize' });
          opened.push(order);
          await sleep(100);
        }
      })();
      await Promise.all([shopping, replaceBoth()]);
      await untilTold(
        stack,
        opened.map(({ orderReference }) => orderReference),
      );
      await expectFirstCallsAccepted(opened, gateway);
    },
    120_000,
  );
});
