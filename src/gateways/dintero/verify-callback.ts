import type { Claim } from '../../domain/callback.ts';
import type { PaymentKey } from '../../domain/payment.ts';
import type { Delivery, RawRequest, Verification } from '../verification.ts';
import { parseKey } from '../shared/payment-key.ts';
import { accountOf } from './id-parts.ts';
import { eventRef } from './transaction-event.ts';
import type { SignatureCheck, SignedTarget, Signer } from './signature.ts';
import { sha256 } from '../../lib/fingerprint.ts';
import { contentHash, parseTarget, verifySignature } from './signature.ts';
import { KEY_PARAMS } from './urls.ts';
import { idField, isWellFormed, shownText } from '../shared/gateway-fields.ts';

const MAX_LENGTH = 200;

/** The parameters that we read, which may occur only once each. `report_event` is repeated by design. */
const SINGLE_PARAMS = [
  ...Object.values(KEY_PARAMS),
  'transaction_id',
  'session_id',
  'sid',
  'merchant_reference',
  'error',
  'event',
  'event_id',
  'time',
];

/** The contents of the query, proved or not. Ambiguous and oversized values are left out. */
interface Contents {
  readonly key: PaymentKey | null;
  readonly claim: Claim;
  /** Parameters that can't be read at all. */
  readonly unreadable: readonly string[];
  /** Parameters that can be read but contradict each other. */
  readonly contradictions: readonly string[];
}

/**
 * Verifies the sender of a callback and reads what it is about. Reads the signed query and two headers, never
 * the body.
 */
export function verifyCallback(request: RawRequest, signer: Signer): Verification {
  const target = parseTarget(request.method, request.target);
  if (target === null)
    return { outcome: 'malformed', detail: 'the request target must be a plain path and query' };
  const header = request.headers['dintero-signature'];
  const check = verifySignature(header, target, signer, request.receivedAt);
  const contents = readContents(new URLSearchParams(target.canonicalQuery), signer.accountId);
  if (check.outcome === 'refused') return refuse(check, contents);
  return { outcome: check.outcome, deliveries: [toDelivery(request, target, check, contents)] };
}

function refuse(check: SignatureCheck & { outcome: 'refused' }, contents: Contents): Verification {
  const { key, claim, unreadable } = contents;
  if (unreadable.length > 0) return { outcome: 'malformed', detail: unreadable.join('; ') };
  const namesNothing = key === null && claim.sessionId === undefined && claim.transactionId === undefined;
  if (check.reason === 'no_signature' && namesNothing) {
    return {
      outcome: 'malformed',
      detail: 'the request is not signed and names no payment, session or transaction',
    };
  }
  return { outcome: 'refused', reason: check.reason, detail: check.detail, key, claim };
}

function toDelivery(
  request: RawRequest,
  target: SignedTarget,
  check: SignatureCheck & { outcome: 'verified' | 'stale' },
  { key, claim, unreadable, contradictions }: Contents,
): Delivery {
  const content = contentHash(target);
  const copyHash = sha256(`${content}\n${check.timestamp}`);
  return {
    eventId: deliveryId(request.headers['event-delivery']) ?? copyHash,
    copyHash,
    contentHash: content,
    key,
    claim,
    kind: unreadable.length + contradictions.length === 0 ? 'payment' : 'unclear',
    ageSeconds: check.ageSeconds,
    secretIndex: check.secretIndex,
    secretFingerprint: check.secretFingerprint,
    isBodySigned: false,
  };
}

/**
 * The header is not signed. A forged header can make an old delivery look new, which costs a read; it can't
 * make a new one look old.
 */
function deliveryId(header: string | undefined): string | undefined {
  const id = header?.trim() ?? '';
  return idField.safeParse(id).data;
}

function readContents(params: URLSearchParams, accountId: string): Contents {
  const odd = SINGLE_PARAMS.filter((name) => !isSound(name, params.getAll(name)));
  const value = (name: string): string | undefined =>
    odd.includes(name) ? undefined : (params.get(name) ?? undefined);
  const key = readKey(value);
  const claim = readClaim(value);
  return {
    key,
    claim,
    unreadable: odd.map((name) => `${name} is repeated, longer than ${MAX_LENGTH} or has control characters`),
    contradictions: findContradictions(value, key, claim, accountId),
  };
}

function isSound(name: string, values: readonly string[]): boolean {
  if (values.length > 1) return false;
  // `error` is only shown, so it is cleaned instead of refused: a bad error text must not hide that an error
  // occurred.
  return name === 'error' || values.every((text) => text.length <= MAX_LENGTH && isWellFormed(text));
}

type ValueOf = (name: string) => string | undefined;

function readKey(value: ValueOf): PaymentKey | null {
  const [paymentId, orderReference, n] = keyTexts(value);
  if (paymentId === undefined || orderReference === undefined || n === undefined) return null;
  return parseKey(paymentId, orderReference, n);
}

function keyTexts(value: ValueOf): (string | undefined)[] {
  return [value(KEY_PARAMS.paymentId), value(KEY_PARAMS.orderReference), value(KEY_PARAMS.n)];
}

function readClaim(value: ValueOf): Claim {
  const sessionId = value('session_id') ?? value('sid');
  const transactionId = value('transaction_id');
  // Dintero sometimes sends a second callback of the same event with only the event's id.
  const event = value('event') ?? (value('event_id') && 'unnamed');
  const error = value('error');
  const [named, id] = [value('event'), value('event_id')];
  return {
    ...(sessionId && { sessionId }),
    ...(transactionId && { transactionId }),
    ...(event && { event }),
    ...(error && { error: shownText(error, MAX_LENGTH) }),
    // Without the event's name, a number could refer to any event.
    ...(named && id && { eventRef: eventRef(id, named) }),
  };
}

function findContradictions(
  value: ValueOf,
  key: PaymentKey | null,
  claim: Claim,
  accountId: string,
): string[] {
  const problems: string[] = [];
  if (key === null && keyTexts(value).every((text) => text !== undefined)) {
    problems.push('payment, order and n do not have the form of a key of ours');
  }
  const reference = value('merchant_reference');
  if (key !== null && reference !== undefined && reference !== key.orderReference) {
    problems.push('merchant_reference is not the order of the payment');
  }
  const sid = value('sid');
  if (sid !== undefined && (value('session_id') ?? sid) !== sid) problems.push('session_id and sid differ');
  for (const id of [claim.sessionId, claim.transactionId]) {
    if (id !== undefined && accountOf(id) !== accountId) problems.push('an id belongs to another account');
  }
  return problems;
}
