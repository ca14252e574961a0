import { VERSION } from '../../lib/version.ts';
import { GatewayUnavailable } from '../gateway-errors.ts';
import type { Answer, HttpRequest } from '../shared/http-exchange.ts';
import { createExchange } from '../shared/http-exchange.ts';
import type { DinteroDeps, DinteroSettings } from './settings.ts';
import { createTokenSource } from '../shared/token-source.ts';
import { requestToken } from './request-token.ts';

/** Sent with every call; Dintero stores them with each write. */
const SYSTEM_HEADERS = {
  'Dintero-System-Name': 'paidonce',
  'Dintero-System-Version': VERSION,
};

const EXCHANGES = {
  vendor: 'Dintero',
  forbidden: 'the API client needs the scope admin:checkout',
  urgent: new Set(['token', 'create session', 'find sessions', 'cancel session']),
} as const;

/** A call to the checkout API, or to the core API if `host` says so; `path` starts with `/v1/`. */
export type ClientRequest = Omit<HttpRequest, 'url'> & {
  readonly path: string;
  readonly host?: 'checkout' | 'core';
};

/** Calls Dintero with a token. Throws `GatewayUnavailable`; a 4xx about the request is an answer. */
export type DinteroClient = (request: ClientRequest) => Promise<Answer>;

/** A client that renews its token when it is due, and once more after a 401. */
export function createDinteroClient(
  settings: DinteroSettings,
  deps: DinteroDeps & { readonly now: () => Date },
): DinteroClient {
  const exchange = createExchange(EXCHANGES, deps);
  const tokens = createTokenSource(() => requestToken(settings, exchange), deps.now);
  const attempt = async ({
    path,
    host,
    ...request
  }: ClientRequest): Promise<{ answer: Answer; token: string }> => {
    const token = await tokens.current();
    const base = host === 'core' ? settings.apiUrl : settings.checkoutUrl;
    const headers = { ...SYSTEM_HEADERS, ...request.headers, authorization: `Bearer ${token}` };
    return { token, answer: await exchange({ ...request, headers, url: `${base}${path}` }) };
  };
  return async (request) => {
    const first = await attempt(request);
    if (first.answer.status !== 401) return first.answer;
    tokens.discard(first.token);
    const { answer, token } = await attempt(request);
    if (answer.status !== 401) return answer;
    tokens.discard(token);
    throw unauthorized(request.operation);
  };
}

function unauthorized(operation: string): GatewayUnavailable {
  return new GatewayUnavailable(
    `Dintero ${operation}: a new token was refused (401); check that the API client exists and belongs to this account`,
    { kind: 'credentials' },
  );
}
