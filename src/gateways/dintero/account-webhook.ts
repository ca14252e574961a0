import type { RawRequest, Verification } from '../verification.ts';
import { readAccountEvent } from './account-event.ts';
import { verifyBody } from './body-signature.ts';
import { sha256 } from '../../lib/fingerprint.ts';
import { idField } from '../shared/gateway-fields.ts';

/** Larger unsigned bodies are not parsed: a genuine one of a few lines is smaller and names its session. */
const MAX_UNPROVED_BYTES = 65_536;

/** The account that webhooks must be about, and the secrets that may sign them. */
export interface WebhookSigner {
  readonly accountId: string;
  /** Newest first; empty if account-wide webhooks are not set up. */
  readonly webhookSecrets: readonly string[];
}

/**
 * Verifies the signature over the bytes of an account-wide webhook. Neither the time nor the target is
 * signed, so an old webhook may be replayed: it causes a read, and nothing more.
 */
export function verifyAccountWebhook(request: RawRequest, signer: WebhookSigner): Verification {
  const { body, headers, method } = request;
  if (method !== 'POST') return { outcome: 'malformed', detail: 'an account webhook must be a POST' };
  const check = verifyBody(headers['event-signature'], body, signer.webhookSecrets);
  if (check.outcome === 'refused') return refuse(check, request, signer);
  const { deliveryId, key: _, ...event } = readAccountEvent(body, signer.accountId);
  const copyHash = sha256(body);
  const id = deliveryId ?? headerId(headers['event-delivery']) ?? copyHash;
  const { secretIndex, secretFingerprint } = check;
  // Another shop on the account may run paidonce too. Metadata may then name its payment, and no callback URL
  // of ours proves that it is ours.
  const whose = { key: null, ...(event.kind === 'payment' && { isKeyless: true as const }) };
  const copies = deliveryId === undefined ? { copyHash } : {};
  const signed = { ageSeconds: 0, secretIndex, secretFingerprint, isBodySigned: true, ...copies };
  return { outcome: 'verified', deliveries: [{ ...event, ...whose, ...signed, eventId: `account/${id}` }] };
}

function refuse(
  { reason, detail }: Extract<ReturnType<typeof verifyBody>, { outcome: 'refused' }>,
  { body }: RawRequest,
  { accountId }: WebhookSigner,
): Verification {
  if (body.length > MAX_UNPROVED_BYTES) return { outcome: 'refused', reason, detail, key: null, claim: {} };
  const { kind, key, claim } = readAccountEvent(body, accountId);
  const namesNothing = claim.sessionId === undefined && claim.transactionId === undefined && key === null;
  if (reason === 'no_signature' && kind === 'unclear' && namesNothing)
    return {
      outcome: 'malformed',
      detail: 'the request is not signed and names no payment, session or transaction',
    };
  return { outcome: 'refused', reason, detail, key, claim };
}

/** The header is not signed, so the id in the body takes precedence. */
function headerId(header: string | undefined): string | undefined {
  const id = header?.trim() ?? '';
  return idField.safeParse(id).data;
}
