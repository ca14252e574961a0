/**
 * The interface of every payment service provider. The core knows nothing else about them: no `switch
 * (gateway)`, no vendor's terms. docs/adr/0006 explains its design.
 */
import type { Claim } from '../domain/callback.ts';
import type { Money } from '../domain/money.ts';
import type { Customer, OrderLine } from '../domain/order.ts';
import type { PaymentKey } from '../domain/payment.ts';
import type { OperationKind, ProductRules } from '../domain/operation.ts';
import type { Reading, Transaction, TransactionStatus } from '../domain/transaction.ts';

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
  /** The callback has no key by design, and `key` is null: the claimed session identifies the payment. */
  readonly keyBySession?: true;
  readonly claim: Claim;
  /** `unclear`: validly signed but not understood; it is stored and raises an alarm. */
  readonly kind: 'payment' | 'ping' | 'unclear';
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

/** Everything that a gateway needs to open a session. */
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

/** Our session as the gateway has it, found by the payment id in its metadata. */
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
  /** The sums captured and refunded so far, if the listing shows them. */
  readonly capturedMinor?: number;
  readonly refundedMinor?: number;
}

/** One of a gateway's listings of transactions. */
export interface Listing {
  /** A stable name chosen by the adapter: the progress of the sweep is stored under it. */
  readonly name: string;
  /** How often a complete pass is worth its cost. A short listing is read at every sweep anyway. */
  readonly every: 'sweep' | 'hour' | 'day';
}

/** Where to continue reading a listing. */
export interface ListingPlace {
  readonly listing: string;
  readonly since: Date;
  /** The cursor from the previous page; null for the first. */
  readonly cursor: string | null;
}

export interface ListedPage {
  readonly rows: readonly ListedTransaction[];
  /**
   * Opaque, short, and without personal data, since it is kept in a workflow's history. Null after the last
   * page.
   */
  readonly next: string | null;
}

/** One operation to carry out, with an amount in minor units of the transaction's currency. */
export interface OperationRequest {
  readonly transactionId: string;
  readonly kind: OperationKind;
  /**
   * Recorded by the gateway if possible, so that the operation can be found again; unique by payment and
   * kind.
   */
  readonly reference: string;
  readonly amountMinor: number;
  /** The order lines of the operation, by `lineId`; they add up to the amount. */
  readonly lines?: readonly {
    readonly lineId: string;
    readonly amountMinor: number;
    readonly quantity?: number;
  }[];
  readonly finalCapture?: boolean;
  readonly reason?: string;
}

/**
 * A gateway's answer to an operation. Only a transaction that shows the operation proves its result
 * (`traceOf`): the one in this answer, or the one of a later read.
 */
export type OperationAnswer =
  /** Understood; with the transaction, if the answer showed it. */
  | { readonly kind: 'answered'; readonly transaction?: Transaction }
  /**
   * Understood and finally refused: a wrong state, an amount too large. Read again: it may be refused because
   * it is already done.
   */
  | { readonly kind: 'declined'; readonly reason: string }
  /** Not possible now, because something else is under way (409, 503). It may be sent again after a read. */
  | { readonly kind: 'busy'; readonly reason: string }
  /**
   * Sent without an understandable response (time-out, 500, a broken connection): it may have been done.
   * Never sent again.
   */
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
  /** Verifies the sender of a callback. Pure: no I/O, never throws. */
  verify(request: RawRequest): Verification;
  /**
   * Opens a session. Not idempotent at every gateway: call `findSessions` first if an earlier attempt may
   * have arrived.
   */
  createSession(request: SessionRequest, options?: CallOptions): Promise<OpenedSession>;
  /** Every session whose own metadata names this payment, oldest first. */
  findSessions(key: PaymentKey, options?: CallOptions): Promise<FoundSession[]>;
  /**
   * The session with its metadata; `foreign` if that names no payment of ours. `absent` may mean that it is
   * not there yet.
   */
  readSession(sessionId: string, options?: CallOptions): Promise<FoundSession | 'absent' | 'foreign'>;
  /**
   * Reads the payment. If the transaction id belongs to another session, the session's own transaction is
   * read.
   */
  readPayment(
    at: { readonly sessionId: string; readonly transactionId?: string },
    options?: CallOptions,
  ): Promise<Reading>;
  /** Closes a session. `refused` if the gateway says that it can no longer be closed; read it then. */
  cancelSession(sessionId: string, options?: CallOptions): Promise<'cancelled' | 'refused'>;
  /**
   * Captures, refunds or voids. Not idempotent at every gateway: read first, and look for the reference.
   * @throws GatewayUnavailable if it is certain that nothing was done: the request never left, or it was
   * refused (401, 403, 429)
   */
  operate(request: OperationRequest, options?: CallOptions): Promise<OperationAnswer>;
  /**
   * Called before an operation is marked as sent. stop-when-silent.ts adds it to every gateway. @throws
   * GatewayUnavailable while operations are stopped
   */
  expectToOperate?(): void;
  /** Writes the one reference that may be changed later. @throws GatewayRejected | GatewayUnavailable */
  updateReference(transactionId: string, merchantReference2: string, options?: CallOptions): Promise<void>;
  /** The rules of the payment method; the strictest if it is not known. */
  rulesFor(paymentMethod: string | undefined): ProductRules;
  /** How often the gateway has called us about a session's payment, according to the gateway. */
  countCallbacksSent(sessionId: string, options?: CallOptions): Promise<number>;
  /**
   * Together the listings show every transaction created since a time, and every older one that has changed
   * since: captured, refunded, voided, resolved. At least one is read at every sweep, and shows new
   * transactions.
   */
  readonly listings: readonly Listing[];
  /**
   * One page.
   * @throws GatewayRejected also if the listing does not advance: repeating the call will not help
   */
  listPage(place: ListingPlace, options?: CallOptions): Promise<ListedPage>;
  /**
   * Whether the subscription to account-wide webhooks still exists; the gateway may have ended it. @throws
   * GatewayUnavailable
   */
  findSubscription(options?: CallOptions): Promise<'not_expected' | 'there' | 'missing'>;
  /** A cheap authenticated call for `doctor`; throws like any other call. */
  checkCredentials(options?: CallOptions): Promise<void>;
}

/** The gateway understood and refused the request: repeating it will not help. */
export class GatewayRejected extends Error {
  override readonly name = 'GatewayRejected';
}

/**
 * Silence (time-out, connection, 5xx), refused credentials or rate (401, 403, 429), or not there yet. It says
 * nothing about the payment and is to be retried. `stopped`: not called at all, since the same call has met
 * only silence for several payments.
 */
export class GatewayUnavailable extends Error {
  override readonly name = 'GatewayUnavailable';
  readonly kind: 'silent' | 'stopped' | 'credentials' | 'rate_limited' | 'absent';
  readonly retryAfterMs: number | undefined;
  /**
   * While the call is stopped: when to try this one again. Each waiting call gets another time, so that they
   * do not come all at once.
   */
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
