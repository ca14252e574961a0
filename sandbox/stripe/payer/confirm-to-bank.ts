import { badState } from '../http/stripe-error.ts';
import { failed } from '../payments/attempt.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { type Paid, paySession } from './pay-session.ts';

/** The payer confirms the payment to the bank, or refuses. @throws StripeError 400 if the bank does not wait */
export function confirmToBank(sandbox: StripeSandbox, sessionId: string, success: boolean): Paid {
  const session = sandbox.ledger.session(sessionId);
  const intent = sandbox.ledger.intents.get(session.payment_intent ?? '');
  if (intent?.status !== 'requires_action')
    throw badState('payment_intent_unexpected_state', 'No confirmation is waited for.');
  if (success) return paySession(sandbox, session, { outcome: 'authorize' });
  intent.next_action = null;
  const message = 'The provided PaymentMethod has failed authentication.';
  failed(sandbox, intent, { code: 'payment_intent_authentication_failure', message });
  return { sessionId, transactionId: intent.id, returnUrl: null, declined: message };
}
