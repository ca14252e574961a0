import type { IncomingMessage, ServerResponse } from 'node:http';
import inject, { type InjectOptions } from 'light-my-request';
import type Koa from 'koa';

/** The address of the person, for the audit and the limits of the API. */
export const ADDRESS_HEADER = 'x-paidonce-address';

/**
 * The application as a `fetch`, without a connection: the dashboard calls the API like any other client, with the
 * key of the person, so each call has the same checks, scopes and audit.
 */
export function fetchInProcess(app: Koa): (request: Request) => Promise<Response> {
  const handle = app.callback();
  const dispatch = (req: IncomingMessage, res: ServerResponse) => void handle(req, res);
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const headers = Object.fromEntries(request.headers);
    const address = headers[ADDRESS_HEADER];
    delete headers[ADDRESS_HEADER];
    const asked = inject(dispatch, {
      method: request.method as NonNullable<InjectOptions['method']>,
      url: pathname + search,
      headers,
      ...(address !== undefined && { remoteAddress: address }),
      ...(request.body !== null && { payload: Buffer.from(await request.arrayBuffer()) }),
    });
    const answer = await Promise.race([asked, abortOf(request.signal)]);
    const body = [204, 304].includes(answer.statusCode) ? null : new Uint8Array(answer.rawPayload);
    return new Response(body, { status: answer.statusCode, headers: headersOf(answer.headers) });
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
