import { GatewayUnavailable } from '../gateway.ts';
import type { GatewayCall } from '../descriptor.ts';
import type { DinteroDeps } from './settings.ts';
import { isUnsent } from './unsent.ts';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface HttpRequest {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** An answer that Dintero gave on purpose: 2xx, or a 4xx about what was asked. */
export interface Answer {
  readonly status: number;
  /** The parsed JSON; undefined where there is none to be had, and `problem` says why. */
  readonly body: unknown;
  readonly problem?: string;
}

/** Nothing that can be understood came back. Whether the request was carried out is another question: `mayHaveArrived`. */
export class Silence extends GatewayUnavailable {
  readonly operation: string;
  /** What was answered, where anything was. */
  readonly status: number | undefined;
  /** False where it is certain that the request never left. */
  readonly mayHaveArrived: boolean;

  constructor(
    { operation }: HttpRequest,
    what: string,
    how: {
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly mayHaveArrived?: boolean;
      readonly cause?: unknown;
    },
  ) {
    const { cause, retryAfterMs } = how;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    super(`Dintero ${operation}: ${what}`, { kind: 'silent', cause, ...wait });
    this.operation = operation;
    this.status = how.status;
    this.mayHaveArrived = how.mayHaveArrived ?? true;
  }
}

/**
 * One HTTP exchange. Throws `GatewayUnavailable` for everything that says nothing about what was asked:
 * no answer, 5xx, redirects (`Silence`), 403 (`credentials`), 429 (`rate_limited`). A 401 is for the caller.
 */
export type Exchange = (request: HttpRequest) => Promise<Answer>;

/** The exchange over `fetch`, with a time-out, a size limit and each call reported to `onCall`. */
export function createExchange(deps: DinteroDeps & { readonly now: () => Date }): Exchange {
  const send = deps.fetch ?? fetch;
  const { rate = (call) => call() } = deps;
  return async (request) => rate(() => exchange(send, deps, request), URGENT.has(request.operation));
}

/** What a shopper waits for, and what everything else needs. */
const URGENT: ReadonlySet<string> = new Set(['token', 'create session', 'find sessions', 'cancel session']);

async function exchange(
  send: typeof fetch,
  deps: DinteroDeps & { readonly now: () => Date },
  request: HttpRequest,
): Promise<Answer> {
  const startedAt = performance.now();
  const isGivenUp = request.signal?.aborted === true;
  const report = (outcome: GatewayCall['outcome'], serverDate?: Date): void => {
    const ms = performance.now() - startedAt;
    deps.onCall?.({ operation: request.operation, outcome, ms, ...(serverDate && { serverDate }) });
  };
  const [response, answer] = await receive(send, request).catch((cause: unknown) => {
    report('silent');
    throw new Silence(request, 'no answer', {
      cause,
      mayHaveArrived: !isGivenUp && !isUnsent(cause),
    });
  });
  report(outcomeOf(answer), dateOf(response.headers.get('date')));
  return usable(request, answer, retryAfterMs(response.headers.get('retry-after'), deps.now()));
}

async function receive(send: typeof fetch, request: HttpRequest): Promise<[Response, Answer]> {
  const deadline = new AbortController();
  const abort = (): void => deadline.abort(request.signal?.reason);
  const timer = setTimeout(() => deadline.abort(new Error(`no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  request.signal?.addEventListener('abort', abort, { once: true });
  if (request.signal?.aborted) abort();
  try {
    const response = await send(request.url, toInit(request, deadline.signal));
    return [response, { status: response.status, ...(await readJson(response)) }];
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener('abort', abort);
  }
}

function toInit({ method, headers, body }: HttpRequest, signal: AbortSignal): RequestInit {
  const content = body === undefined ? {} : { 'content-type': 'application/json' };
  return {
    method,
    signal,
    // Followed, a redirect would carry the token to a host that nobody configured.
    redirect: 'manual',
    headers: { accept: 'application/json', 'user-agent': 'paidonce', ...content, ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  };
}

async function readJson(response: Response): Promise<Omit<Answer, 'status'>> {
  const text = await readText(response);
  if (text === null) return { body: undefined, problem: `answer larger than ${MAX_ANSWER_BYTES} bytes` };
  if (text === '' && response.status === 204) return { body: undefined };
  try {
    return { body: JSON.parse(text) };
  } catch {
    return { body: undefined, problem: 'answer is not JSON' };
  }
}

async function readText(response: Response): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    // Leaving the loop cancels the stream.
    if (size > MAX_ANSWER_BYTES) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function outcomeOf({ status, problem }: Answer): GatewayCall['outcome'] {
  if (status === 401 || status === 403) return 'credentials';
  if (status === 429) return 'rate_limited';
  if (saysNothing(status)) return 'silent';
  if (status >= 400) return 'rejected';
  return problem === undefined ? 'ok' : 'silent';
}

function usable(request: HttpRequest, answer: Answer, retryAfter: number | undefined): Answer {
  const { status } = answer;
  const wait = retryAfter === undefined ? {} : { retryAfterMs: retryAfter };
  if (status === 403) throw forbidden(request);
  if (status === 429) {
    throw new GatewayUnavailable(`Dintero ${request.operation}: too many requests (429)`, {
      kind: 'rate_limited',
      ...wait,
    });
  }
  if (saysNothing(status)) throw new Silence(request, `answered ${status}`, { status, ...wait });
  return answer;
}

/** A server in trouble, a request that it did not wait for, or a redirect (never followed). */
function saysNothing(status: number): boolean {
  return status >= 500 || status === 408 || status < 200 || (status >= 300 && status < 400);
}

function forbidden({ operation }: HttpRequest): GatewayUnavailable {
  return new GatewayUnavailable(
    `Dintero ${operation}: forbidden (403); the API client needs the scope admin:checkout`,
    { kind: 'credentials' },
  );
}

/** `Retry-After` in either of its forms, as milliseconds from now. */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = dateOf(header);
  return at && Math.max(0, at.getTime() - now.getTime());
}

function dateOf(header: string | null): Date | undefined {
  const at = Date.parse(header ?? '');
  return Number.isNaN(at) ? undefined : new Date(at);
}
