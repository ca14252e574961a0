import { createHmac } from 'node:crypto';
import type { RefusalReason } from '../verification.ts';
import { whichSecret, type WhichSecret } from '../shared/which-secret.ts';

export type BodyCheck =
  | (WhichSecret & { readonly outcome: 'verified' })
  | { readonly outcome: 'refused'; readonly reason: RefusalReason; readonly detail: string };

/**
 * Verifies that one of the secrets signed these bytes: HMAC-SHA1 in hex, as account-wide webhooks have it.
 * The signature contains no time.
 */
export function verifyBody(header: string | undefined, body: Buffer, secrets: readonly string[]): BodyCheck {
  if (secrets.length === 0)
    return refused(
      'no_signature',
      'DINTERO_WEBHOOK_SECRETS is not set, so account webhooks cannot be verified',
    );
  const given = header?.trim() ?? '';
  if (given === '')
    return refused(
      'no_signature',
      'there is no event-signature header; check that the subscription was made with a secret',
    );
  if (!/^[0-9a-f]{40}$/i.test(given))
    return refused('malformed_signature', 'event-signature must be 40 hexadecimal digits');
  const which = whichSecret(secrets, [Buffer.from(given, 'hex')], (secret) => hmac(secret, body));
  if (which !== null) return { outcome: 'verified', ...which };
  return refused(
    'wrong_signature',
    `the signature matches none of the ${secrets.length} secrets in DINTERO_WEBHOOK_SECRETS; check them, and that no proxy changes the body`,
  );
}

/** The value of an `event-signature` header as Dintero makes it, for trials and tests. */
export function signBody(body: Buffer | string, secret: string): string {
  return hmac(secret, Buffer.from(body)).toString('hex');
}

export function hmac(secret: string, body: Buffer): Buffer {
  return createHmac('sha1', secret).update(body).digest();
}

function refused(reason: RefusalReason, detail: string): BodyCheck {
  return { outcome: 'refused', reason, detail };
}
