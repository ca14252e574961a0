/** The descriptor of Stripe. */
import type { GatewayDescriptor } from '../gateway-descriptor.ts';
import { createStripeGateway } from './adapter.ts';
import { STRIPE_TRAITS } from './capabilities.ts';
import { STRIPE_COMMANDS } from './commands.ts';
import { STRIPE_OPTIONS } from './options.ts';
import { STRIPE_PROOF } from './proof.ts';
import { STRIPE_SANDBOX } from './sandbox.ts';
import type { StripeSettings } from './settings.ts';
import { settingsOf, STRIPE_VARIABLES, type StripeValues } from './variables.ts';

const SESSION_ID = 'cs_test_a1Xk2TtB8VnQ5mWq0pZr7LhYcJ3dEfGs9uKiNoMbRvA4xCyD6wSzH';

export const STRIPE: GatewayDescriptor<StripeValues, StripeSettings> = {
  id: 'stripe',
  name: 'Stripe',
  page: 'docs/stripe.md',
  variables: STRIPE_VARIABLES,
  settings: settingsOf,
  create: createStripeGateway,
  commands: { summary: 'set up the Stripe account: the webhook endpoint', list: STRIPE_COMMANDS },
  keptHeaders: [],
  answerTo: ([result]) => ({ result }),
  traits: STRIPE_TRAITS,
  options: STRIPE_OPTIONS,
  document: {
    callback: 'the body of a Stripe event is signed with its time, and read as far as it names a payment',
    accountWebhook: 'by one of `STRIPE_WEBHOOK_SECRETS`',
    example: {
      account: 'acct_1MsQ2aLkdIwHu7ix',
      sessionId: SESSION_ID,
      transactionId: 'pi_3MtwBwLkdIwHu7ix28a3tqPa',
      paymentMethod: 'card',
      checkoutUrl: `https://checkout.stripe.com/c/pay/${SESSION_ID}`,
      callbackTarget: () => '/callbacks/stripe',
    },
  },
  proof: STRIPE_PROOF,
  sandbox: STRIPE_SANDBOX,
};
