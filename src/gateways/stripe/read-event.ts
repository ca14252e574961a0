/** What an event says, by the signed bytes of a webhook or in a list. It is read only as far as it is understood. */
import { z } from 'zod';
import type { Claim } from '../../domain/callback.ts';
import type { PaymentKey } from '../../domain/payment.ts';
import { sha256 } from '../../lib/fingerprint.ts';
import { idField } from '../shared/gateway-fields.ts';
import { readObject } from './event-objects.ts';
import { isAboutPayments } from './event-types.ts';
import { isId } from './urls.ts';

/** Whom an event must be about. */
export interface Addressee {
  readonly accountId: string;
  readonly mode: 'test' | 'live';
  /** Of PUBLIC_URL. */
  readonly host: string;
}

export interface StripeEvent {
  readonly kind: 'payment' | 'other' | 'unclear';
  readonly key: PaymentKey | null;
  readonly isKeyless?: true;
  readonly claim: Claim;
  readonly eventId: string;
  /** Equal for two Event objects that tell one fact, also of different types. */
  readonly contentHash: string;
}

const snapshotSchema = z.object({
  object: z.literal('event'),
  id: idField,
  type: idField,
  livemode: z.boolean(),
  account: idField.optional(),
  data: z.object({ object: z.unknown() }),
});

const thinSchema = z.object({
  object: z.literal('v2.core.event'),
  id: idField,
  type: idField,
  livemode: z.boolean(),
  context: idField.nullish().catch(undefined),
  snapshot_event: idField.nullish().catch(undefined),
  related_object: z.object({ id: idField, type: idField }).nullish().catch(undefined),
});

const eventSchema = z.discriminatedUnion('object', [snapshotSchema, thinSchema]);

type Snapshot = z.infer<typeof snapshotSchema>;
type Thin = z.infer<typeof thinSchema>;

/** Never throws: an event that is not understood is `unclear`. */
export function readEvent(body: Buffer, addressee: Addressee): StripeEvent {
  return understood(parse(body), () => body, addressee);
}

/** The same for an event of a list. */
export function readListedEvent(event: unknown, addressee: Addressee): StripeEvent {
  return understood(event, () => JSON.stringify(event), addressee);
}

function understood(said: unknown, bytes: () => Buffer | string, addressee: Addressee): StripeEvent {
  const parsed = eventSchema.safeParse(said);
  if (!parsed.success) return unclear(bytes());
  const event = parsed.data;
  const isSnapshot = event.object === 'event';
  const account = isSnapshot ? event.account : event.context;
  const isElsewhere = event.livemode !== (addressee.mode === 'live') || isOther(account, addressee);
  if (isElsewhere || !isAboutPayments(event.type)) return passedOver(event);
  return isSnapshot ? fromSnapshot(event, bytes, addressee) : fromThin(event);
}

/** An event of a connected account has its `account`, and is none of ours. */
function isOther(account: string | null | undefined, { accountId }: Addressee): boolean {
  return typeof account === 'string' && account !== accountId;
}

/** A byte order mark and invalid UTF-8 are no JSON. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body));
  } catch {
    return undefined;
  }
}

/** The signature covers the body, so its hash is an id that nobody can vary. */
function unclear(bytes: Buffer | string): StripeEvent {
  const contentHash = sha256(bytes);
  return { kind: 'unclear', key: null, claim: {}, eventId: `body/${contentHash}`, contentHash };
}

function passedOver({ id, type }: Snapshot | Thin): StripeEvent {
  return { kind: 'other', key: null, claim: { event: type }, eventId: id, contentHash: sha256(id) };
}

function fromSnapshot(
  { id, type, data }: Snapshot,
  bytes: () => Buffer | string,
  { host }: Addressee,
): StripeEvent {
  const object = readObject(data.object, type, host);
  if (object === null) return { ...unclear(bytes()), claim: { event: type }, eventId: id };
  const { key, isKeyless, claim } = object;
  const { transactionId, sessionId, eventRef } = claim;
  const isSound =
    (transactionId === undefined || isId('pi', transactionId)) &&
    (sessionId === undefined || isId('cs', sessionId));
  // Not the type and not the id: they differ between the events of one fact.
  const contentHash = sha256(JSON.stringify([transactionId ?? sessionId ?? id, eventRef ?? type]));
  return {
    kind: isSound ? 'payment' : 'unclear',
    key,
    ...(isKeyless && { isKeyless: true as const }),
    claim: { ...(isSound && claim), event: type },
    eventId: id,
    contentHash,
  };
}

/**
 * A thin event names one object and nothing about it. Its twin, where both kinds are subscribed, is the same
 * delivery.
 */
function fromThin({ id, type, snapshot_event: twin, related_object: related }: Thin): StripeEvent {
  const eventId = twin ?? id;
  const { id: objectId = '', type: kind } = related ?? {};
  const claim = {
    event: type,
    ...(kind === 'checkout.session' && isId('cs', objectId) && { sessionId: objectId }),
    ...(kind === 'payment_intent' && isId('pi', objectId) && { transactionId: objectId }),
  };
  const contentHash = sha256(JSON.stringify([objectId, eventId]));
  return { kind: 'payment', key: null, isKeyless: true, claim, eventId, contentHash };
}
