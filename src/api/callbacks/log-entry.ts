/** Which parts of a callback go into the delivery log. */
import type { Clue } from '../../domain/refusal-clue.ts';
import type { Delivery, RawRequest } from '../../gateways/verification.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import type { ReceivedDelivery } from '../../store/log-delivery.ts';
import { redacted } from './redact.ts';

/**
 * The limit of the target, of the headers and of the body of a refused callback: together with its claim they
 * stay below 4 KiB.
 */
const REFUSED_PART_BYTES = 1_000;

/** An unsigned body is never parsed: it is kept for people. */
const UNSIGNED_BODY_BYTES = 4_096;

/** A verified delivery as the log keeps it. */
export function receivedOf(
  gateway: Gateway,
  request: RawRequest,
  delivery: Delivery,
  clues: readonly Clue[] = [],
): ReceivedDelivery {
  const { eventId, contentHash, key, claim, secretFingerprint: secret } = delivery;
  const kept = receivedRequest(gateway, request);
  return {
    ...kept,
    body: keptBody(kept.body, delivery),
    eventId,
    contentHash,
    key,
    secret,
    clues,
    claim: { ...claim },
    ...placeOf(delivery),
  };
}

/** A body that is about nothing of ours may have the data of people who never dealt with this merchant. */
function keptBody(body: Buffer, delivery: Delivery): Buffer {
  const { kind, isBodySigned, key } = delivery;
  const isForeign = kind === 'payment' && key === null && !isParked(delivery);
  if (kind === 'other' || isForeign) return Buffer.alloc(0);
  return isBodySigned ? body : body.subarray(0, UNSIGNED_BODY_BYTES);
}

/** Why a delivery is not acted on, or not yet. */
function placeOf(delivery: Delivery): Pick<ReceivedDelivery, 'ignoredBecause' | 'isParked'> {
  const { kind, key, claim } = delivery;
  if (kind !== 'payment') return { ignoredBecause: kind };
  if (key !== null) return {};
  if (isParked(delivery)) return { isParked: true };
  const names =
    claim.sessionId === undefined ? 'names no payment of ours' : `session ${claim.sessionId} is none of ours`;
  return { ignoredBecause: `foreign: ${names}` };
}

/**
 * A message about a refund or a dispute names its transaction alone, and may come before a read has shown us
 * that transaction. It waits until a payment has it.
 */
export function isParked({ kind, key, isKeyless, claim }: Delivery): boolean {
  if (kind !== 'payment' || key !== null || isKeyless === undefined) return false;
  return claim.sessionId === undefined && claim.transactionId !== undefined;
}

/** A request as the log keeps it. */
export function receivedRequest(gateway: Gateway, request: RawRequest) {
  const { method, target, headers, body } = request;
  return { gateway: gateway.id, method, target, headers: redacted(headers), body };
}

/** Cuts a refused request to the parts that are kept: refused requests must not fill the store. */
export function cutDown(received: ReturnType<typeof receivedRequest>): ReturnType<typeof receivedRequest> {
  let left = REFUSED_PART_BYTES;
  const headers = Object.entries(received.headers).filter(([name, value]) => {
    left -= name.length + value.length + 6;
    return left >= 0;
  });
  return {
    ...received,
    target: received.target.slice(0, REFUSED_PART_BYTES),
    headers: Object.fromEntries(headers),
    body: received.body.subarray(0, REFUSED_PART_BYTES),
  };
}
