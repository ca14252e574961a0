import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Router, RouterContext } from '@koa/router';
import { z } from 'zod';
import type { Sandbox } from '../sandbox.ts';
import { operation } from './operation.ts';
import { invalid, Problem } from '../../http/problem.ts';
import { parseBody, readJson } from '../../http/request-body.ts';

/**
 * The access tokens of this process. A restart forgets them, which looks to a client like a revoked token.
 */
export class Tokens {
  readonly #expiresAtMs = new Map<string, number>();

  issue(seconds: number): string {
    this.#forgetExpired();
    const token = randomBytes(32).toString('base64url');
    this.#expiresAtMs.set(token, Date.now() + seconds * 1_000);
    return token;
  }

  isValid(token: string): boolean {
    return (this.#expiresAtMs.get(token) ?? 0) > Date.now();
  }

  clear(): void {
    this.#expiresAtMs.clear();
  }

  #forgetExpired(): void {
    for (const [token, atMs] of this.#expiresAtMs) if (atMs <= Date.now()) this.#expiresAtMs.delete(token);
  }
}

const grantSchema = z.looseObject({ grant_type: z.literal('client_credentials'), audience: z.string() });

export function tokenRoutes(router: Router, sandbox: Sandbox): void {
  router.post(
    '/accounts/:oid/auth/token',
    operation(sandbox, 'token', (ctx) => grantToken(sandbox, ctx)),
  );
}

async function grantToken(sandbox: Sandbox, ctx: RouterContext): Promise<void> {
  const { settings, faults, tokens } = sandbox;
  const given = /^Basic (\S+)$/i.exec(ctx.get('authorization'))?.[1] ?? '';
  if (!isSame(Buffer.from(given, 'base64').toString(), `${settings.clientId}:${settings.clientSecret}`)) {
    throw new Problem(401, 'the client id or secret is wrong', 'UNAUTHORIZED');
  }
  if (ctx.params['oid'] !== settings.account) {
    throw new Problem(403, `this client does not belong to account ${ctx.params['oid']}`, 'FORBIDDEN');
  }
  const { audience } = parseBody(grantSchema, await readJson(ctx.req));
  if (!audience.endsWith(`/v1/accounts/${settings.account}`)) {
    throw invalid(`audience: expected …/v1/accounts/${settings.account}`);
  }
  const seconds = faults.knobs.tokenExpiresIn ?? settings.tokenSeconds;
  ctx.body = { access_token: tokens.issue(seconds), token_type: 'Bearer', expires_in: seconds };
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
