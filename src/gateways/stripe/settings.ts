import type { GatewayDeps } from '../gateway-descriptor.ts';
import { isHttpUrl } from '../shared/gateway-fields.ts';
import { baseOf, withoutTrailingSlash } from '../shared/public-urls.ts';

/** The settings of one Stripe account. */
export interface StripeSettings {
  /** `acct_…` */
  readonly accountId: string;
  /** `sk_…`, or a restricted key `rk_…`, or the key of an organization `sk_org_…`. */
  readonly secretKey: string;
  /** Newest first; any of them may sign. Empty before an endpoint is subscribed. */
  readonly webhookSecrets: readonly string[];
  /** Without `/v1`. */
  readonly apiUrl: string;
  /** The address at which Stripe and the payer's browser reach us, including the path if there is one. */
  readonly publicUrl: string;
}

export interface StripeDeps extends GatewayDeps {
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
}

export const ACCOUNT_ID = /^acct_[A-Za-z0-9]{1,60}$/;
/** Newer keys may have more parts between the kind and the mode, such as `sk_org_live_…`. */
export const SECRET_KEY = /^(?:sk|rk)_(?:org_)?(?:test|live)_[A-Za-z0-9_]{1,240}$/;
export const WEBHOOK_SECRET = /^whsec_[A-Za-z0-9_+/=-]{1,240}$/;

/** The key says whether its money is real. */
export function modeOf(secretKey: string): 'test' | 'live' {
  return /^[a-z]+(?:_org)?_live_/.test(secretKey) ? 'live' : 'test';
}

/**
 * The settings without trailing slashes. Throws an error that lists everything that is wrong, without any
 * secret.
 */
export function checkedSettings(settings: StripeSettings): StripeSettings {
  const wrong = complaints(settings);
  if (wrong.length > 0) throw new Error(`Stripe settings: ${wrong.join('; ')}`);
  return {
    ...settings,
    apiUrl: withoutTrailingSlash(settings.apiUrl),
    publicUrl: baseOf(settings.publicUrl),
  };
}

function complaints(settings: StripeSettings): string[] {
  const wrong: string[] = [];
  if (!ACCOUNT_ID.test(settings.accountId)) wrong.push('accountId must be acct_ and letters or digits');
  if (!SECRET_KEY.test(settings.secretKey)) wrong.push('secretKey must begin with sk_ or rk_');
  if (!settings.webhookSecrets.every((secret) => WEBHOOK_SECRET.test(secret)))
    wrong.push('webhookSecrets must begin with whsec_');
  for (const name of ['apiUrl', 'publicUrl'] as const)
    if (!isHttpUrl(settings[name])) wrong.push(`${name} must be an absolute http(s) URL`);
  return wrong;
}
