import type { GatewayDeps } from '../gateway-descriptor.ts';
import { isHttpUrl } from '../shared/gateway-fields.ts';
import { baseOf, withoutTrailingSlash } from '../shared/public-urls.ts';

/** The settings of one Dintero account. */
export interface DinteroSettings {
  /** `T12345678` (test) or `P12345678` (live). */
  readonly accountId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Used if a session request names no profile. */
  readonly profileId: string;
  /** Newest first; any of them may sign. */
  readonly signatureSecrets: readonly string[];
  /** The secrets of account-wide webhooks, newest first; without any, these webhooks are refused. */
  readonly webhookSecrets?: readonly string[];
  /** Core API (tokens), without `/v1`. */
  readonly apiUrl: string;
  /** Checkout API (sessions, transactions), without `/v1`. */
  readonly checkoutUrl: string;
  /** The address at which Dintero and the payer's browser reach us, including the path if there is one. */
  readonly publicUrl: string;
}

export interface DinteroDeps extends GatewayDeps {
  readonly fetch?: typeof fetch;
  readonly now?: () => Date;
}

/**
 * The settings without trailing slashes. Throws an error that lists everything that is wrong, without any
 * secret.
 */
export function checkedSettings(settings: DinteroSettings): DinteroSettings {
  const wrong = complaints(settings);
  if (wrong.length > 0) throw new Error(`Dintero settings: ${wrong.join('; ')}`);
  return {
    ...settings,
    apiUrl: withoutTrailingSlash(settings.apiUrl),
    checkoutUrl: withoutTrailingSlash(settings.checkoutUrl),
    publicUrl: baseOf(settings.publicUrl),
  };
}

function complaints(settings: DinteroSettings): string[] {
  const wrong: string[] = [];
  if (!/^[TP]\d{8}$/.test(settings.accountId)) wrong.push('accountId must be T or P and 8 digits');
  if (settings.signatureSecrets.length === 0) wrong.push('signatureSecrets must hold at least one secret');
  if (settings.signatureSecrets.some(isBlank)) wrong.push('signatureSecrets must not hold a blank secret');
  if (settings.webhookSecrets?.some(isBlank)) wrong.push('webhookSecrets must not hold a blank secret');
  for (const name of ['clientId', 'clientSecret', 'profileId'] as const) {
    if (isBlank(settings[name])) wrong.push(`${name} must not be blank`);
  }
  for (const name of ['apiUrl', 'checkoutUrl', 'publicUrl'] as const) {
    if (!isHttpUrl(settings[name])) wrong.push(`${name} must be an absolute http(s) URL`);
  }
  return wrong;
}

function isBlank(value: string): boolean {
  return value.trim() === '';
}
