/** Dintero's part of the configuration. */
import { z } from 'zod';
import { list, secret, url } from '../../lib/variable-forms.ts';
import type { GatewayVariables } from '../gateway-descriptor.ts';
import { modeOf } from './id-parts.ts';
import type { DinteroSettings } from './settings.ts';

/** Dintero itself. */
export const HOSTS = {
  DINTERO_API_URL: 'https://api.dintero.com',
  DINTERO_CHECKOUT_URL: 'https://checkout.dintero.com',
} as const;

const shape = {
  DINTERO_ACCOUNT_ID: z
    .string()
    .regex(/^[PT]\d{8}$/, 'an account such as T12345678 (test) or P12345678 (live)'),
  /** The API client, created in the Backoffice. */
  DINTERO_CLIENT_ID: secret,
  DINTERO_CLIENT_SECRET: secret,
  /** Used if a session request names no profile. */
  DINTERO_PROFILE_ID: z.string().regex(/^\S+$/, 'a profile id').default('default'),
  /** The secrets of session callbacks, newest first; any of them may sign. */
  DINTERO_SIGNATURE_SECRETS: list(secret),
  /** The secrets of account-wide webhooks, newest first; without any, these webhooks are refused. */
  DINTERO_WEBHOOK_SECRETS: list(secret).optional(),
  /** The host for tokens, signing secrets and subscriptions. */
  DINTERO_API_URL: url.default(HOSTS.DINTERO_API_URL),
  /** The host for sessions and transactions. */
  DINTERO_CHECKOUT_URL: url.default(HOSTS.DINTERO_CHECKOUT_URL),
};

type Parsed = z.infer<z.ZodObject<typeof shape>>;
/** Before the account is set up, the signature secrets do not exist. */
export type DinteroValues = Omit<Parsed, 'DINTERO_SIGNATURE_SECRETS'> &
  Partial<Pick<Parsed, 'DINTERO_SIGNATURE_SECRETS'>>;

export const DINTERO_VARIABLES: GatewayVariables = {
  prefix: 'DINTERO',
  shape,
  secrets: ['DINTERO_CLIENT_SECRET', 'DINTERO_SIGNATURE_SECRETS', 'DINTERO_WEBHOOK_SECRETS'],
  hosts: HOSTS,
  madeByCommands: ['DINTERO_SIGNATURE_SECRETS'],
  mode: ({ DINTERO_ACCOUNT_ID: account }) => modeOf(String(account)),
  liveBecause: 'the account is live (P…)',
};

/** The settings of the adapter. */
export function settingsOf(values: DinteroValues, publicUrl: string): DinteroSettings {
  const { DINTERO_SIGNATURE_SECRETS: signatureSecrets = [], DINTERO_WEBHOOK_SECRETS: webhookSecrets } =
    values;
  return {
    accountId: values.DINTERO_ACCOUNT_ID,
    clientId: values.DINTERO_CLIENT_ID,
    clientSecret: values.DINTERO_CLIENT_SECRET,
    profileId: values.DINTERO_PROFILE_ID,
    signatureSecrets,
    ...(webhookSecrets && { webhookSecrets }),
    apiUrl: values.DINTERO_API_URL,
    checkoutUrl: values.DINTERO_CHECKOUT_URL,
    publicUrl,
  };
}
