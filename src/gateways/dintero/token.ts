import { z } from 'zod';
import { GatewayUnavailable } from '../gateway.ts';
import type { Exchange } from './http.ts';
import type { DinteroSettings } from './settings.ts';

/** Dintero's name for its API as a token audience; the same whatever host or proxy it is reached through. */
const AUDIENCE = 'https://api.dintero.com/v1/accounts';

// Visible ASCII only: fetch puts an ill-formed header value, so the token, into its error message.
const tokenAnswer = z.object({
  access_token: z.string().regex(/^[\u0021-\u007e]+$/),
  expires_in: z.number().positive(),
});

interface Token {
  readonly value: string;
  /** To be renewed from then on. */
  readonly goodUntil: number;
  readonly expiresAt: number;
}

/** A token for the account, asked for once however many wait for it. */
export interface TokenSource {
  /** A token that is still good. Throws `GatewayUnavailable`. */
  current(): Promise<string>;
  /** Says that this token was refused, so that the next one is new. */
  discard(value: string): void;
}

/** Tokens by client credentials, kept for the `expires_in` that Dintero says, less a skew. */
export function createTokenSource(
  settings: DinteroSettings,
  deps: { readonly exchange: Exchange; readonly now: () => Date },
): TokenSource {
  let kept: Token | undefined;
  let asked: Promise<Token> | undefined;
  const ask = async (): Promise<Token> => {
    try {
      return (kept = await requestToken(settings, deps));
    } finally {
      asked = undefined;
    }
  };
  return {
    async current() {
      const now = deps.now().getTime();
      if (kept !== undefined && now < kept.goodUntil) return kept.value;
      const renewed = (asked ??= ask());
      if (kept === undefined || now >= kept.expiresAt) return (await renewed).value;
      // Good still: nobody waits for a renewal that may hang.
      renewed.catch(() => undefined);
      return kept.value;
    },
    discard(value) {
      if (kept?.value === value) kept = undefined;
    },
  };
}

// No AbortSignal of a caller: others may be waiting for the same token.
async function requestToken(
  { apiUrl, accountId, clientId, clientSecret }: DinteroSettings,
  { exchange, now }: { readonly exchange: Exchange; readonly now: () => Date },
): Promise<Token> {
  const askedAt = now().getTime();
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
    throw new GatewayUnavailable('Dintero token: no usable token in the answer', { kind: 'silent' });
  const lifetimeMs = answer.data.expires_in * 1000;
  return {
    value: answer.data.access_token,
    goodUntil: askedAt + lifetimeMs - Math.min(60_000, lifetimeMs / 10),
    // Less what the way to the gateway takes.
    expiresAt: askedAt + lifetimeMs - Math.min(5_000, lifetimeMs / 20),
  };
}

function credentialsRefused(status: number): GatewayUnavailable {
  return new GatewayUnavailable(
    `Dintero token: refused with ${status}; check DINTERO_CLIENT_ID, DINTERO_CLIENT_SECRET and that they are of DINTERO_ACCOUNT_ID`,
    { kind: 'credentials' },
  );
}
