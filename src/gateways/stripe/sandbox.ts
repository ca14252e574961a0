/** How `npm start` runs the sandbox of Stripe. Its credentials are public, and worthless elsewhere. */
import type { GatewaySandbox } from '../gateway-descriptor.ts';
import { STRIPE_EVENTS } from './sandbox-events.ts';
import { STRIPE_FAULTS } from './sandbox-faults.ts';

const CREDENTIALS = {
  STRIPE_ACCOUNT_ID: 'acct_1Sandbox000000001',
  STRIPE_SECRET_KEY: 'sk_test_sandbox00000000000000000001',
  STRIPE_WEBHOOK_SECRETS: 'whsec_sandbox0000000000000000000001',
};

export const STRIPE_SANDBOX: GatewaySandbox = {
  portVariable: 'STRIPE_SANDBOX_PORT',
  port: 3003,
  publicUrlVariable: 'STRIPE_SANDBOX_PUBLIC_URL',
  callsVariable: 'STRIPE_SANDBOX_WEBHOOK_URL',
  variables: (url) => ({ ...CREDENTIALS, STRIPE_API_URL: url }),
  shares: Object.keys(CREDENTIALS),
  apiVariable: 'STRIPE_API_URL',
  events: STRIPE_EVENTS,
  faults: STRIPE_FAULTS,
  instead:
    "open a payment, and pay at its checkoutUrl with one of Stripe's test cards; `stripe events resend evt_…` sends one event again. `stripe trigger` makes new objects each time, which are of no payment here",
  // A key of Stripe itself is enough: `stripe listen` forwards its webhooks.
  isReplaced: (env) =>
    ['STRIPE_API_URL', 'STRIPE_SECRET_KEY', 'STRIPE_SECRET_KEY_FILE'].some((name) => env[name] !== undefined),
};
