import { badState } from '../http/stripe-error.ts';
import type { PaymentIntent } from '../records/stripe-objects.ts';

/** Stripe's 400 for a payment intent in the wrong state. */
export function unexpectedState(intent: PaymentIntent, done: string, expected: readonly string[]): Error {
  return badState(
    'payment_intent_unexpected_state',
    `This PaymentIntent could not be ${done} because it has a status of ${intent.status}. Only a PaymentIntent with one of the following statuses may be ${done}: ${expected.join(', ')}.`,
    { payment_intent: structuredClone(intent) },
  );
}
