/**
 * The keys of API_KEYS and their scopes, which say which calls under `/v1` each key may make. Contract §3.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { allows, type ApiKey, type Scope } from '../../config/api-keys.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { Refusal } from '../refusal.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';

/** Above the rate of any merchant's backend; a runaway loop exceeds it. */
const REQUESTS_PER_SECOND = 500;
const BURST = 2_000;

/** From one address within a minute. */
const MOST_WRONG_KEYS = 10;

/** One log line in ten seconds is enough; the metric counts every request. */
const LINES = { perSecond: 1 / 10, burst: 5 };

/** `npm start` writes its key to a file; the operator of a server has chosen the keys. */
const EXPECTED =
  '"Authorization: Bearer KEY" with one of API_KEYS was expected (npm start has one in .data/secrets.json)';
const NOT_LET_IN = {
  no_key: `the request has no API key; ${EXPECTED}`,
  wrong_key: `this API key is not known; ${EXPECTED}`,
} as const;

export interface KeyReports {
  readonly log: Logger;
  readonly metrics: Pick<Metrics, 'unauthorized'>;
}

/** The one place that compares API keys, for the API and for the sign-in of the dashboard. */
export interface KeyDoor {
  /**
   * The key with this value. All keys are compared, each in constant time. A valid key is accepted however many
   * wrong ones came before from the same address.
   * @throws Refusal `unauthorized`, `rate_limited`
   */
  admit(given: string | undefined, ctx: Context): ApiKey;
}

/** One per server: it counts the wrong keys of each address. */
export function createKeyDoor(apiKeys: readonly ApiKey[], reports: KeyReports): KeyDoor {
  const digests = apiKeys.map(({ key }) => digest(key));
  const refuse = createRefusal(reports);
  return {
    admit(given, ctx) {
      const wanted = digest(given ?? '');
      const index = digests.reduce((found, key, at) => (timingSafeEqual(key, wanted) ? at : found), -1);
      const admitted = apiKeys[index];
      if (admitted === undefined) throw refuse(ctx, given === undefined ? 'no_key' : 'wrong_key');
      return admitted;
    },
  };
}

/** Accepts a request that has one of the keys. */
export function bearerAuth(door: KeyDoor): Middleware {
  const buckets = new TokenBuckets(REQUESTS_PER_SECOND, BURST);
  return async (ctx: Context, next) => {
    // An answer that needs a key must not be cached.
    ctx.set('Cache-Control', 'no-store');
    const given = /^Bearer ([\x21-\x7e]+)$/i.exec(ctx.get('Authorization'))?.[1];
    const key = door.admit(given, ctx);
    if (!buckets.take(key.key))
      throw new Refusal(
        'rate_limited',
        `this API key sent too many requests; at most ${REQUESTS_PER_SECOND} a second are allowed, send the request again later`,
      );
    ctx.state['key'] = key;
    return next();
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Counts requests without a valid key, logs some of them, and makes their refusal. */
function createRefusal({ log, metrics }: KeyReports): (ctx: Context, why: 'no_key' | 'wrong_key') => Refusal {
  const guesses = new TokenBuckets(MOST_WRONG_KEYS / 60, MOST_WRONG_KEYS);
  const lines = new TokenBuckets(LINES.perSecond, LINES.burst);
  let unsaid = 0;
  return (ctx, why) => {
    const isTooOften = why === 'wrong_key' && !guesses.take(ctx.ip);
    metrics.unauthorized.inc({ reason: isTooOften ? 'too_often' : why });
    if (lines.take('')) {
      const { path, ip: address } = ctx;
      log.warn(
        { requestId: ctx.state['requestId'], reason: why, address, path, unsaid },
        'a request had no valid API key',
      );
      unsaid = 0;
    } else unsaid += 1;
    if (isTooOften) {
      const detail = `more than ${MOST_WRONG_KEYS} wrong API keys a minute came from this address; check the key: a valid one is accepted at any time`;
      return new Refusal('rate_limited', detail, { retryAfterSeconds: 60 / MOST_WRONG_KEYS });
    }
    ctx.set('WWW-Authenticate', 'Bearer');
    return new Refusal('unauthorized', NOT_LET_IN[why]);
  };
}

/** The API key of this request. */
export function keyOf(ctx: Context): ApiKey {
  return ctx.state['key'] as ApiKey;
}

/** Accepts a request whose key has one of these scopes. Calls that only read need no scope. */
export function needs(...scopes: readonly Scope[]): Middleware {
  return async (ctx: Context, next) => {
    const key = keyOf(ctx);
    if (!allows(key, scopes))
      throw new Refusal(
        'scope_missing',
        `the API key ${key.name} has the scope ${key.scopes.join('+')}; one of ${[...scopes, 'admin'].join(', ')} was expected; use another key, or change its scopes in API_KEYS`,
      );
    return next();
  };
}
