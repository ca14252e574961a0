import { join } from 'node:path';
import { given, secret, secrets, settingsOr, whole } from '../sandbox-environment.ts';

/** The settings of the Stripe sandbox. Every variable has a default. */
export interface StripeSettings {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string | undefined;
  readonly account: string;
  /** The keys that are accepted; the first one is the account's own. */
  readonly keys: readonly string[];
  /** Newest first. All of them sign for the endpoint of the environment, as during a roll at Stripe. */
  readonly webhookSecrets: readonly string[];
  /** An endpoint that is subscribed from the start. */
  readonly webhookUrl: string | undefined;
  readonly publicUrl: string | undefined;
  readonly apiVersion: string;
  /** The same seed gives the same ids. */
  readonly seed: string | undefined;
  /** The folder for the received requests. */
  readonly requestsDir: string | undefined;
}

const KEY = 'sk_test_sandbox00000000000000000001';
const WEBHOOK_SECRET = 'whsec_sandbox0000000000000000000001';

/** The version whose shapes the answers and events have. */
const API_VERSION = '2026-08-26.dahlia';

/** Reads the environment. Throws one `Error` that names every wrong variable and what was expected. */
export function readStripeSettings(env: NodeJS.ProcessEnv): StripeSettings {
  const wrong: string[] = [];
  const dataDir = given(env, 'DATA_DIR');
  const key = secret(env, 'STRIPE_SECRET_KEY', wrong) ?? KEY;
  const more = given(env, 'STRIPE_SANDBOX_MORE_KEYS')?.split(',') ?? [];
  const webhookSecrets = secret(env, 'STRIPE_WEBHOOK_SECRETS', wrong) ?? WEBHOOK_SECRET;
  const settings = {
    host: given(env, 'HOST') ?? '127.0.0.1',
    port: whole(env, { name: 'STRIPE_SANDBOX_PORT', fallback: 3003, max: 65_535 }, wrong),
    dataDir: dataDir === undefined ? undefined : join(dataDir, 'stripe'),
    account: like(env, 'STRIPE_ACCOUNT_ID', /^acct_[A-Za-z0-9]+$/, 'acct_1Sandbox000000001', wrong),
    keys: [key, ...more].map((each) => checkedKey(each.trim(), wrong)),
    webhookSecrets: secrets({ name: 'STRIPE_WEBHOOK_SECRETS', list: webhookSecrets }, wrong),
    webhookUrl: given(env, 'STRIPE_SANDBOX_WEBHOOK_URL'),
    publicUrl: given(env, 'STRIPE_SANDBOX_PUBLIC_URL')?.replace(/\/+$/, ''),
    apiVersion: like(env, 'STRIPE_SANDBOX_API_VERSION', /^\d{4}-\d\d-\d\d(\.[a-z]+)?$/, API_VERSION, wrong),
    seed: given(env, 'STRIPE_SANDBOX_SEED'),
    requestsDir: given(env, 'STRIPE_SANDBOX_REQUESTS'),
  };
  return settingsOr(settings, wrong);
}

function like(env: NodeJS.ProcessEnv, name: string, form: RegExp, fallback: string, wrong: string[]): string {
  const value = given(env, name) ?? fallback;
  if (!form.test(value)) wrong.push(`${name}: expected a value like ${fallback}, found "${value}"`);
  return value;
}

function checkedKey(key: string, wrong: string[]): string {
  if (!/^(sk|rk)_test_\w+$/.test(key))
    wrong.push(
      'STRIPE_SECRET_KEY, STRIPE_SANDBOX_MORE_KEYS: expected keys that begin with sk_test_ or rk_test_',
    );
  return key;
}
