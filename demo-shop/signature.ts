import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** Whether one of the secrets signed these exact bytes at most five minutes before or after now. */
export function isSigned(
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): boolean {
  return secrets.some((secret) => isSignedWith(body, headers, secret));
}

function isSignedWith(body: Buffer, headers: Readonly<Record<string, string>>, secret: string): boolean {
  try {
    // Verified and parsed separately: a signed body that is not JSON is an error of the sender, not a
    // forgery.
    new Webhook(secret).verify(body, { ...headers }, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}
