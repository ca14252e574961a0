/** The PSP's callbacks: a list of messages, each signed with all others. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { bodyVariants } from '../../../src/gateways/shared/body-variants.ts';
import type { SigningScheme } from '../../../src/gateways/shared/explain-signature.ts';
import { parseKey } from '../../../src/gateways/shared/payment-key.ts';
import { whichSecret } from '../../../src/gateways/shared/which-secret.ts';
import type {
  Delivery,
  RawRequest,
  RefusalReason,
  Verification,
} from '../../../src/gateways/verification.ts';
import { sha256 } from '../../../src/lib/fingerprint.ts';

const HEADER = 'simulator-signature';

/** The header is `<unix seconds>.<HMAC-SHA256 of the seconds, a dot and the body>`. */
export function verifyCallback(
  { headers, body, receivedAt }: RawRequest,
  { secrets, host }: { readonly secrets: readonly string[]; readonly host: string },
): Verification {
  const header = headers[HEADER];
  if (header === undefined) return refused('no_signature');
  const scheme = schemeOf(body, secrets);
  const parsed = scheme.parse(header);
  if (parsed === null) return refused('malformed_signature');
  const signed = scheme.asItCame(parsed.timestamp);
  const which = whichSecret(secrets, parsed.digests, (secret) => scheme.sign(secret, signed));
  if (which === null) return refused('wrong_signature');
  const ageSeconds = Math.floor(receivedAt.getTime() / 1_000) - Number(parsed.timestamp);
  const [first, ...others] = messagesIn(body).map((message) => ({
    ...toEvent(message, host),
    ...which,
    ageSeconds,
    isBodySigned: true,
  }));
  const outcome = Math.abs(ageSeconds) <= 300 ? 'verified' : 'stale';
  return first ? { outcome, deliveries: [first, ...others] } : { outcome: 'malformed', detail: 'no message' };
}

/** What is signed, and what may have been signed before something changed it. */
export function schemeOf(body: Buffer, secrets: readonly string[]): SigningScheme {
  const signed = (time: string, bytes: Buffer) => Buffer.concat([Buffer.from(`${time}.`), bytes]);
  return {
    header: HEADER,
    variable: 'SIMULATOR_SECRETS',
    secrets,
    parse(value) {
      const [, timestamp = '', digest = ''] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(value) ?? [];
      return digest === '' ? null : { timestamp, digests: [Buffer.from(digest, 'hex')] };
    },
    sign: (secret, bytes) => createHmac('sha256', secret).update(bytes).digest(),
    asItCame: (time) => signed(time, body),
    *variants(time) {
      for (const { what, body: bytes } of bodyVariants(body))
        yield { clue: { code: 'body_changed', what }, signed: signed(time, bytes) };
    },
  };
}

export function messagesIn(body: Buffer): readonly unknown[] {
  try {
    const messages: unknown = JSON.parse(body.toString());
    return Array.isArray(messages) ? messages : [messages];
  } catch {
    return [body.toString('latin1')];
  }
}

const messageSchema = z.object({
  id: z.string(),
  type: z.string(),
  deal: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
});

type Event = Pick<Delivery, 'kind' | 'key' | 'claim' | 'eventId' | 'contentHash'>;

/** A message, signed or in the PSP's list. */
export function toEvent(message: unknown, host: string): Event {
  const contentHash = sha256(JSON.stringify(message));
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) return { kind: 'unclear', key: null, claim: {}, eventId: contentHash, contentHash };
  const { id, type, deal, labels } = parsed.data;
  if (type !== 'deal') return { kind: 'other', key: null, claim: { event: type }, eventId: id, contentHash };
  const { payment = '', order = '', n = '' } = labels;
  // Another paidonce on the account has another host.
  const key = labels['host'] === host ? parseKey(payment, order, n) : null;
  const claim = { event: id, eventRef: id, ...(deal !== undefined && { transactionId: deal }) };
  return { kind: 'payment', key, claim, eventId: id, contentHash };
}

function refused(reason: RefusalReason): Verification {
  return { outcome: 'refused', reason, detail: `simulator-signature: ${reason}`, key: null, claim: {} };
}
