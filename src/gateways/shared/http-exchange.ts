/** HTTP exchanges with a gateway: a JSON answer, or a `GatewayUnavailable` that says why there is none. */
import { answered, callInSpan, httpCall, inThisTrace } from '../../lib/spans.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import type { GatewayCall, GatewayDeps } from '../gateway-descriptor.ts';
import { GatewayUnavailable } from '../gateway-errors.ts';
import { isUnsent } from './unsent-request.ts';

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface HttpRequest {
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as a form, in place of a body. */
  readonly form?: URLSearchParams | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The settings of all exchanges with one gateway. */
export interface ExchangeSettings {
  /** The gateway's name, for errors. */
  readonly vendor: string;
  /** What an operator has to do after a 403. */
  readonly forbidden: string;
  /** Operations that a payer waits for or that all others need. They go first. */
  readonly urgent: ReadonlySet<string>;
}

export interface ExchangeDeps extends GatewayDeps {
  readonly fetch?: typeof fetch;
  readonly now: () => Date;
}

/** A regular answer of the gateway: 2xx, or a 4xx about the request. */
export interface Answer {
  readonly status: number;
  /** The parsed JSON; undefined if there is none, and `problem` says why. */
  readonly body: unknown;
  readonly problem?: string;
  readonly headers?: Headers;
}

/**
 * No understandable response came back. `mayHaveArrived` says whether the request may have been carried out.
 */
export class Silence extends GatewayUnavailable {
  readonly operation: string;
  /** The status, if there was a response. */
  readonly status: number | undefined;
  /** False if it is certain that the request never left. */
  readonly mayHaveArrived: boolean;
  /** The headers, if there was a response. */
  readonly headers: Headers | undefined;
  /** Whether the response was JSON, and so the gateway's own and no page of a proxy before it. */
  readonly isJson: boolean;

  constructor(
    vendor: string,
    { operation }: HttpRequest,
    how: {
      /** Ends the message. */
      readonly what: string;
      readonly status?: number;
      readonly retryAfterMs?: number;
      readonly mayHaveArrived?: boolean;
      readonly headers?: Headers | undefined;
      readonly isJson?: boolean;
      readonly cause?: unknown;
    },
  ) {
    const { cause, retryAfterMs } = how;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    super(`${vendor} ${operation}: ${how.what}`, { kind: 'silent', cause, ...wait });
    this.operation = operation;
    this.status = how.status;
    this.mayHaveArrived = how.mayHaveArrived ?? true;
    this.headers = how.headers;
    this.isJson = how.isJson ?? false;
  }
}

/**
 * One HTTP exchange. Throws `GatewayUnavailable` for every result that says nothing about the request: no
 * answer, 5xx, redirects (`Silence`), 403 (`credentials`), 429 (`rate_limited`). The caller handles a 401.
 */
export type Exchange = (request: HttpRequest) => Promise<Answer>;

/** The exchange over `fetch`, with a time-out and a size limit. Each call is reported to `onCall`. */
export function createExchange(settings: ExchangeSettings, deps: ExchangeDeps): Exchange {
  const { rate = (call) => call() } = deps;
  return async (request) =>
    rate(
      inThisTrace(() => exchange(settings, deps, request)),
      settings.urgent.has(request.operation),
    );
}

async function exchange(
  settings: ExchangeSettings,
  deps: ExchangeDeps,
  request: HttpRequest,
): Promise<Answer> {
  const startedAt = performance.now();
  const isGivenUp = request.signal?.aborted === true;
  const report = (outcome: GatewayCall['outcome'], serverDate?: Date): void => {
    const ms = performance.now() - startedAt;
    deps.onCall?.({ operation: request.operation, outcome, ms, ...(serverDate && { serverDate }) });
  };
  const [response, answer] = await tracedCall(settings, request, () =>
    receive(deps.fetch ?? fetch, request),
  ).catch((cause: unknown) => {
    report('silent');
    const mayHaveArrived = !isGivenUp && !isUnsent(cause);
    throw new Silence(settings.vendor, request, { what: 'no answer', cause, mayHaveArrived });
  });
  report(callOutcome(answer), dateOf(response.headers.get('date')));
  return usable(settings, request, {
    answer,
    retryAfterMs: retryAfterMs(response.headers.get('retry-after'), deps.now()),
  });
}

/** No `traceparent` is sent: a gateway has no use for it, and its API may refuse headers that it does not know. */
function tracedCall(
  { vendor }: ExchangeSettings,
  { operation, method, url }: HttpRequest,
  call: () => Promise<[Response, Answer]>,
): Promise<[Response, Answer]> {
  return callInSpan(`${vendor} ${operation}`, httpCall(method, url), async (span) => {
    const received = await call();
    answered(span, received[1].status);
    return received;
  });
}

function receive(send: typeof fetch, request: HttpRequest): Promise<[Response, Answer]> {
  return withTimeLimit(TIMEOUT_MS, [request.signal], async (signal) => {
    const response = await send(request.url, toInit(request, signal));
    const { status, headers } = response;
    return [response, { status, headers, ...(await readJson(response)) }];
  });
}

function toInit({ method, headers, body, form }: HttpRequest, signal: AbortSignal): RequestInit {
  const json = body === undefined ? undefined : JSON.stringify(body);
  const content = json === undefined ? {} : { 'content-type': 'application/json' };
  return {
    method,
    signal,
    // Following a redirect would send the token to a host that is not configured.
    redirect: 'manual',
    headers: { accept: 'application/json', 'user-agent': 'paidonce', ...content, ...headers },
    // `fetch` itself names the type of a form.
    ...((form ?? json) !== undefined && { body: form ?? json ?? null }),
  };
}

async function readJson(response: Response): Promise<Pick<Answer, 'body' | 'problem'>> {
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

function callOutcome({ status, problem }: Answer): GatewayCall['outcome'] {
  if (status === 401 || status === 403) return 'credentials';
  if (status === 429) return 'rate_limited';
  if (saysNothing(status)) return 'silent';
  if (status >= 400) return 'rejected';
  return problem === undefined ? 'ok' : 'silent';
}

function usable(
  { vendor, forbidden }: ExchangeSettings,
  request: HttpRequest,
  { answer, ...given }: { readonly answer: Answer; readonly retryAfterMs: number | undefined },
): Answer {
  const { status, headers, problem } = answer;
  const wait = given.retryAfterMs === undefined ? {} : { retryAfterMs: given.retryAfterMs };
  const what = `${vendor} ${request.operation}`;
  if (status === 403)
    throw new GatewayUnavailable(`${what}: forbidden (403); ${forbidden}`, { kind: 'credentials' });
  if (status === 429)
    throw new GatewayUnavailable(`${what}: too many requests (429)`, { kind: 'rate_limited', ...wait });
  if (saysNothing(status))
    throw new Silence(vendor, request, {
      what: `answered ${status}`,
      status,
      headers,
      isJson: problem === undefined,
      ...wait,
    });
  return answer;
}

/**
 * Whether a status says nothing about the request: a server error, a request time-out, or a redirect, which
 * is never followed.
 */
function saysNothing(status: number): boolean {
  return status >= 500 || status === 408 || status < 200 || (status >= 300 && status < 400);
}

/** `Retry-After` in either of its forms, as milliseconds from now. */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = dateOf(header);
  return at && Math.max(0, at.getTime() - now.getTime());
}

/** A time in a header, such as `Date`. */
export function dateOf(header: string | null | undefined): Date | undefined {
  const at = Date.parse(header ?? '');
  return Number.isNaN(at) ? undefined : new Date(at);
}
