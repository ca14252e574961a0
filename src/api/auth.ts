import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';
import { TokenBuckets } from './token-bucket.ts';

/** A merchant's backend asks less often than this; a loop that runs wild asks more. */
const REQUESTS_PER_SECOND = 500;
const BURST = 2_000;

/** In any case: the router does not tell `/V1/payments` from `/v1/payments`. */
const GUARDED = /^\/v1(?:\/|$)/i;

/** Lets in who holds one of the keys; all are compared, each in constant time. */
export function bearerAuth(apiKeys: readonly string[]): Middleware {
  const digests = apiKeys.map(digest);
  const buckets = new TokenBuckets(REQUESTS_PER_SECOND, BURST);
  return async (ctx: Context, next) => {
    if (!GUARDED.test(ctx.path)) return next();
    // What is behind a key belongs into no cache.
    ctx.set('Cache-Control', 'no-store');
    const given = digest(/^Bearer ([\x21-\x7e]+)$/i.exec(ctx.get('Authorization'))?.[1] ?? '');
    const index = digests.reduce((found, key, at) => (timingSafeEqual(key, given) ? at : found), -1);
    if (index === -1) {
      ctx.set('WWW-Authenticate', 'Bearer');
      throw new Problem('unauthorized', 'Authorization: Bearer with one of API_KEYS was expected');
    }
    if (!buckets.take(String(index)))
      throw new Problem('rate_limited', `at most ${REQUESTS_PER_SECOND} requests a second`);
    return next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
