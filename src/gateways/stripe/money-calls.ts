import { z } from 'zod';
import type { OperationAnswer, OperationRequest } from '../gateway.ts';
import { amountField } from '../shared/gateway-fields.ts';
import type { Answer } from '../shared/http-exchange.ts';
import { Silence } from '../shared/http-exchange.ts';
import type { StripeClient } from './client.ts';
import type { Parameters } from './form-parameters.ts';
import { refundMetadata } from './metadata.ts';
import { errorOf, refusalOf, understand } from './parse-answer.ts';
import { captureMetadata } from './recorded-captures.ts';
import { isKeptFailure, isOfOtherRequest } from './spent-key.ts';
import { canCaptureAgain, chargeSchema } from './stripe-objects.ts';
import { isId } from './urls.ts';

interface MoneyCalls {
  readonly client: StripeClient;
  /** Of PUBLIC_URL. */
  readonly host: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Captures, refunds or voids, once for each key. Throws `GatewayUnavailable` only if it is certain that
 * nothing was done. No answer shows the session that a transaction belongs to, so the result is always read.
 */
export async function operate(
  { client, host, signal }: MoneyCalls,
  request: OperationRequest,
): Promise<OperationAnswer> {
  const { transactionId, kind, idempotencyKey } = request;
  if (!isId('pi', transactionId)) return { kind: 'declined', reason: 'the transaction is no PaymentIntent' };
  // Outside of `try`: if this read fails, nothing was done yet.
  const keepsRest = request.kind === 'capture' && (await leavesRest(client, request, signal));
  const { path, form } = callOf(request, host, keepsRest);
  try {
    return toAnswer(await client({ operation: kind, method: 'POST', path, form, idempotencyKey, signal }));
  } catch (error) {
    return afterSilence(error);
  }
}

interface Call {
  readonly path: string;
  readonly form: Parameters;
}

function callOf(request: OperationRequest, host: string, keepsRest: boolean): Call {
  const intent = `/v1/payment_intents/${request.transactionId}`;
  switch (request.kind) {
    case 'capture':
      return { path: `${intent}/capture`, form: captureForm(request, keepsRest) };
    case 'void':
      return { path: `${intent}/cancel`, form: {} };
    case 'refund':
      return { path: '/v1/refunds', form: refundForm(request, host) };
  }
}

/** Stripe releases the rest unless `final_capture` is false. */
function captureForm({ amountMinor, reference }: OperationRequest, keepsRest: boolean): Parameters {
  return {
    amount_to_capture: amountMinor,
    ...(keepsRest && { final_capture: false }),
    metadata: captureMetadata({ reference, amountMinor }),
  };
}

const capturableSchema = z.object({
  amount_capturable: amountField,
  latest_charge: chargeSchema.nullish().catch(undefined),
});

/**
 * Whether a rest is to be kept for a later capture. Stripe takes `final_capture` only where several captures
 * are possible, which the charge alone shows. A last capture of all that is left is final, too: otherwise the
 * PaymentIntent would stay open.
 */
async function leavesRest(
  client: StripeClient,
  { transactionId, amountMinor, finalCapture }: OperationRequest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (finalCapture === true) return false;
  const path = `/v1/payment_intents/${transactionId}`;
  const query = { expand: ['latest_charge'] };
  const answer = await client({ operation: 'read payment', method: 'GET', path, query, signal });
  // Any refusal is that of the capture itself.
  const read = understand(capturableSchema, answer);
  if (!read.ok || !read.value.latest_charge) return false;
  return canCaptureAgain(read.value.latest_charge) && amountMinor < read.value.amount_capturable;
}

/** The only reasons that Stripe takes; any other is the merchant's own and stays with us. */
const REASONS: ReadonlySet<string> = new Set(['duplicate', 'fraudulent', 'requested_by_customer']);

function refundForm(
  { transactionId, amountMinor, reference, reason }: OperationRequest,
  host: string,
): Parameters {
  return {
    payment_intent: transactionId,
    amount: amountMinor,
    reason: reason !== undefined && REASONS.has(reason) ? reason : undefined,
    metadata: refundMetadata(reference, host),
  };
}

function toAnswer(answer: Answer): OperationAnswer {
  const { status, problem } = answer;
  if (isOfOtherRequest(answer)) return { kind: 'lost', reason: refusalOf(answer), isKeySpent: true };
  if (status === 409 || errorOf(answer).code === 'lock_timeout')
    return { kind: 'busy', reason: refusalOf(answer) };
  if (status >= 400) return { kind: 'declined', reason: refusalOf(answer) };
  return problem === undefined
    ? { kind: 'answered' }
    : { kind: 'lost', reason: `answered ${status}: ${problem}` };
}

/** The answer after silence, by whether the operation may have been done. */
function afterSilence(error: unknown): OperationAnswer {
  if (!(error instanceof Silence) || !error.mayHaveArrived) throw error;
  const { message: reason } = error;
  return isKeptFailure(error) ? { kind: 'lost', reason, isKeySpent: true } : { kind: 'lost', reason };
}
