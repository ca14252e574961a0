/** A Stripe sandbox on a free port, the official client for it, and the calls that the tests make. */
import { Stripe } from 'stripe';
import { runStripeSandbox } from '../../../sandbox/run-sandbox.ts';
import { startReceiver, until, type Receiver } from '../sandbox-client.ts';

export const KEY = 'sk_test_sandbox00000000000000000001';
export const WEBHOOK_SECRET = 'whsec_sandbox0000000000000000000001';

export interface StripeSandboxClient {
  readonly url: string;
  readonly stripe: Stripe;
  readonly receiver: Receiver;
  /** `/__sim/…`; answers the body, and throws for an error. */
  // oxlint-disable-next-line typescript/no-explicit-any -- tests read only the field under test
  sim(path: string, body?: unknown, method?: string): Promise<any>;
  /** A call without the client. */
  raw(method: string, path: string, form?: string, headers?: Record<string, string>): Promise<Response>;
  /** The events that the receiver got, in their order, each judged by the client. */
  events(): Stripe.Event[];
  /** Waits until the receiver got so many requests. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startStripeSandbox(env: NodeJS.ProcessEnv = {}): Promise<StripeSandboxClient> {
  const receiver = await startReceiver();
  const sandbox = await runStripeSandbox({
    STRIPE_SANDBOX_PORT: '0',
    STRIPE_SANDBOX_WEBHOOK_URL: receiver.url,
    STRIPE_SANDBOX_REQUESTS: process.env['STRIPE_SANDBOX_REQUESTS'],
    ...env,
  });
  const { url } = sandbox;
  const stripe = clientOf(url);
  return {
    url,
    stripe,
    receiver,
    sim: async (path, body, method = body === undefined ? 'GET' : 'POST') => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      const response = await fetch(`${url}/__sim${path}`, { method, ...sent });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(JSON.stringify(answer));
      return answer;
    },
    raw: (method, path, form, headers = {}) =>
      fetch(url + path, {
        method,
        redirect: 'manual',
        headers: { authorization: `Bearer ${KEY}`, ...headers },
        ...(form === undefined ? {} : { body: form }),
      }),
    events: () =>
      receiver.received.map(({ body, headers }) => judged(stripe, body, headers['stripe-signature'])),
    received: (count) => until(() => receiver.received.length >= count),
    close: async () => {
      await sandbox.close();
      await receiver.close();
    },
  };
}

/** The official client, as it is pointed at a fake. */
export function clientOf(url: string, key = KEY): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(key, {
    host: hostname,
    port,
    protocol: 'http',
    telemetry: false,
    maxNetworkRetries: 0,
  });
}

function judged(stripe: Stripe, body: string, signature: string | string[] | undefined): Stripe.Event {
  return stripe.webhooks.constructEvent(body, String(signature), WEBHOOK_SECRET);
}

/** The parameters of a session of 299.90 kroner. */
export function aSession(
  changes: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Stripe.Checkout.SessionCreateParams {
  return {
    mode: 'payment',
    line_items: [
      { quantity: 1, price_data: { currency: 'nok', unit_amount: 29_990, product_data: { name: 'Chair' } } },
    ],
    success_url: 'https://shop.example/return?key=a%20b&session_id={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/cart',
    client_reference_id: 'order-1',
    metadata: { key: 'order-1' },
    payment_intent_data: { metadata: { key: 'order-1' } },
    ...changes,
  };
}

/** A session that holds the money. */
export function aManualSession(
  changes: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Stripe.Checkout.SessionCreateParams {
  return aSession({
    payment_intent_data: { capture_method: 'manual', metadata: { key: 'order-1' } },
    ...changes,
  });
}
