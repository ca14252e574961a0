/**
 * Reads the body of an account-wide webhook: what it claims to be about, proved or not. Never throws, and
 * parses no more than it must.
 */
import { z } from 'zod';
import type { Claim } from '../../domain/callback.ts';
import type { PaymentKey } from '../../domain/payment.ts';
import { isIdOf } from './id-parts.ts';
import { eventRef } from './transaction-event.ts';
import { isKnownWord } from './parse-transaction.ts';
import { keyOf } from './sessions.ts';
import { sha256 } from '../../lib/fingerprint.ts';
import { idField, shownField } from '../shared/gateway-fields.ts';

const text = idField.optional().catch(undefined);

const envelopeSchema = z.object({
  account_id: text,
  event: text,
  event_delivery: text,
  transaction: z.unknown().optional(),
  authorization: z.unknown().optional(),
  config: z.unknown().optional(),
  events: z.unknown().optional(),
});
const subscriptionSchema = z.object({ config: z.object({ url: z.string() }), events: z.array(z.string()) });
const transactionSchema = z.object({
  id: text,
  session_id: text,
  merchant_reference: text,
  status: text,
  updated_at: text,
  metadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
  events: z.unknown().optional(),
});
const authorizationSchema = z.object({ session_id: text, transaction_id: text, error: shownField(200) });
const lastEventSchema = z.object({ id: text, event: text });

export interface AccountEvent {
  readonly kind: 'payment' | 'ping' | 'unclear';
  readonly key: PaymentKey | null;
  readonly claim: Claim;
  /** Dintero's id of this delivery. */
  readonly deliveryId?: string;
  /** Equal for bodies with the same message. */
  readonly contentHash: string;
}

/** Reads the event that the bytes claim to be; `unclear` if they belong to nothing that we know. */
export function readAccountEvent(body: Buffer, accountId: string): AccountEvent {
  const envelope = envelopeSchema.safeParse(parse(body)).data;
  const { account_id: account, event, event_delivery: deliveryId } = envelope ?? {};
  const id = { ...(deliveryId !== undefined && { deliveryId }), contentHash: sha256(body) };
  if (envelope !== undefined && event === undefined && isSubscription(envelope))
    return { ...unplaced('ping'), ...id };
  const isForeign = account !== accountId && (account !== undefined || event !== 'ping');
  if (envelope === undefined || event === undefined || isForeign) return { ...unplaced('unclear'), ...id };
  if (event === 'ping') return { ...unplaced('ping'), ...id };
  // Settlements, tokens and future events do not concern us.
  if (event !== 'checkout_transaction' && event !== 'checkout_authorization')
    return { ...unplaced('ping'), claim: { event }, ...id };
  return { ...id, ...aboutPayment(envelope, accountId) };
}

/** The body of Dintero's ping is the subscription itself: it names neither an event nor an account. */
function isSubscription({ config, events }: z.infer<typeof envelopeSchema>): boolean {
  return subscriptionSchema.safeParse({ config, events }).success;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function unplaced(kind: 'ping' | 'unclear'): Pick<AccountEvent, 'kind' | 'key' | 'claim'> {
  return { kind, key: null, claim: {} };
}

function aboutPayment(envelope: z.infer<typeof envelopeSchema>, accountId: string): AccountEvent {
  const transaction = transactionSchema.safeParse(envelope.transaction).data;
  const summary = authorizationSchema.safeParse(envelope.authorization).data;
  const last = lastEventOf(transaction?.events);
  const { status, updated_at: updatedAt } = transaction ?? {};
  const key = keyOf(transaction?.metadata);
  const claim = claimOf(transaction, summary, moneyEventOf(last?.event, status), last);
  const reference = transaction?.merchant_reference ?? key?.orderReference;
  const isSound = isConsistent(claim, summary, accountId) && reference === (key?.orderReference ?? reference);
  const told = [envelope.event, claim, status, last?.id ?? updatedAt];
  return { kind: isSound ? 'payment' : 'unclear', key, claim, contentHash: sha256(JSON.stringify(told)) };
}

type ShownTransaction = z.infer<typeof transactionSchema>;
type Summary = z.infer<typeof authorizationSchema>;

function claimOf(
  transaction: ShownTransaction | undefined,
  summary: Summary | undefined,
  event: string | undefined,
  last: LastEvent | undefined,
): Claim {
  const sessionId = transaction?.session_id ?? summary?.session_id;
  const transactionId = transaction?.id ?? summary?.transaction_id;
  return {
    ...(sessionId !== undefined && { sessionId }),
    ...(transactionId !== undefined && { transactionId }),
    ...(event !== undefined && { event }),
    ...(summary?.error && { error: summary.error }),
    ...(event !== undefined &&
      last?.id !== undefined &&
      last.event === event && { eventRef: eventRef(last.id, event) }),
  };
}

/** Whether the event names a session, and nothing of another account or payment. */
function isConsistent(
  { sessionId, transactionId }: Claim,
  summary: Summary | undefined,
  accountId: string,
): boolean {
  if (sessionId === undefined || !isIdOf(accountId, sessionId)) return false;
  if (transactionId !== undefined && !isIdOf(accountId, transactionId)) return false;
  const { session_id: session = sessionId, transaction_id: transaction = transactionId } = summary ?? {};
  return session === sessionId && transaction === transactionId;
}

type LastEvent = z.infer<typeof lastEventSchema>;

function lastEventOf(events: unknown): LastEvent | undefined {
  return Array.isArray(events) ? lastEventSchema.safeParse(events.at(-1)).data : undefined;
}

const BY_STATUS: ReadonlyMap<string, string> = new Map([
  ['CAPTURED', 'CAPTURE'],
  ['PARTIALLY_CAPTURED', 'CAPTURE'],
  ['PARTIALLY_CAPTURED_REFUNDED', 'REFUND'],
  ['PARTIALLY_REFUNDED', 'REFUND'],
  ['REFUNDED', 'REFUND'],
  ['AUTHORIZATION_VOIDED', 'VOID'],
]);

/**
 * The kind of the last money event; without events, the kind that alone leads to the status. A status that is
 * not known may be about money too, so it is named.
 */
function moneyEventOf(lastEvent: string | undefined, status: string | undefined): string | undefined {
  if (status !== undefined && !isKnownWord(status)) return status;
  if (lastEvent === undefined) return BY_STATUS.get(status ?? '');
  return /^(?:INITIATE_)?(CAPTURE|REFUND|VOID)$/.exec(lastEvent)?.[1];
}
