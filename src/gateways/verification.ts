/** A callback before and after the gateway's folder has verified its sender. */
import type { Claim } from '../domain/callback.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { NamedSecret } from '../domain/refusal-clue.ts';

/** A request as it was received, before any parsing. */
export interface RawRequest {
  readonly method: string;
  /** Path and query exactly as on the request line, never re-encoded. */
  readonly target: string;
  /** Lower-case names; duplicates joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** A field, so that the tolerance of a signature can be tested without a fake clock. */
  readonly receivedAt: Date;
}

/**
 * The last two are our own: validly signed, but so long ago that it must be a copy, or from an address that
 * the gateway does not use.
 */
export type RefusalReason =
  | 'no_signature'
  | 'malformed_signature'
  | 'wrong_signature'
  | 'signed_long_ago'
  | 'source_not_allowed';

/** One callback with a verified sender. */
export interface Delivery {
  /** Equal for two receipts of the same delivery: UNIQUE(gateway, event_id) in the log. */
  readonly eventId: string;
  /**
   * Equal for deliveries with the same message, however often it is sent: sha256 of the signed content
   * without its time.
   */
  readonly contentHash: string;
  /**
   * Equal for copies of one signed message, including its time. Absent if the delivery id is signed too,
   * which already identifies copies.
   */
  readonly copyHash?: string;
  /** Our own key, from the signed part. Null if there is none; the payment is then not ours. */
  readonly key: PaymentKey | null;
  /**
   * The callback has no key by design, and `key` is null: the claimed session or else the claimed transaction
   * identifies the payment.
   */
  readonly isKeyless?: true;
  readonly claim: Claim;
  /**
   * `other`: genuine, and about nothing that payments are made of; only some are stored. `unclear`: validly
   * signed but not understood; it is stored and raises an alarm.
   */
  readonly kind: 'payment' | 'ping' | 'other' | 'unclear';
  /** Seconds between the signature's time and our clock; positive if the signature is old. */
  readonly ageSeconds: number;
  /** Which of the configured secrets signed; 0 is the newest. */
  readonly secretIndex: number;
  /** The fingerprint of the same secret, for the log. */
  readonly secretFingerprint: string;
  /** Whether the signature covers the body. An unsigned body proves nothing, and little of it is kept. */
  readonly isBodySigned: boolean;
}

/** The secrets of one kind of message, newest first; an old one may still sign retries. */
export interface SigningSecrets {
  /** What the secrets sign: `session` or `account`. */
  readonly kind: string;
  /** The variable that lists them. */
  readonly variable: string;
  readonly fingerprints: readonly string[];
}

/** A configured secret of any kind, by which a refused callback may have been signed. Never logged or stored. */
export interface KnownSecret extends NamedSecret {
  readonly secret: string;
}

export type Verification =
  /** One request may hold several deliveries, which are answered together. */
  | { readonly outcome: 'verified' | 'stale'; readonly deliveries: readonly [Delivery, ...Delivery[]] }
  | {
      readonly outcome: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly key: PaymentKey | null;
      readonly claim: Claim;
    }
  | { readonly outcome: 'malformed'; readonly detail: string };

/** What became of a delivery that was stored durably. */
export type CallbackResult = 'accepted' | 'duplicate' | 'ignored';
/** One for each delivery of the request. */
export type CallbackResults = readonly [CallbackResult, ...CallbackResult[]];
