/** Idempotency keys: the same request with the same key gets the same answer for a day. */
import { createHash } from 'node:crypto';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { StripeError } from './stripe-error.ts';

const KEPT_MS = 24 * 3_600_000;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

export interface Claim {
  /** The answer that is replayed; undefined if the request must be carried out. */
  readonly replayed?: Answer & { readonly requestId: string };
  /** Binds the answer to the key. */
  keep(answer: Answer): void;
  /** Frees the key, after an answer that is not kept. */
  release(): void;
}

const NO_KEY: Claim = { keep() {}, release() {} };

/** Claims the key of a request. @throws StripeError if it belongs to another request, or is in use */
export function claimKey(
  { ledger, clock }: StripeSandbox,
  key: string,
  request: { readonly path: string; readonly body: string; readonly requestId: string },
): Claim {
  if (key === '') return NO_KEY;
  if (key.length > 255)
    throw new StripeError(400, {
      message: 'The idempotency key provided is too long. Keys may be up to 255 characters.',
      type: 'idempotency_error',
      early: true,
    });
  const fingerprint = createHash('sha256').update(`${request.path}\n${request.body}`).digest('hex');
  const known = ledger.keys.get(key);
  const isAlive = known !== undefined && known.createdMs > clock.nowMs() - KEPT_MS;
  if (isAlive && known.fingerprint !== fingerprint) throw reused(key);
  if (isAlive && known.answer === null) throw inUse(key);
  if (isAlive && known.answer !== null) return { ...NO_KEY, replayed: known.answer };
  const claimed = { id: key, fingerprint, createdMs: clock.nowMs(), answer: null };
  ledger.keys.set(key, claimed);
  return {
    keep: (answer) => ledger.saveKey({ ...claimed, answer: { ...answer, requestId: request.requestId } }),
    release: () => ledger.dropKey(key),
  };
}

function reused(key: string): StripeError {
  return new StripeError(400, {
    message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
    type: 'idempotency_error',
    early: true,
  });
}

function inUse(key: string): StripeError {
  return new StripeError(409, {
    message: `There is currently another in-progress request using this Stripe API key and Idempotency Key '${key}' (that probably means you submitted twice, and the other request is still going through). Try again later.`,
    code: 'idempotency_key_in_use',
    type: 'idempotency_error',
    early: true,
  });
}
