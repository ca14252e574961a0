/** Stripe's part of the configuration. */
import { z } from 'zod';
import { list, url } from '../../lib/variable-forms.ts';
import type { GatewayVariables } from '../gateway-descriptor.ts';
import { ACCOUNT_ID, modeOf, SECRET_KEY, WEBHOOK_SECRET, type StripeSettings } from './settings.ts';

/** Stripe itself. */
export const HOSTS = { STRIPE_API_URL: 'https://api.stripe.com' } as const;

const shape = {
  /** A secret key does not name its account. */
  STRIPE_ACCOUNT_ID: z.string().regex(ACCOUNT_ID, 'an account such as acct_1MsQ2aLkdIwHu7ix'),
  STRIPE_SECRET_KEY: z
    .string()
    .regex(SECRET_KEY, 'a secret key (sk_test_…, sk_live_…) or a restricted key (rk_test_…, rk_live_…)'),
  /** The secrets of the webhook endpoint, newest first; any of them may sign. */
  STRIPE_WEBHOOK_SECRETS: list(
    z.string().regex(WEBHOOK_SECRET, 'signing secrets such as whsec_…, separated by commas'),
  ),
  STRIPE_API_URL: url.default(HOSTS.STRIPE_API_URL),
};

type Parsed = z.infer<z.ZodObject<typeof shape>>;
/** Before the endpoint is subscribed, its secret does not exist. */
export type StripeValues = Omit<Parsed, 'STRIPE_WEBHOOK_SECRETS'> &
  Partial<Pick<Parsed, 'STRIPE_WEBHOOK_SECRETS'>>;

export const STRIPE_VARIABLES: GatewayVariables = {
  prefix: 'STRIPE',
  shape,
  secrets: ['STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRETS'],
  hosts: HOSTS,
  madeByCommands: ['STRIPE_WEBHOOK_SECRETS'],
  mode: ({ STRIPE_SECRET_KEY: key }) => modeOf(String(key)),
  // `stripe listen` forwards the webhooks of test mode to any address.
  allowsHttp: ({ STRIPE_SECRET_KEY: key = '' }) => modeOf(key) === 'test',
  liveBecause: 'the secret key is live (…_live_…)',
};

/** The settings of the adapter. */
export function settingsOf(values: StripeValues, publicUrl: string): StripeSettings {
  const { STRIPE_WEBHOOK_SECRETS: webhookSecrets = [] } = values;
  return {
    accountId: values.STRIPE_ACCOUNT_ID,
    secretKey: values.STRIPE_SECRET_KEY,
    webhookSecrets,
    apiUrl: values.STRIPE_API_URL,
    publicUrl,
  };
}
