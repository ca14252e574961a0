/** How Stripe says that an idempotency key is of no use any more. */
import { Silence, type Answer } from '../shared/http-exchange.ts';
import { errorOf } from './parse-answer.ts';

/**
 * The key was used for a request with another body. Stripe keeps the response to that request, and never
 * carries out this one.
 */
export function isOfOtherRequest(answer: Answer): boolean {
  // 409: the first request with this key is still under way.
  return answer.status !== 409 && errorOf(answer).type === 'idempotency_error';
}

/** A failure of Stripe's own that it keeps for the key: every repetition gets it again. */
export function isKeptFailure(error: unknown): error is Silence {
  if (!(error instanceof Silence) || (error.status ?? 0) < 500) return false;
  return error.headers?.get('idempotent-replayed') === 'true';
}
