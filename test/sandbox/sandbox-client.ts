/** A sandbox on a free port, a receiver for its callbacks and the calls that the tests make. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { runSandbox } from '../../sandbox/run-sandbox.ts';

export const ACCOUNT = 'T12345678';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests read only the field under test; other tests check the whole shapes.
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  readonly body: any;
}

export interface SandboxClient {
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** With a bearer token. */
  api(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The value of the header `Authorization`. */
  bearer(): string;
  close(): Promise<void>;
}

export async function startSandbox(env: NodeJS.ProcessEnv = {}): Promise<SandboxClient> {
  const sandbox = await runSandbox({ SANDBOX_PORT: '0', ...env });
  const { url } = sandbox;
  const call: SandboxClient['call'] = async (method, path, body, headers = {}) => {
    const sent = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers, redirect: 'manual', ...sent });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
  const { body } = await call('POST', `/v1/accounts/${ACCOUNT}/auth/token`, grant(), basic());
  const bearer = { authorization: `Bearer ${body.access_token}` };
  return {
    url,
    close: () => sandbox.close(),
    call,
    bearer: () => bearer.authorization,
    api: (method, path, sent, headers) => call(method, path, sent, { ...bearer, ...headers }),
  };
}

export function grant(account = ACCOUNT): object {
  return { grant_type: 'client_credentials', audience: `https://api.dintero.com/v1/accounts/${account}` };
}

export function basic(secret = 'sandbox-client-secret-0001'): Record<string, string> {
  return { authorization: `Basic ${Buffer.from(`sandbox-client:${secret}`).toString('base64')}` };
}

export function aSession(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    profile_id: 'default',
    order: {
      amount: 29990,
      currency: 'NOK',
      merchant_reference: 'order-1',
      items: [{ id: 'chair-1', line_id: '1', amount: 29990, quantity: 1, description: 'Chair' }],
    },
    url: { return_url: 'https://shop.example/return?key=a%20b' },
    ...changes,
  };
}

/** Creates a session and returns its id; callbacks go to `callbackUrl` where it is given. */
export async function openSession(client: SandboxClient, callbackUrl?: string): Promise<string> {
  const url = {
    return_url: 'https://shop.example/return?key=a%20b',
    ...(callbackUrl && { callback_url: callbackUrl }),
  };
  const { body } = await client.api('POST', '/v1/sessions-profile', aSession({ url }));
  return body.id;
}

export interface Receiver {
  readonly url: string;
  readonly received: { method: string; target: string; headers: IncomingMessage['headers']; body: string }[];
  /** Statuses of the next answers, then 200. */
  readonly answers: number[];
  close(): Promise<void>;
}

/** An endpoint that records its requests and answers as the test says. */
export async function startReceiver(): Promise<Receiver> {
  const received: Receiver['received'] = [];
  const answers: number[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({
        method: request.method ?? '',
        target: request.url ?? '',
        headers: request.headers,
        body,
      });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `http://127.0.0.1:${portOf(server)}`, received, answers, close };
}

/** Waits for a condition, at most five seconds. */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
  return address.port;
}
