/** An attempt to pay a payment intent: what becomes of the intent and its charge, and the events in their order. */
import { bookCharge } from '../money/balance.ts';
import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import { schedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { chargeObject } from './charge-object.ts';
import { endOfDebit, type Failure, type Method } from './methods.ts';

interface Payer {
  readonly method: Method;
  readonly email?: string | null;
}

/** The method as the intent names it. */
export function useMethod({ ids, ledger }: StripeSandbox, intent: PaymentIntent, id?: string): void {
  intent.payment_method = id ?? ids.next('pm_1', 23);
  intent.last_payment_error = null;
  intent.next_action = null;
  ledger.save('intent', intent);
}

/** The money is there, or held where the intent is captured by hand. `then` runs before the last event. */
export function succeed(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  payer: Payer,
  then = (): void => {},
): Charge {
  const { ledger, book } = sandbox;
  const captured = intent.capture_method !== 'manual';
  const charge = chargeObject(sandbox, intent, { ...payer, status: 'succeeded', captured });
  ledger.save('charge', charge);
  intent.latest_charge = charge.id;
  book.emit('charge.succeeded', charge);
  if (captured) received(sandbox, intent, intent.amount);
  else held(sandbox, intent);
  then();
  if (captured) bookSoon(sandbox, charge);
  else if (payer.method.type === 'card') scheduleLapse(sandbox, intent);
  return charge;
}

/** Sets what was captured in all, and tells that the intent succeeded. */
export function received({ ledger, book }: StripeSandbox, intent: PaymentIntent, amount: number): void {
  intent.amount_received = amount;
  intent.amount_capturable = 0;
  intent.status = 'succeeded';
  intent.processing = null;
  ledger.save('intent', intent);
  book.emit('payment_intent.succeeded', intent);
}

/** The money is held until it is captured. */
export function held({ ledger, book }: StripeSandbox, intent: PaymentIntent): void {
  intent.amount_capturable = intent.amount;
  intent.status = 'requires_capture';
  ledger.save('intent', intent);
  book.emit('payment_intent.amount_capturable_updated', intent);
}

function bookSoon(sandbox: StripeSandbox, charge: Charge): void {
  const { bookAfterMs } = sandbox.faults.knobs;
  if (bookAfterMs === 0) bookNow(sandbox, charge);
  else schedule(sandbox, { what: 'book', subject: charge.id, atMs: sandbox.clock.nowMs() + bookAfterMs });
}

/** The balance transaction of an automatic capture, with its event. */
export function bookNow(sandbox: StripeSandbox, charge: Charge): void {
  bookCharge(sandbox, charge);
  sandbox.book.emit('charge.updated', charge, { balance_transaction: null });
}

function scheduleLapse(sandbox: StripeSandbox, intent: PaymentIntent): void {
  const atMs = sandbox.clock.nowMs() + sandbox.faults.knobs.authorizationMs;
  schedule(sandbox, { what: 'lapse', subject: intent.id, atMs });
}

/** The attempt failed; the intent can be tried again. */
export function fail(sandbox: StripeSandbox, intent: PaymentIntent, payer: Payer, failure: Failure): Charge {
  const { ledger, book } = sandbox;
  const charge = chargeObject(sandbox, intent, { ...payer, status: 'failed', captured: false, failure });
  ledger.save('charge', charge);
  intent.latest_charge = charge.id;
  book.emit('charge.failed', charge);
  failed(sandbox, intent, failure);
  return charge;
}

/** Tells that an attempt failed. */
export function failed({ ledger, book }: StripeSandbox, intent: PaymentIntent, failure: Failure): void {
  intent.status = 'requires_payment_method';
  intent.processing = null;
  intent.last_payment_error = errorOf(intent, failure);
  intent.payment_method = null;
  ledger.save('intent', intent);
  book.emit('payment_intent.payment_failed', intent);
}

export function errorOf(intent: PaymentIntent, failure: Failure): Readonly<Record<string, unknown>> {
  return {
    ...(intent.latest_charge === null ? {} : { charge: intent.latest_charge }),
    code: failure.code,
    ...(failure.declineCode === undefined ? {} : { decline_code: failure.declineCode }),
    doc_url: `https://stripe.com/docs/error-codes/${failure.code.replaceAll('_', '-')}`,
    message: failure.message,
    type: failure.code === 'payment_intent_authentication_failure' ? 'invalid_request_error' : 'card_error',
  };
}

/** A debit was started; the money comes later, or does not. */
export function process(sandbox: StripeSandbox, intent: PaymentIntent, payer: Payer): Charge {
  const { ledger, book } = sandbox;
  const charge = chargeObject(sandbox, intent, { ...payer, status: 'pending', captured: true });
  charge.amount_captured = 0;
  ledger.save('charge', charge);
  intent.latest_charge = charge.id;
  intent.status = 'processing';
  ledger.save('intent', intent);
  book.emit('charge.pending', charge);
  book.emit('payment_intent.processing', intent);
  const end = endOfDebit(payer.method);
  if (end !== undefined) scheduleEnd(sandbox, intent, end);
  return charge;
}

/** When and how a debit ends. */
export function scheduleEnd(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  { outcome, afterMs }: { readonly outcome: 'succeeded' | 'failed'; readonly afterMs: number },
): void {
  const atMs = sandbox.clock.nowMs() + afterMs;
  schedule(sandbox, { what: 'settle_processing', subject: intent.id, atMs, outcome });
}

/** The bank asks the payer to confirm. */
export function requireAction(sandbox: StripeSandbox, intent: PaymentIntent): void {
  const { ledger, book, publicUrl } = sandbox;
  intent.status = 'requires_action';
  intent.next_action = {
    redirect_to_url: { return_url: null, url: `${publicUrl}/3ds/${intent.id}` },
    type: 'redirect_to_url',
  };
  ledger.save('intent', intent);
  book.emit('payment_intent.requires_action', intent);
}
