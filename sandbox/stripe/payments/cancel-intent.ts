import { badState } from '../http/stripe-error.ts';
import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import { refundObject } from '../refunds/refund-object.ts';
import { unschedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { unexpectedState } from './unexpected-state.ts';

const CANCELABLE = [
  'requires_payment_method',
  'requires_capture',
  'requires_reauthorization',
  'requires_confirmation',
  'requires_action',
  'processing',
];

/** Cancels by a call. @throws StripeError 400 */
export function cancelByCall(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  reason: string | null,
): PaymentIntent {
  const session = sandbox.ledger.sessionOf(intent.id);
  if (session?.status === 'open')
    throw badState(
      'payment_intent_unexpected_state',
      'You cannot cancel the PaymentIntent of a Checkout Session that is open. Expire the Checkout Session instead.',
    );
  // A debit that is under way can't be stopped.
  const isUnderWay = intent.status === 'processing';
  if (!CANCELABLE.includes(intent.status) || isUnderWay)
    throw unexpectedState(intent, 'canceled', CANCELABLE);
  return cancelIntent(sandbox, intent, { reason });
}

/** Cancels, and releases the hold. Money of earlier captures stays. */
export function cancelIntent(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  { reason, lapsed = false }: { readonly reason: string | null; readonly lapsed?: boolean },
): PaymentIntent {
  const { ledger, book, clock } = sandbox;
  unschedule(sandbox, 'lapse', intent.id);
  const charge = intent.status === 'requires_capture' ? ledger.chargeOf(intent) : undefined;
  if (charge !== undefined) release(sandbox, charge, lapsed);
  intent.status = charge !== undefined && charge.amount_captured > 0 ? 'succeeded' : 'canceled';
  intent.amount_capturable = 0;
  intent.next_action = null;
  if (intent.status === 'canceled') {
    intent.canceled_at = clock.now();
    intent.cancellation_reason = reason;
  }
  ledger.save('intent', intent);
  book.emit(`payment_intent.${intent.status}`, intent);
  return intent;
}

/** The hold shows as a refund of the whole charge, although nothing was captured. */
function release(sandbox: StripeSandbox, charge: Charge, lapsed: boolean): void {
  const { ledger, book } = sandbox;
  const rest = charge.amount - charge.amount_captured;
  charge.amount_refunded += rest;
  charge.refunded = charge.amount_captured === 0;
  ledger.save('charge', charge);
  const reason = lapsed ? 'expired_uncaptured_charge' : null;
  const refund = refundObject(sandbox, charge, {
    amount: rest,
    status: 'succeeded',
    reason,
    isReversal: true,
  });
  ledger.save('refund', refund);
  book.emit('refund.created', refund);
  book.emit(lapsed ? 'charge.expired' : 'charge.refunded', charge, { amount_refunded: 0, refunded: false });
}

/** Lets an authorization lapse. @throws StripeError 400 */
export function lapse(sandbox: StripeSandbox, intent: PaymentIntent): void {
  if (intent.status !== 'requires_capture') throw unexpectedState(intent, 'lapsed', ['requires_capture']);
  cancelIntent(sandbox, intent, { reason: 'automatic', lapsed: true });
}
