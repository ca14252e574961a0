import { bookCharge } from '../money/balance.ts';
import type { PaymentIntent } from '../records/stripe-objects.ts';
import { unschedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { badState } from '../http/stripe-error.ts';
import { failed, held, received } from './attempt.ts';

/** A debit that was started succeeds or fails. */
export function settleProcessing(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  outcome: 'succeeded' | 'failed',
): void {
  if (intent.status !== 'processing')
    throw badState('payment_intent_unexpected_state', `${intent.id} is ${intent.status}, not processing`);
  unschedule(sandbox, 'settle_processing', intent.id);
  if (outcome === 'succeeded') arrive(sandbox, intent);
  else bounce(sandbox, intent);
}

function arrive(sandbox: StripeSandbox, intent: PaymentIntent): void {
  const { ledger, book } = sandbox;
  const charge = ledger.chargeOf(intent);
  if (charge === undefined) return;
  const captured = intent.capture_method !== 'manual';
  Object.assign(charge, { status: 'succeeded', paid: true, captured });
  charge.amount_captured = captured ? intent.amount : 0;
  if (captured) bookCharge(sandbox, charge);
  ledger.save('charge', charge);
  book.emit('charge.succeeded', charge);
  if (captured) received(sandbox, intent, intent.amount);
  else held(sandbox, intent);
  const session = ledger.sessionOf(intent.id);
  if (session === undefined || !captured) return;
  session.payment_status = 'paid';
  ledger.save('session', session);
  book.emit('checkout.session.async_payment_succeeded', session);
}

function bounce(sandbox: StripeSandbox, intent: PaymentIntent): void {
  const { ledger, book } = sandbox;
  const failure = {
    code: 'insufficient_funds',
    message: "The customer's account has insufficient funds to cover this payment.",
  };
  const charge = ledger.chargeOf(intent);
  if (charge !== undefined) {
    Object.assign(charge, {
      status: 'failed',
      paid: false,
      captured: false,
      failure_code: failure.code,
      failure_message: failure.message,
    });
    ledger.save('charge', charge);
    book.emit('charge.failed', charge);
  }
  failed(sandbox, intent, failure);
  const session = ledger.sessionOf(intent.id);
  if (session !== undefined) book.emit('checkout.session.async_payment_failed', session);
}
