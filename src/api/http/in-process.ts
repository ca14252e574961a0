import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import inject, { type InjectOptions } from 'light-my-request';
import type Koa from 'koa';

/** The address of the person, for the audit and the limits of the API. */
export const ADDRESS_HEADER = 'x-paidonce-address';

/**
 * The application as a `fetch`, without a connection: the dashboard calls the API like any other client, with the
 * key of the person, so each call has the same checks, scopes and audit.
 */
export function fetchInProcess(app: Koa): (request: Request) => Promise<Response> {
  const dispatch = dispatchTo(app);
  return async (request) => {
    const asked = inject(dispatch, await injected(request));
    const answer = await Promise.race([asked, abortOf(request.signal)]);
    const body = [204, 304].includes(answer.statusCode) ? null : new Uint8Array(answer.rawPayload);
    return new Response(body, { status: answer.statusCode, headers: headersOf(answer.headers) });
  };
}

/** An answer whose body is read while it is made. */
export interface Download {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readable;
}

/** The same for an answer that may be long. */
export function downloadInProcess(app: Koa): (request: Request) => Promise<Download> {
  const dispatch = dispatchTo(app);
  return async (request) => {
    const asked = { ...(await injected(request)), payloadAsStream: true } as const;
    const { statusCode: status, headers, stream } = await inject(dispatch, asked);
    return { status, headers: Object.fromEntries(headersOf(headers)), body: stream() };
  };
}

function dispatchTo(app: Koa) {
  const handle = app.callback();
  return (req: IncomingMessage, res: ServerResponse) => void handle(req, res);
}

async function injected(request: Request): Promise<InjectOptions> {
  const { pathname, search } = new URL(request.url);
  const headers = Object.fromEntries(request.headers);
  const address = headers[ADDRESS_HEADER];
  delete headers[ADDRESS_HEADER];
  return {
    method: request.method as NonNullable<InjectOptions['method']>,
    url: pathname + search,
    headers,
    ...(address !== undefined && { remoteAddress: address }),
    ...(request.body !== null && { payload: Buffer.from(await request.arrayBuffer()) }),
  };
}

/** The call goes on: only its caller does not wait any longer. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function headersOf(given: object): [string, string][] {
  return Object.entries(given).flatMap(([name, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, String(one)]),
  );
}
