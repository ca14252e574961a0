import { badParameter, badState } from '../http/stripe-error.ts';
import { bookCharge } from '../money/balance.ts';
import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import { refundObject } from '../refunds/refund-object.ts';
import { unschedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { received } from './attempt.ts';
import { unexpectedState } from './unexpected-state.ts';

interface Capture {
  readonly amount?: number | undefined;
  readonly final?: boolean | undefined;
}

/** Captures money that is held. @throws StripeError 400 */
export function captureIntent(sandbox: StripeSandbox, intent: PaymentIntent, asked: Capture): PaymentIntent {
  const charge = sandbox.ledger.chargeOf(intent);
  if (intent.status !== 'requires_capture' || charge === undefined)
    throw unexpectedState(intent, 'captured', ['requires_capture']);
  const amount = asked.amount ?? intent.amount_capturable;
  checkAmount(intent, amount);
  const isFinal = asked.final ?? true;
  if (!isFinal && !isMulticapture(charge))
    throw badParameter(
      'final_capture',
      'This PaymentIntent does not support multicapture, so `final_capture` can only be true.',
    );
  if (isFinal || amount === intent.amount_capturable) captureLast(sandbox, intent, charge, amount);
  else capturePart(sandbox, intent, charge, amount);
  return intent;
}

function isMulticapture({ payment_method_details: { card } }: Charge): boolean {
  return card?.multicapture.status === 'available';
}

function checkAmount(intent: PaymentIntent, amount: number): void {
  if (amount < 1)
    throw badParameter(
      'amount_to_capture',
      'This value must be greater than or equal to 1.',
      'parameter_invalid_integer',
    );
  if (amount > intent.amount_capturable)
    throw badState(
      'amount_too_large',
      `The amount to capture (${amount}) is greater than the amount that can be captured (${intent.amount_capturable}) for this PaymentIntent.`,
    );
}

/** The last capture; the rest is released to the payer. */
function captureLast(sandbox: StripeSandbox, intent: PaymentIntent, charge: Charge, amount: number): void {
  const { ledger, book, faults } = sandbox;
  const rest = intent.amount_capturable - amount;
  charge.amount_captured += amount;
  charge.captured = true;
  const refundsRest = rest > 0 && faults.knobs.partialCapture === 'refund_rest';
  // Before 2025-03-31 the whole authorization was booked, and the rest back again.
  bookCharge(sandbox, charge, refundsRest ? amount + rest : amount);
  unschedule(sandbox, 'lapse', intent.id);
  if (refundsRest) refundRest(sandbox, charge, rest);
  ledger.save('charge', charge);
  book.emit('charge.captured', charge, { captured: false });
  received(sandbox, intent, charge.amount_captured);
  paid(sandbox, intent);
}

/** Older behaviour: the rest is a refund that nobody asked for. */
function refundRest(sandbox: StripeSandbox, charge: Charge, rest: number): void {
  charge.amount_refunded = rest;
  const refund = refundObject(sandbox, charge, { amount: rest, status: 'succeeded', isReversal: true });
  sandbox.ledger.save('refund', refund);
  sandbox.book.emit('refund.created', refund);
}

function capturePart(sandbox: StripeSandbox, intent: PaymentIntent, charge: Charge, amount: number): void {
  const { ledger, book } = sandbox;
  charge.amount_captured += amount;
  bookCharge(sandbox, charge, amount);
  intent.amount_received += amount;
  intent.amount_capturable -= amount;
  ledger.save('intent', intent);
  book.emit('charge.updated', charge, { amount_captured: charge.amount_captured - amount });
  book.emit('payment_intent.amount_capturable_updated', intent);
}

function paid({ ledger }: StripeSandbox, intent: PaymentIntent): void {
  const session = ledger.sessionOf(intent.id);
  if (session === undefined) return;
  session.payment_status = 'paid';
  ledger.save('session', session);
}
