import { badState } from '../http/stripe-error.ts';
import { cancelIntent } from '../payments/cancel-intent.ts';
import type { Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

/** Ends an open session: by a call, or when its time is over. @throws StripeError 400 in another state */
export function expireSession(sandbox: StripeSandbox, session: Session): Session {
  if (session.status !== 'open')
    throw badState(
      'resource_missing',
      `Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of ${session.status}.`,
    );
  const { ledger, book } = sandbox;
  session.status = 'expired';
  session.url = null;
  ledger.save('session', session);
  const intent = session.payment_intent === null ? undefined : ledger.intents.get(session.payment_intent);
  if (intent !== undefined && intent.status.startsWith('requires_'))
    cancelIntent(sandbox, intent, { reason: 'automatic' });
  book.emit('checkout.session.expired', session);
  return session;
}
