/**
 * The one interface every payment service provider stands behind. The core knows nothing else of them:
 * no `switch (gateway)`, no vendor's words. Why it looks as it does: docs/adr/0006.
 */
import type { Claim } from '../domain/callback.ts';
import type { Money } from '../domain/money.ts';
import type { Customer, OrderLine } from '../domain/order.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { OperationKind, ProductRules } from '../domain/operation.ts';
import type { Reading, Transaction, TransactionStatus } from '../domain/transaction.ts';

/** A request as it came over the wire, before any parser touched it. */
export interface RawRequest {
  readonly method: string;
  /** Path and query exactly as on the request line, never re-encoded. */
  readonly target: string;
  /** Lower-case names; duplicates joined with ", ". */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Injected, so that the tolerance of a signature can be tested without a fake clock. */
  readonly receivedAt: Date;
}

/** The last two are ours: rightly signed, but so long ago that it must be a copy, or from an address that the gateway does not use. */
export type RefusalReason =
  | 'no_signature'
  | 'malformed_signature'
  | 'wrong_signature'
  | 'signed_long_ago'
  | 'source_not_allowed';

/** One callback whose sender is proved. */
export interface Delivery {
  /** What makes two receipts the same delivery: UNIQUE(gateway, event_id) in the log. */
  readonly eventId: string;
  /** Equal for deliveries that say the same thing, however often they are sent: sha256 of what was signed, less its time. */
  readonly contentHash: string;
  /** Equal for copies of one signed message, its time included. Absent where the delivery id is signed too, which tells copies by itself. */
  readonly copyHash?: string;
  /** Our own key, from the signed part; null where it carries none, so the payment is not ours. */
  readonly key: PaymentKey | null;
  /** It carries no key by design: the session that it claims says whose it is, and `key` is null. */
  readonly keyBySession?: true;
  readonly claim: Claim;
  /** `unclear`: rightly signed but not understood, to be stored and alarmed. */
  readonly kind: 'payment' | 'ping' | 'unclear';
  /** Seconds between the signature's time and our clock; positive when it is old. */
  readonly ageSeconds: number;
  /** Which of the configured secrets signed, 0 the newest. */
  readonly secretIndex: number;
  /** The same secret by its fingerprint, for the log. */
  readonly secretFingerprint: string;
  /** The signature covers the body: what is not signed proves nothing, and little of it is kept. */
  readonly isBodySigned: boolean;
}

/** The secrets of one kind of message, newest first; an old one may still sign retries. */
export interface SigningSecrets {
  /** What they sign: `session` or `account`. */
  readonly kind: string;
  /** The variable that lists them. */
  readonly variable: string;
  readonly fingerprints: readonly string[];
}

export type Verification =
  | { readonly outcome: 'verified' | 'stale'; readonly delivery: Delivery }
  | {
      readonly outcome: 'refused';
      readonly reason: RefusalReason;
      readonly detail: string;
      readonly key: PaymentKey | null;
      readonly claim: Claim;
    }
  | { readonly outcome: 'malformed'; readonly detail: string };

/** Everything a gateway needs to open a session. */
export interface SessionRequest extends PaymentKey {
  readonly money: Money;
  readonly lines: readonly OrderLine[];
  /** The secret of the payment's return URL. */
  readonly returnKey: string;
  readonly expiresAt: Date;
  readonly customer?: Customer;
  readonly profileId?: string;
  readonly language?: string;
  readonly merchantReference2?: string;
}

export interface OpenedSession {
  readonly sessionId: string;
  readonly checkoutUrl: string;
}

/** A session of ours as the gateway has it, found by the payment id in its metadata. */
export interface FoundSession extends OpenedSession {
  readonly key: PaymentKey;
  readonly reference: string;
  readonly money: Money;
  readonly createdAt: Date;
  /** Neither cancelled nor expired. */
  readonly live: boolean;
  readonly expiresAt?: Date;
}

/** One row of a listing: enough to see whether it differs from what we know. */
export interface ListedTransaction {
  readonly transactionId: string;
  readonly sessionId: string;
  readonly reference: string;
  readonly status: TransactionStatus;
  readonly money: Money;
  readonly createdAt: Date;
  /** Where the listing shows them: what it has captured and refunded so far. */
  readonly capturedMinor?: number;
  readonly refundedMinor?: number;
}

/** One listing of transactions that a gateway has. */
export interface Listing {
  /** The gateway's own word, and a stable one: how far the listing is known is kept under it. */
  readonly name: string;
  /** How often it is worth a complete pass. One that is short is listed at every sweep all the same. */
  readonly every: 'sweep' | 'hour' | 'day';
}

/** Where a listing is to be read on. */
export interface ListingPlace {
  readonly listing: string;
  readonly since: Date;
  /** What the page before gave; null for the first. */
  readonly cursor: string | null;
}

export interface ListedPage {
  readonly rows: readonly ListedTransaction[];
  /** Opaque, short, and without personal data: it is kept in a workflow's history. Null after the very last page. */
  readonly next: string | null;
}

/** One operation to be carried out, with an amount in minor units of the transaction's currency. */
export interface OperationRequest {
  readonly transactionId: string;
  readonly kind: OperationKind;
  /** Recorded by the gateway where it can be, so that the operation is found again; unique by payment and kind. */
  readonly reference: string;
  readonly amountMinor: number;
  /** Lines of the order that it is about, by `lineId`; they add up to the amount. */
  readonly lines?: readonly {
    readonly lineId: string;
    readonly amountMinor: number;
    readonly quantity?: number;
  }[];
  readonly finalCapture?: boolean;
  readonly reason?: string;
}

/** What a gateway said to an operation. None of it is believed before the transaction has been read: `traceOf`. */
export type OperationAnswer =
  /** Understood; what became of it, if the answer showed it. */
  | { readonly kind: 'answered'; readonly transaction?: Transaction }
  /** Understood and refused, for good: a wrong state, an amount too large. Read again: it may be refused because it is done. */
  | { readonly kind: 'declined'; readonly reason: string }
  /** Not now: something else is going on (409, 503). It may be sent again, after a read. */
  | { readonly kind: 'busy'; readonly reason: string }
  /** Sent, and nothing understandable came back (time-out, 500, a broken connection): it may have happened. Never sent again. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Gateway {
  readonly id: string;
  readonly account: string;
  readonly mode: 'test' | 'live';
  readonly secrets: readonly SigningSecrets[];
  /** How long a session may be open at most. */
  readonly longestSessionMs: number;
  /** Proves the sender of a callback. Pure: no I/O, never throws. */
  verify(request: RawRequest): Verification;
  /** Opens a session. Not idempotent at every gateway: look with `findSessions` first when an earlier try may have arrived. */
  createSession(request: SessionRequest, options?: CallOptions): Promise<OpenedSession>;
  /** Every session whose own metadata names this payment, oldest first. */
  findSessions(key: PaymentKey, options?: CallOptions): Promise<FoundSession[]>;
  /** The session with its metadata; `foreign` where that names no payment of ours. `absent` may mean: not yet. */
  readSession(sessionId: string, options?: CallOptions): Promise<FoundSession | 'absent' | 'foreign'>;
  /** Asks what is true. With a transaction id that belongs to another session, the session's own transaction is read. */
  readPayment(
    at: { readonly sessionId: string; readonly transactionId?: string },
    options?: CallOptions,
  ): Promise<Reading>;
  /** Closes a session. `refused` when the gateway says it can't be closed any more; read it then. */
  cancelSession(sessionId: string, options?: CallOptions): Promise<'cancelled' | 'refused'>;
  /**
   * Captures, refunds or voids. Not idempotent at every gateway: read first, and look for the reference.
   * @throws GatewayUnavailable where it is certain that nothing was done: it never left, or we were refused (401, 403, 429)
   */
  operate(request: OperationRequest, options?: CallOptions): Promise<OperationAnswer>;
  /** Asked before an operation is marked as sent: see stop-when-silent.ts, which has it for every gateway. @throws GatewayUnavailable while operations are stopped */
  expectToOperate?(): void;
  /** Writes the one reference that may be changed later. @throws GatewayRejected | GatewayUnavailable */
  updateReference(transactionId: string, merchantReference2: string, options?: CallOptions): Promise<void>;
  /** What the product that paid can do; the strictest where it is not known. */
  rulesFor(paymentMethod: string | undefined): ProductRules;
  /** How often the gateway says that it has called us about a session's payment. */
  countCallbacksSent(sessionId: string, options?: CallOptions): Promise<number>;
  /**
   * Together they show every transaction created since a time, and every older one that has changed since: captured, refunded, voided,
   * resolved. At least one is listed at every sweep, and shows what is new.
   */
  readonly listings: readonly Listing[];
  /** One page. @throws GatewayRejected also where the listing does not move on: repeating it will not help */
  listPage(place: ListingPlace, options?: CallOptions): Promise<ListedPage>;
  /** Whether the gateway's account-wide webhooks still come to us; it may have given up on us by itself. @throws GatewayUnavailable */
  findSubscription(options?: CallOptions): Promise<'not_expected' | 'there' | 'missing'>;
  /** Cheap authenticated call for `doctor`; throws like any other. */
  checkCredentials(options?: CallOptions): Promise<void>;
}

/** The gateway understood the request and says no: repeating it will not help. */
export class GatewayRejected extends Error {
  override readonly name = 'GatewayRejected';
}

/**
 * Silence (time-out, connection, 5xx), a refusal of us (401, 403, 429) or not there yet: says nothing about the payment, to be retried.
 * `stopped`: not called at all, since the same call has met nothing but silence for several payments.
 */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
  readonly kind: 'silent' | 'stopped' | 'credentials' | 'rate_limited' | 'absent';
  readonly retryAfterMs: number | undefined;
  /** While the call is stopped: when it is this one's turn again, so that waiting calls do not come at once. */
  readonly turnInMs: number | undefined;

  constructor(
    message: string,
    options: {
      kind: GatewayUnavailable['kind'];
      retryAfterMs?: number | undefined;
      turnInMs?: number;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.kind = options.kind;
    this.retryAfterMs = options.retryAfterMs;
    this.turnInMs = options.turnInMs;
  }
}
