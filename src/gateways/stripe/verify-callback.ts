import type { RawRequest, Verification } from '../verification.ts';
import { readEvent, type Addressee } from './read-event.ts';
import { verifySignature, type SignatureCheck } from './signature.ts';

/** A larger unsigned body is not parsed: a genuine event is smaller. */
const MAX_UNPROVED_BYTES = 262_144;

export interface StripeSigner extends Addressee {
  /** Newest first. */
  readonly secrets: readonly string[];
}

/**
 * Verifies the signature over the time and the bytes of a webhook, and reads what it is about. Stripe signs
 * each attempt again, so an old signature is a copy.
 */
export function verifyCallback(request: RawRequest, signer: StripeSigner): Verification {
  const { body, headers, method, receivedAt } = request;
  if (method !== 'POST') return { outcome: 'malformed', detail: 'a webhook must be a POST' };
  const check = verifySignature(headers['stripe-signature'], body, signer.secrets, receivedAt);
  if (check.outcome === 'refused') return refuse(check, request, signer);
  const { outcome, ageSeconds, secretIndex, secretFingerprint } = check;
  const signed = { ageSeconds, secretIndex, secretFingerprint, isBodySigned: true };
  return { outcome, deliveries: [{ ...readEvent(body, signer), ...signed }] };
}

function refuse(
  { reason, detail }: SignatureCheck & { outcome: 'refused' },
  { body }: RawRequest,
  signer: Addressee,
): Verification {
  if (body.length > MAX_UNPROVED_BYTES) return { outcome: 'refused', reason, detail, key: null, claim: {} };
  const { key, claim } = readEvent(body, signer);
  const namesNothing = claim.sessionId === undefined && claim.transactionId === undefined && key === null;
  if (reason === 'no_signature' && namesNothing)
    return {
      outcome: 'malformed',
      detail: 'the request is not signed and names no payment, session or transaction',
    };
  return { outcome: 'refused', reason, detail, key, claim };
}
