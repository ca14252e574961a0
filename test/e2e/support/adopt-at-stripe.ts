/** Sessions at Stripe whose opening was not recorded. */
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { createCall } from './http.ts';
import type { Stack } from './stack.ts';

/** A run may wait this long for the payer. */
const LIVES_MS = 8_000;

/**
 * A session lives half an hour at least. One whose opening was not recorded is adopted with the time that Stripe
 * shows, which here is nearly over. Returns the session.
 */
export async function adoptNearItsEnd(stack: Stack, orderReference: string): Promise<string> {
  const sessionId = await atStripe(stack, orderReference);
  const shown = { expires_at: Math.floor((Date.now() + LIVES_MS) / 1_000) };
  // Of every session, since a fault of one would replace that of another story beside this one. Only sessions
  // that are adopted take their time from the gateway.
  await stack.sandbox.faults({ readSession: { patch: shown } });
  const call = createCall(stack.sandbox.origin);
  const object = (await call('GET', `/__sim/sessions/${sessionId}`)).body;
  const told = await call('POST', '/__sim/events', { type: 'checkout.session.completed', object });
  if (told.status >= 300) throw new Error(`an event of ${sessionId}: ${told.status}`);
  return sessionId;
}

/** The payment of such a session. */
export function paymentOf(orderReference: string): string {
  return `pay_${orderReference}`;
}

/** A session like those that we open, which is not in our store. */
async function atStripe({ env, origin }: Stack, orderReference: string): Promise<string> {
  const gateway = createStripeGateway({
    accountId: env['STRIPE_ACCOUNT_ID'] ?? '',
    secretKey: env['STRIPE_SECRET_KEY'] ?? '',
    webhookSecrets: [],
    apiUrl: env['STRIPE_API_URL'] ?? '',
    publicUrl: origin,
  });
  const { sessionId } = await gateway.createSession({
    paymentId: paymentOf(orderReference),
    orderReference,
    n: 1,
    money: { amountMinor: 29_990, currency: 'NOK' },
    lines: [],
    returnKey: 'k',
    capture: 'manual',
    idempotencyKey: `${orderReference}-open`,
    expiresAt: new Date(Date.now() + 3_600_000),
  });
  return sessionId;
}
