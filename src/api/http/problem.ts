/** RFC 9457 problems with stable codes. Every code that can leave this service is in this table, and so in the OpenAPI document. */
import { randomUUID } from 'node:crypto';
import type { Context, Middleware, Next } from 'koa';
import type { Logger } from '../../telemetry/log.ts';
import { rootOf } from '../../telemetry/root-of.ts';
import { isStoreUnavailable } from '../../store/errors.ts';
import { RunEnded, RunsUnavailable } from '../../temporal/calls.ts';

export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not JSON' },
  malformed: { status: 400, title: 'The request could not be understood' },
  unauthorized: { status: 401, title: 'No valid API key' },
  bad_signature: { status: 401, title: 'The signature is missing or wrong' },
  stale_signature: { status: 401, title: 'The signature is right but its time is not' },
  declined: { status: 402, title: 'The payment service provider declined the operation' },
  reversed: {
    status: 402,
    title: 'The operation was done, and the payment service provider has taken it back',
  },
  scope_missing: { status: 403, title: 'This API key may not do that' },
  source_not_allowed: { status: 403, title: 'This address may not call here' },
  not_found: { status: 404, title: 'There is no such thing' },
  method_not_allowed: { status: 405, title: 'This method is not for this address' },
  request_timeout: { status: 408, title: 'The request did not come in time' },
  order_mismatch: { status: 409, title: 'The order has an open payment that differs' },
  order_already_paid: { status: 409, title: 'The order has been paid' },
  payment_in_review: { status: 409, title: 'A payment of this order waits for a person' },
  already_paid: { status: 409, title: 'There is money on this payment' },
  not_cancellable: { status: 409, title: 'The payment can not be cancelled now' },
  not_in_review: { status: 409, title: 'The payment is not in REVIEW' },
  not_acceptable: { status: 409, title: 'There is nothing to accept' },
  give_back_failed: { status: 409, title: 'The money could not be given back' },
  payment_not_paid: { status: 409, title: 'This payment has not paid its order' },
  operation_not_possible: { status: 409, title: 'The payment does not allow this now' },
  amount_too_large: { status: 409, title: 'More than what is left' },
  reference_reused: { status: 409, title: 'The reference belongs to another operation' },
  not_confirmed: { status: 409, title: 'It was sent, and nobody can say whether it was done' },
  no_transaction: { status: 409, title: 'The payment has no transaction' },
  not_redeliverable: { status: 409, title: 'This can not be done again' },
  too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  items_required: { status: 422, title: 'This payment method needs the lines' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Our fault' },
  gateway_rejected: { status: 502, title: 'The payment service provider refused' },
  gateway_not_configured: { status: 503, title: "The payment's gateway is not configured" },
  unavailable: { status: 503, title: 'Not available right now' },
} as const;

export type ProblemCode = keyof typeof PROBLEMS;

export interface FieldProblem {
  /** A JSON Pointer into the body, or the name of a query parameter. */
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that says what was wrong, what was expected and what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Why, in the gateway's words. */
  readonly reason: string | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    more: {
      errors?: readonly FieldProblem[];
      retryAfterSeconds?: number;
      reason?: string;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.errors = more.errors;
    this.retryAfterSeconds = more.retryAfterSeconds;
    this.reason = more.reason;
  }
}

/** The one place where an error becomes an answer; nothing of an unforeseen one leaves the process but its request id. */
export function problems(log: Logger): Middleware {
  return async (ctx: Context, next: Next) => {
    const requestId = requestIdOf(ctx);
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Problem('not_found', `there is nothing at ${ctx.path}`);
    } catch (error) {
      const problem = asProblem(error);
      if (problem.code === 'internal')
        log.error({ err: error, requestId, path: ctx.path }, 'unforeseen error');
      if (problem.code === 'unavailable')
        log.warn({ requestId, path: ctx.path, reason: rootOf(problem.cause) }, problem.message);
      writeProblem(ctx, problem);
    }
  };
}

/** Puts a problem into an answer. */
function writeProblem(ctx: Context, problem: Problem): void {
  const { status } = PROBLEMS[problem.code];
  ctx.status = status;
  ctx.type = 'application/problem+json';
  ctx.body = problemBody(problem, ctx.state['requestId'] as string);
  const retryAfter = problem.retryAfterSeconds ?? (status === 503 || status === 429 ? 1 : undefined);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
}

/** A problem as it leaves, whoever writes it. */
export function problemBody({ code, errors, reason, message: detail }: Problem, requestId: string): object {
  const { status, title } = PROBLEMS[code];
  const more = { ...(reason !== undefined && { reason }), ...(errors && { errors }) };
  return { type: 'about:blank', title, status, code, detail, requestId, ...more };
}

/** What an error is to the caller. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof RunsUnavailable || error instanceof RunEnded) {
    return new Problem(
      'unavailable',
      'the workflow service, or the payment service provider behind it, did not answer in time; what was asked may still be done. Ask again: nothing is done twice',
      { cause: error.cause ?? error },
    );
  }
  if (isStoreUnavailable(error)) {
    return new Problem('unavailable', 'the store did not answer; ask again, nothing is done twice', {
      cause: error,
    });
  }
  return new Problem('internal', 'an unforeseen error; tell us the request id', { cause: error });
}

/** A caller's own id is taken over when it can't harm a log line. */
function requestIdOf(ctx: Context): string {
  const given = ctx.get('X-Request-Id');
  return /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
