/** The keys of API_KEYS and their scopes: which calls under `/v1` each may make. Contract §3. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { allows, type ApiKey, type Scope } from '../../config/api-keys.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { Refusal } from '../refusal.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';

/** A merchant's backend asks less often than this; a loop that runs wild asks more. */
const REQUESTS_PER_SECOND = 500;
const BURST = 2_000;

/** Of one address, within a minute. */
const MOST_WRONG_KEYS = 10;

/** One line in ten seconds says as much as one for each request; the figure has them all. */
const LINES = { perSecond: 1 / 10, burst: 5 };

/** `npm start` writes its key to a file; a server's operator knows theirs. */
const EXPECTED =
  '"Authorization: Bearer KEY" with one of API_KEYS was expected (npm start has one in .data/secrets.json)';
const NOT_LET_IN = {
  no_key: `the request has no key; ${EXPECTED}`,
  wrong_key: `this key is not known; ${EXPECTED}`,
} as const;

interface Door {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'unauthorized'>;
}

/** Lets a request in by one of the keys; all are compared, each in constant time. A right key is served, however many wrong ones came before. */
export function bearerAuth(apiKeys: readonly ApiKey[], door: Door): Middleware {
  const digests = apiKeys.map(({ key }) => digest(key));
  const buckets = new TokenBuckets(REQUESTS_PER_SECOND, BURST);
  const refuse = createRefusal(door);
  return async (ctx: Context, next) => {
    // What is behind a key belongs into no cache.
    ctx.set('Cache-Control', 'no-store');
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(ctx.get('Authorization'))?.[1];
    const wanted = digest(given ?? '');
    const index = digests.reduce((found, key, at) => (timingSafeEqual(key, wanted) ? at : found), -1);
    if (index === -1) throw refuse(ctx, given === undefined ? 'no_key' : 'wrong_key');
    if (!buckets.take(String(index)))
      throw new Refusal('rate_limited', `at most ${REQUESTS_PER_SECOND} requests a second`);
    ctx.state['key'] = apiKeys[index];
    return next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Counts requests without a right key, says so now and then, and makes their answer. */
function createRefusal({ log, metrics }: Door): (ctx: Context, why: 'no_key' | 'wrong_key') => Refusal {
  const guesses = new TokenBuckets(MOST_WRONG_KEYS / 60, MOST_WRONG_KEYS);
  const lines = new TokenBuckets(LINES.perSecond, LINES.burst);
  let unsaid = 0;
  return (ctx, why) => {
    const isTooOften = why === 'wrong_key' && !guesses.take(ctx.ip);
    metrics.unauthorized.inc({ reason: isTooOften ? 'too_often' : why });
    if (lines.take('')) {
      const { path, ip: address } = ctx;
      log.warn({ requestId: ctx.state['requestId'], reason: why, address, path, unsaid }, 'no right API key');
      unsaid = 0;
    } else unsaid += 1;
    if (isTooOften) {
      const detail = `more than ${MOST_WRONG_KEYS} wrong keys a minute came from this address; a right one is served at any time`;
      return new Refusal('rate_limited', detail, { retryAfterSeconds: 60 / MOST_WRONG_KEYS });
    }
    ctx.set('WWW-Authenticate', 'Bearer');
    return new Refusal('unauthorized', NOT_LET_IN[why]);
  };
}

/** The key that let this request in. */
export function keyOf(ctx: Context): ApiKey {
  return ctx.state['key'] as ApiKey;
}

/** Lets on a request whose key has one of these scopes. Calls that change nothing need none. */
export function needs(...scopes: readonly Scope[]): Middleware {
  return async (ctx: Context, next) => {
    const key = keyOf(ctx);
    if (!allows(key, scopes))
      throw new Refusal(
        'scope_missing',
        `the key ${key.name} has the scope ${key.scopes.join('+')}; one of ${[...scopes, 'admin'].join(', ')} was expected`,
      );
    return next();
  };
}
