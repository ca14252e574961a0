import { createHmac } from 'node:crypto';

/** The value of `Stripe-Signature`: the time and one `v1` for each secret. */
export function signatureHeader(body: string, t: number, secrets: readonly string[]): string {
  return [`t=${t}`, ...secrets.map((secret) => `v1=${signature(body, t, secret)}`)].join(',');
}

/** HMAC-SHA256 with the secret as text, including its `whsec_`. */
function signature(body: string, t: number, secret: string): string {
  return createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
}
