/** Sends a request within a time limit, and again where that is safe and promising. */
import { retryAfterOf } from './errors.ts';

export interface Trying {
  readonly fetch: typeof globalThis.fetch;
  /** Of each attempt. */
  readonly timeoutMs: number;
  readonly maxRetries: number;
}

/** A longer wait is the caller's decision. */
const LONGEST_WAIT_MS = 20_000;
const FIRST_PAUSE_MS = 250;

/**
 * Repeats a request that got no answer, or 429 or 503 with `Retry-After`. Only for calls that are idempotent: a
 * request without an answer may have had its effect.
 */
export function fetchAgain(trying: Trying): (request: Request) => Promise<Response> {
  return async (request) => {
    for (let retries = 0; ; retries += 1) {
      const isLast = retries >= trying.maxRetries;
      try {
        const response = await fetchInTime(trying, request.clone());
        const waitMs = waitAsked(response);
        if (isLast || waitMs === null) return response;
        await response.body?.cancel();
        await pause(waitMs, request.signal);
      } catch (error) {
        if (isLast || request.signal.aborted) throw error;
        await pause(FIRST_PAUSE_MS * 2 ** retries, request.signal);
      }
    }
  };
}

/** Sends a request once. */
export function fetchOnce(trying: Trying): (request: Request) => Promise<Response> {
  return (request) => fetchInTime(trying, request);
}

/** Not `AbortSignal.timeout`: its timer may be collected before it fires (nodejs/node#57736). */
async function fetchInTime({ fetch, timeoutMs }: Trying, request: Request): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new DOMException(`no answer within ${timeoutMs} ms`, 'TimeoutError')),
    timeoutMs,
  );
  const stop = () => limit.abort(request.signal.reason);
  request.signal.addEventListener('abort', stop, { once: true });
  try {
    const response = await fetch(request, { signal: limit.signal });
    // The limit counts for the body too, which is short.
    const body = [204, 304].includes(response.status) ? null : await response.arrayBuffer();
    const { status, statusText, headers } = response;
    return new Response(body, { status, statusText, headers });
  } finally {
    clearTimeout(timer);
    request.signal.removeEventListener('abort', stop);
  }
}

function waitAsked(response: Response): number | null {
  const seconds = [429, 503].includes(response.status) ? retryAfterOf(response) : null;
  return seconds === null || seconds * 1_000 > LONGEST_WAIT_MS ? null : seconds * 1_000;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
