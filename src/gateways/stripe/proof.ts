/** Events as Stripe signs them, for `paidonce golive`. */
import type { GatewayProof, ProofMessage, SignedBy } from '../gateway-proof.ts';
import { metadataOf } from './metadata.ts';
import { modeOf, type StripeSettings } from './settings.ts';
import { signEvent } from './signature.ts';

export const STRIPE_PROOF: GatewayProof<StripeSettings> = {
  signatureHeader: 'stripe-signature',
  callback(settings, about, signed) {
    const metadata = metadataOf(about, new URL(settings.publicUrl).host);
    return event(settings, { id: about.sessionId, payment_intent: about.transactionId, metadata }, signed);
  },
  foreign: (settings, signed) =>
    event(settings, { id: 'cs_test_golive', payment_intent: null, metadata: {} }, signed),
  changed: (message) => [
    { what: 'a space after the body', message: { ...message, body: `${message.body} ` } },
    {
      what: 'a byte of the body changed',
      message: { ...message, body: message.body.replace('paid', 'pald') },
    },
    { what: 'the last byte of the body removed', message: { ...message, body: message.body.slice(0, -1) } },
    { what: 'another body', message: { ...message, body: '{}' } },
    { what: 'a byte order mark', message: { ...message, body: `\uFEFF${message.body}` } },
  ],
};

/** `checkout.session.completed` about a session with these fields. */
function event(
  { secretKey, webhookSecrets }: StripeSettings,
  session: object,
  { at, deliveryId, secret = webhookSecrets[0] ?? '' }: SignedBy,
): ProofMessage {
  const created = Math.floor(at.getTime() / 1_000);
  const body = JSON.stringify({
    id: `evt_${deliveryId.replaceAll('-', '')}`,
    object: 'event',
    type: 'checkout.session.completed',
    created,
    livemode: modeOf(secretKey) === 'live',
    data: {
      object: {
        object: 'checkout.session',
        mode: 'payment',
        status: 'complete',
        payment_status: 'paid',
        ...session,
      },
    },
  });
  const headers = {
    'content-type': 'application/json',
    'stripe-signature': signEvent(body, secret, created),
  };
  return { method: 'POST', path: '/callbacks/stripe', headers, body };
}
