import { GatewayUnavailable } from '../gateway-errors.ts';
import type { Answer, HttpRequest } from '../shared/http-exchange.ts';
import { createExchange } from '../shared/http-exchange.ts';
import { toForm, type Parameters } from './form-parameters.ts';
import type { StripeDeps, StripeSettings } from './settings.ts';

/**
 * The version whose shapes this folder understands. Every call names it, and so does our webhook endpoint, so
 * that the account's own version does not matter. It is the newest one that stripe-mock knows.
 */
export const API_VERSION = '2026-08-26.dahlia';

const EXCHANGES = {
  vendor: 'Stripe',
  forbidden: 'the key needs more permissions: docs/stripe.md lists them',
  urgent: new Set(['create session', 'find sessions', 'expire session']),
} as const;

/** A call to Stripe's API; `path` starts with `/v1/`. */
export interface ClientRequest extends Pick<HttpRequest, 'operation' | 'method' | 'signal'> {
  readonly path: string;
  readonly query?: Parameters;
  readonly form?: Parameters;
  /** Makes a repeated POST have one effect. */
  readonly idempotencyKey?: string;
}

/** Calls Stripe. Throws `GatewayUnavailable`; a 4xx about the request is an answer. */
export type StripeClient = (request: ClientRequest) => Promise<Answer>;

export function createStripeClient(
  settings: Pick<StripeSettings, 'accountId' | 'secretKey' | 'apiUrl'>,
  deps: StripeDeps & { readonly now: () => Date },
): StripeClient {
  const exchange = createExchange(EXCHANGES, deps);
  const common = headersOf(settings);
  return async ({ path, query = {}, form, idempotencyKey, ...request }) => {
    const asked = toForm(query).toString();
    const url = `${settings.apiUrl}${path}${asked === '' ? '' : `?${asked}`}`;
    const headers = { ...common, ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }) };
    const answer = await exchange({ ...request, url, headers, ...(form && { form: toForm(form) }) });
    if (answer.status === 401) throw unauthorized(request.operation);
    return answer;
  };
}

/** The key of an organization opens several accounts, so it has to name one. */
function headersOf({
  accountId,
  secretKey,
}: Pick<StripeSettings, 'accountId' | 'secretKey'>): Record<string, string> {
  return {
    authorization: `Bearer ${secretKey}`,
    'Stripe-Version': API_VERSION,
    ...(secretKey.startsWith('sk_org_') && { 'Stripe-Context': accountId }),
  };
}

function unauthorized(operation: string): GatewayUnavailable {
  return new GatewayUnavailable(
    `Stripe ${operation}: the key was refused (401); check STRIPE_SECRET_KEY: it may be rolled, expired, or limited to other IP addresses`,
    { kind: 'credentials' },
  );
}
