/**
 * RFC 9457 problems with stable codes. This table has every code that the service can send, and so has the
 * OpenAPI document.
 */
import { randomUUID } from 'node:crypto';
import type { Context, Middleware, Next } from 'koa';
import type { Logger } from '../../telemetry/log.ts';
import { rootOf } from '../../lib/root-of.ts';
import { TooManyRows } from '../../store/bounded.ts';
import { isStoreUnavailable } from '../../store/errors.ts';
import { RunEnded, RunsUnavailable } from '../../temporal/run-calls.ts';
import { Refusal } from '../refusal.ts';

export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not JSON' },
  malformed: { status: 400, title: 'The request could not be understood' },
  unauthorized: { status: 401, title: 'No valid API key' },
  bad_signature: { status: 401, title: 'The signature is missing or wrong' },
  stale_signature: { status: 401, title: 'The signature is valid, but its time is not' },
  declined: { status: 402, title: 'The payment service provider declined the operation' },
  reversed: {
    status: 402,
    title: 'The payment service provider reversed the operation after it was done',
  },
  scope_missing: { status: 403, title: 'The API key lacks the scope for this call' },
  source_not_allowed: { status: 403, title: 'The source address is not allowed' },
  not_found: { status: 404, title: 'Not found' },
  no_sandbox: { status: 404, title: 'There is no test bench here' },
  method_not_allowed: { status: 405, title: 'The method is not allowed for this address' },
  request_timeout: { status: 408, title: 'The request did not arrive in time' },
  order_mismatch: { status: 409, title: 'The order has an open payment that differs from this request' },
  order_already_paid: { status: 409, title: 'The order has been paid' },
  payment_in_review: { status: 409, title: 'A payment of this order is in REVIEW' },
  already_paid: { status: 409, title: 'The payment already has money' },
  not_cancellable: { status: 409, title: 'The payment cannot be cancelled now' },
  not_in_review: { status: 409, title: 'The payment is not in REVIEW' },
  not_acceptable: { status: 409, title: 'There is nothing to accept' },
  give_back_failed: { status: 409, title: 'The money could not be given back' },
  payment_not_paid: { status: 409, title: 'This payment has not paid its order' },
  operation_not_possible: { status: 409, title: 'The payment does not allow this now' },
  amount_too_large: { status: 409, title: 'The amount is larger than what is left' },
  reference_reused: { status: 409, title: 'The reference belongs to another operation' },
  own_approval: { status: 409, title: 'The key that asked cannot decide itself' },
  not_approved: { status: 409, title: 'It was rejected, has expired, or was decided already' },
  not_confirmed: { status: 409, title: 'The operation was sent, and it is not known whether it was done' },
  not_supported: { status: 422, title: 'The gateway does not offer this' },
  no_transaction: { status: 409, title: 'The payment has no transaction' },
  not_redeliverable: { status: 409, title: 'This cannot be delivered again' },
  reconciliation_running: { status: 409, title: 'A reconciliation of this gateway is running' },
  samples_running: { status: 409, title: 'Sample orders are being made' },
  sandbox_refused: { status: 409, title: 'The sandbox refused this' },
  backfill_running: { status: 409, title: 'A backfill of this gateway is running' },
  too_large: { status: 413, title: 'The body is too large' },
  uri_too_long: { status: 414, title: 'The address is too long' },
  unsupported_media_type: { status: 415, title: 'The body must be application/json' },
  items_required: { status: 422, title: 'This payment method needs the order lines' },
  invalid_request: { status: 422, title: 'The request is not valid' },
  too_many_rows: { status: 422, title: 'The filter has to read too many rows' },
  rate_limited: { status: 429, title: 'Too many requests' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Internal error' },
  gateway_rejected: { status: 502, title: 'The payment service provider refused the request' },
  gateway_not_configured: { status: 503, title: "The payment's gateway is not configured" },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, { readonly status: number; readonly title: string }>;

/**
 * The one place where an error becomes an answer. Of an unexpected error only the request id leaves the
 * process.
 */
export function problems(log: Logger): Middleware {
  return async (ctx: Context, next: Next) => {
    const requestId = requestIdOf(ctx);
    ctx.state['requestId'] = requestId;
    ctx.set('X-Request-Id', requestId);
    try {
      await next();
      if (ctx.status === 404 && ctx.body === undefined)
        throw new Refusal('not_found', `there is nothing at ${ctx.path}; /openapi.json lists every call`);
    } catch (error) {
      const refusal = asRefusal(error);
      if (refusal.code === 'internal')
        log.error({ err: error, requestId, path: ctx.path }, 'unexpected error');
      if (refusal.code === 'unavailable')
        log.warn({ requestId, path: ctx.path, reason: rootOf(refusal.cause) }, refusal.message);
      writeProblem(ctx, refusal);
    }
  };
}

/** Shows a browser this page instead of a problem document if the answer is a 5xx. */
export function showTroubleAs(ctx: Context, page: () => string): void {
  ctx.state['troublePage'] = page;
}

function writeProblem(ctx: Context, refusal: Refusal): void {
  const { status } = PROBLEMS[refusal.code];
  const { troublePage, requestId } = ctx.state as { troublePage?: () => string; requestId: string };
  const retryAfter = refusal.data.retryAfterSeconds ?? (status === 503 || status === 429 ? 1 : undefined);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
  ctx.status = status;
  if (status < 500 || troublePage === undefined || ctx.accepts('html', 'json') !== 'html') {
    ctx.type = 'application/problem+json';
    ctx.body = problemBody(refusal, requestId);
    return;
  }
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  if (status === 503) ctx.set('Refresh', '5');
  ctx.body = troublePage();
}

/** A problem document, RFC 9457. */
export function problemBody({ code, data, message: detail }: Refusal, requestId: string): object {
  const { status, title } = PROBLEMS[code];
  const { reason, errors } = data;
  const more = { ...(reason !== undefined && { reason }), ...(errors && { errors }) };
  return { type: 'about:blank', title, status, code, detail, requestId, ...more };
}

/** The refusal that the caller gets for an error. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof RunsUnavailable || error instanceof RunEnded) {
    return new Refusal(
      'unavailable',
      'the workflow service or the payment service provider did not answer in time, and the request may still be carried out; send it again: nothing is done twice',
      { cause: error.cause ?? error },
    );
  }
  if (error instanceof TooManyRows)
    return new Refusal(
      'too_many_rows',
      'too many rows have to be read for this filter; give a narrower time (createdAfter and createdBefore, or receivedAfter and receivedBefore), or another filter beside it',
      { cause: error },
    );
  if (isStoreUnavailable(error)) {
    return new Refusal(
      'unavailable',
      'the store did not answer; send the request again: nothing is done twice',
      {
        cause: error,
      },
    );
  }
  return new Refusal('internal', 'an unexpected error; report it with the request id', { cause: error });
}

/** The caller's own request id is used if it can't corrupt a log line. */
function requestIdOf(ctx: Context): string {
  const given = ctx.get('X-Request-Id');
  return /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID();
}
