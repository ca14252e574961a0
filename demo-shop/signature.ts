import { Webhook, WebhookVerificationError } from 'standardwebhooks';

/** Whether one of the secrets signed these exact bytes within five minutes of now, either way. */
export function isSigned(
  body: Buffer,
  headers: Readonly<Record<string, string>>,
  secrets: readonly string[],
): boolean {
  return secrets.some((secret) => isSignedWith(body, headers, secret));
}

function isSignedWith(body: Buffer, headers: Readonly<Record<string, string>>, secret: string): boolean {
  try {
    // Verified and parsed apart: a signed body that is not JSON is the sender's fault, not a forgery.
    new Webhook(secret).verify(body, { ...headers }, { jsonParse: false });
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}
