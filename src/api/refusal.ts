/** Why a call is refused. Use cases throw it and know nothing of HTTP: `http/problem.ts` alone says which answer a code is. */

/** Stable and published: made for programs. */
export const PROBLEM_CODES = [
  'invalid_json',
  'malformed',
  'unauthorized',
  'bad_signature',
  'stale_signature',
  'declined',
  'reversed',
  'scope_missing',
  'source_not_allowed',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'order_mismatch',
  'order_already_paid',
  'payment_in_review',
  'already_paid',
  'not_cancellable',
  'not_in_review',
  'not_acceptable',
  'give_back_failed',
  'payment_not_paid',
  'operation_not_possible',
  'amount_too_large',
  'reference_reused',
  'not_confirmed',
  'no_transaction',
  'not_redeliverable',
  'too_large',
  'uri_too_long',
  'unsupported_media_type',
  'items_required',
  'invalid_request',
  'rate_limited',
  'headers_too_large',
  'internal',
  'gateway_rejected',
  'gateway_not_configured',
  'unavailable',
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

export function isProblemCode(code: string | null): code is ProblemCode {
  return (PROBLEM_CODES as readonly (string | null)[]).includes(code);
}

/** A field that is not as expected. */
export interface FieldProblem {
  /** A JSON Pointer into the body, or the name of a query parameter. */
  readonly pointer: string;
  readonly detail: string;
}

export interface RefusalData {
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number;
  /** Why, in the gateway's words. */
  readonly reason?: string;
  readonly cause?: unknown;
}

/** Its message says what was wrong, what was expected and what to do. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ProblemCode;
  readonly data: Omit<RefusalData, 'cause'>;

  constructor(code: ProblemCode, detail: string, { cause, ...data }: RefusalData = {}) {
    super(detail, { cause });
    this.code = code;
    this.data = data;
  }
}

/** For fields that a schema alone can't refuse. */
export function wrongFields(what: string, errors: readonly FieldProblem[]): Refusal {
  return new Refusal('invalid_request', `${what} has fields that are not as expected`, { errors });
}
