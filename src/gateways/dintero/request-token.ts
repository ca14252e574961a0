import { z } from 'zod';
import { GatewayUnavailable } from '../gateway-errors.ts';
import type { Exchange } from '../shared/http-exchange.ts';
import type { Token } from '../shared/token-source.ts';
import type { DinteroSettings } from './settings.ts';

/** Dintero's token audience for its API; it is the same for every host or proxy. */
const AUDIENCE = 'https://api.dintero.com/v1/accounts';

// Visible ASCII only: fetch puts an ill-formed header value, and so the token, into its error message.
const tokenAnswer = z.object({
  access_token: z.string().regex(/^[\u0021-\u007e]+$/),
  expires_in: z.number().positive(),
});

/** A token for the account, by client credentials. @throws GatewayUnavailable */
export async function requestToken(settings: DinteroSettings, exchange: Exchange): Promise<Token> {
  const { apiUrl, accountId, clientId, clientSecret } = settings;
  const { status, body } = await exchange({
    operation: 'token',
    method: 'POST',
    url: `${apiUrl}/v1/accounts/${accountId}/auth/token`,
    headers: { authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: { grant_type: 'client_credentials', audience: `${AUDIENCE}/${accountId}` },
  });
  if (status >= 400) throw credentialsRefused(status);
  const answer = tokenAnswer.safeParse(body);
  if (!answer.success)
    throw new GatewayUnavailable('Dintero token: the answer has no usable token', { kind: 'silent' });
  return { value: answer.data.access_token, lifetimeMs: answer.data.expires_in * 1000 };
}

function credentialsRefused(status: number): GatewayUnavailable {
  return new GatewayUnavailable(
    `Dintero token: refused with ${status}; check DINTERO_CLIENT_ID, DINTERO_CLIENT_SECRET and that they belong to DINTERO_ACCOUNT_ID`,
    { kind: 'credentials' },
  );
}
