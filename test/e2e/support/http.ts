export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Only the field under test is read here; other tests check the whole shapes.
  // oxlint-disable-next-line typescript/no-explicit-any -- see above
  readonly body: any;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Calls of one server, answers parsed, redirects not followed. */
export function createCall(origin: string, headers: Record<string, string> = {}): Call {
  return async (method, path, body, more = {}) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, origin), {
      method,
      redirect: 'manual',
      headers: { ...json, ...headers, ...more },
      signal: AbortSignal.timeout(30_000),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  };
}
