/** Stripe's errors: `{ error: { type, code, message, param, doc_url } }`. */

type ErrorType =
  | 'api_error'
  | 'card_error'
  | 'idempotency_error'
  | 'invalid_request_error'
  | 'rate_limit_error';

interface Said {
  readonly message: string;
  readonly type?: ErrorType;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  /** Objects and further codes, such as `payment_intent` and `decline_code`. */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Found before the request was carried out, so that its idempotency key is not bound to this answer. */
  readonly early?: boolean;
}

export class StripeError extends Error {
  override readonly name = 'StripeError';
  readonly status: number;
  readonly early: boolean;
  readonly #said: Said;

  constructor(status: number, said: Said) {
    super(said.message);
    this.status = status;
    this.early = said.early === true;
    this.#said = said;
  }

  get body(): { readonly error: Readonly<Record<string, unknown>> } {
    const { message, type = 'invalid_request_error', code, param, more } = this.#said;
    return {
      error: {
        ...(code === undefined ? {} : { code, doc_url: docUrl(code) }),
        ...more,
        message,
        ...(param === undefined ? {} : { param }),
        type,
      },
    };
  }
}

/** A 400 for a parameter, found before anything was done. */
export function badParameter(param: string, message: string, code?: string): StripeError {
  return new StripeError(400, { message, param, code, early: true });
}

/** A 400 because the state of an object does not allow the request. */
export function badState(code: string, message: string, more?: Said['more']): StripeError {
  return new StripeError(400, { message, code, ...(more === undefined ? {} : { more }) });
}

/** @throws StripeError 404 */
export function missing(kind: string, id: string, param = 'id'): never {
  throw new StripeError(404, { message: `No such ${kind}: '${id}'`, code: 'resource_missing', param });
}

/** The answer of a fault with this status. */
export function faultError(status: number): StripeError {
  if (status === 429)
    return new StripeError(429, {
      message: 'Request rate limit exceeded. A fault was requested.',
      code: 'rate_limit',
      type: 'invalid_request_error',
    });
  if (status === 409)
    return new StripeError(409, {
      message:
        'This object cannot be accessed right now because another API request or Stripe process is currently accessing it. A fault was requested.',
      code: 'lock_timeout',
    });
  const type = status >= 500 ? 'api_error' : 'invalid_request_error';
  return new StripeError(status, { message: 'A fault was requested.', type });
}

function docUrl(code: string): string {
  return `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`;
}
