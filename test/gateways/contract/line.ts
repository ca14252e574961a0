/**
 * The line between an adapter and its PSP, as a `fetch` that fails on request. Every failure but `unreachable` is
 * a real answer of a real server, so that redirects, streams and signals behave as they do.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { RETRY_AFTER_S, type Call, type Trouble } from './stand.ts';

/** Which calls are of which kind: `POST /v1/refunds`. */
export type CallPatterns = Readonly<Record<Exclude<Call, 'all'>, RegExp>>;

const HTML = '<!DOCTYPE html><html><body><h1>Sorry</h1></body></html>';
const HUGE_BYTES = 10 * 1024 * 1024;

interface BadAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const HTML_TYPE = { 'content-type': 'text/html' };

/** A PSP may repeat what it was sent. */
function repeating({ headers }: IncomingMessage): string {
  const message = `refused: ${headers.authorization ?? ''}`;
  return JSON.stringify({ message, error: { message } });
}

const ANSWERS: Partial<Record<Trouble, (request: IncomingMessage) => BadAnswer>> = {
  status_500: (request) => ({ status: 500, headers: JSON_TYPE, body: repeating(request) }),
  html_503: () => ({ status: 503, headers: HTML_TYPE, body: HTML }),
  html_200: () => ({ status: 200, headers: HTML_TYPE, body: HTML }),
  redirect_302: () => ({ status: 302, headers: { location: '/elsewhere' }, body: '' }),
  forbidden_403: (request) => ({ status: 403, headers: JSON_TYPE, body: repeating(request) }),
  too_many_429: () => ({ status: 429, headers: { 'retry-after': String(RETRY_AFTER_S) }, body: '' }),
  huge_200: () => ({ status: 200, headers: JSON_TYPE, body: `{"id":"${'x'.repeat(HUGE_BYTES)}"}` }),
  truncated_200: () => ({ status: 200, headers: JSON_TYPE, body: '{"id":"x","status":"succ' }),
};

export class Line {
  readonly #patterns: CallPatterns;
  #next: { readonly call: Call; readonly trouble: Trouble } | null = null;
  readonly #server = createServer((request, response) => answerBadly(request, response));

  constructor(patterns: CallPatterns) {
    this.#patterns = patterns;
  }

  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  fail(call: Call, trouble: Trouble): void {
    this.#next = { call, trouble };
  }

  /** For the adapter, in place of the global one. */
  readonly fetch: typeof fetch = async (url, init) => {
    const { pathname } = new URL(url instanceof Request ? url.url : url);
    const trouble = this.#troubleOf(`${init?.method ?? 'GET'} ${pathname}`);
    if (trouble === null) return fetch(url, init);
    if (trouble === 'unreachable') throw unreachable();
    if (trouble === 'lost_after') await fetch(url, init).then((answer) => answer.arrayBuffer());
    const { port } = this.#server.address() as AddressInfo;
    return fetch(`http://127.0.0.1:${port}/${trouble}`, init);
  };

  #troubleOf(call: string): Trouble | null {
    const next = this.#next;
    if (next === null || (next.call !== 'all' && !this.#patterns[next.call].test(call))) return null;
    if (next.call !== 'all') this.#next = null;
    return next.trouble;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function answerBadly(request: IncomingMessage, response: ServerResponse): void {
  const trouble = (request.url ?? '').slice(1);
  if (trouble === 'hangs') return;
  const answer = trouble === 'elsewhere' ? FOLLOWED : ANSWERS[trouble as Trouble]?.(request);
  if (answer === undefined) response.destroy();
  else response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** What a client gets that follows a redirect: something that looks like success. */
const FOLLOWED: BadAnswer = { status: 200, headers: JSON_TYPE, body: '{}' };

/** As undici throws it. */
function unreachable(): TypeError {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  return new TypeError('fetch failed', { cause });
}
