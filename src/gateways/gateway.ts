/**
 * The interface of every payment service provider. The core knows nothing else about them: no `switch
 * (gateway)`, no vendor's terms. docs/adr/0006 explains its design.
 */
import type { Money } from '../domain/money.ts';
import type { Customer, OrderLine } from '../domain/order.ts';
import type { CaptureMode, PaymentKey } from '../domain/payment.ts';
import type { OperationKind, ProductRules } from '../domain/operation.ts';
import type { Clue } from '../domain/refusal-clue.ts';
import type { Reading, Transaction, TransactionStatus } from '../domain/transaction.ts';
import type { Traits } from './traits.ts';
import type { Delivery, KnownSecret, RawRequest, SigningSecrets, Verification } from './verification.ts';

/** Everything that a gateway needs to open a session. */
export interface SessionRequest extends PaymentKey {
  readonly money: Money;
  readonly lines: readonly OrderLine[];
  /** The secret of the payment's return URL. */
  readonly returnKey: string;
  readonly expiresAt: Date;
  /** `auto`: captured as soon as it is authorized, by the gateway where it can and by us where not. */
  readonly capture: CaptureMode;
  /** The same for every try to open this session. Used where `traits.keys.openMs` is not 0. */
  readonly idempotencyKey: string;
  readonly customer?: Customer;
  /** Checked by the descriptor's `options`. */
  readonly options?: Readonly<Record<string, unknown>>;
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
  /** Null where the listing shows no session: the payment is then found by its transaction. */
  readonly sessionId: string | null;
  readonly status: TransactionStatus;
  readonly money: Money;
  readonly createdAt: Date;
  /** The sums captured and refunded so far, if the listing shows them. */
  readonly capturedMinor?: number;
  readonly refundedMinor?: number;
  /** Names the change that the row shows, where the rows of two changes look the same. */
  readonly change?: string;
  /**
   * The payment of ours that the row's own metadata names; null if it names none. Absent where the listing does
   * not show that, and only a read of the session does.
   */
  readonly key?: PaymentKey | null;
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
  /**
   * A listing of new transactions may leave out those that were created later. The others, and a gateway
   * without such a filter, ignore it.
   */
  readonly until?: Date;
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

/** A payment of the account, ours or not: for questions about the time before paidonce. */
export interface AccountPayment {
  readonly transactionId: string;
  /** The texts beside the payment that may be the merchant's reference of its order. */
  readonly references: readonly string[];
  readonly money: Money;
  /** Captured and not refunded, or still to be captured. */
  readonly keptMinor: number;
  readonly createdAt: Date;
  /** The payment has another row too, which counts it; this one has more of its references. */
  readonly isAddition?: true;
}

/** Where to continue reading a list of the whole account. */
export interface AccountPlace extends Pick<ListingPlace, 'since' | 'cursor'> {
  readonly until: Date;
}

export interface PaymentsPage {
  readonly rows: readonly AccountPayment[];
  /** As in `ListedPage`. */
  readonly next: string | null;
}

/**
 * An event of the account's own history. It says what the verification of a callback about it would say, except
 * about the sender.
 */
export interface AccountEvent extends Pick<
  Delivery,
  'eventId' | 'contentHash' | 'key' | 'isKeyless' | 'claim' | 'kind'
> {
  /** When it happened, by the gateway's clock. */
  readonly createdAt: Date;
}

export interface EventsPage {
  readonly rows: readonly AccountEvent[];
  /** As in `ListedPage`. */
  readonly next: string | null;
}

/** One operation to carry out, with an amount in minor units of its currency. */
export interface OperationRequest {
  readonly transactionId: string;
  readonly kind: OperationKind;
  /** The same for every try of this operation that may have one effect. */
  readonly idempotencyKey: string;
  /**
   * Recorded by the gateway if possible, so that the operation can be found again; unique by payment and
   * kind.
   */
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
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
  /**
   * Not possible now, because something else is under way, by the gateway's own words and never by a status
   * alone. It may be sent again after a read.
   */
  | { readonly kind: 'busy'; readonly reason: string }
  /**
   * Sent without an understandable response (time-out, 500, a broken connection): it may have been done. Sent
   * again only with the same key, while the gateway knows it. `isKeySpent`: the gateway keeps this response
   * for the key, so only another key can have an effect.
   */
  | { readonly kind: 'lost'; readonly reason: string; readonly isKeySpent?: true };

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface Gateway {
  readonly id: string;
  readonly account: string;
  readonly mode: 'test' | 'live';
  readonly secrets: readonly SigningSecrets[];
  readonly traits: Traits;
  /**
   * The page of a transaction in the gateway's own tool for merchants; `{transaction}` stands for its id. Absent where
   * there is none, or where a stand-in is called, whose transactions the tool does not have.
   */
  readonly transactionPage?: string;
  /** Verifies the sender of a callback. Pure: no I/O, never throws. */
  verify(request: RawRequest): Verification;
  /**
   * What would have to be different for a refused callback to verify; `no_match` if nothing is found. Empty for
   * one that verifies. `known` are all configured secrets, also those of other gateways. Each clue that proves
   * something is the result of verifying a changed request. Pure like `verify`, bounded, and its time does not
   * depend on the result.
   */
  explainRefusal(request: RawRequest, known: readonly KnownSecret[]): readonly Clue[];
  /**
   * Opens a session. Idempotent by its key where the gateway takes keys; otherwise call `findSessions` first
   * if an earlier attempt may have arrived.
   * @throws KeySpent if the gateway keeps another response for the key
   */
  createSession(request: SessionRequest, options?: CallOptions): Promise<OpenedSession>;
  /** Every session since a time whose own metadata names this payment, oldest first. */
  findSessions(key: PaymentKey, since: Date, options?: CallOptions): Promise<FoundSession[]>;
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
  /**
   * Writes the one reference that may be changed later. Absent where the gateway has none.
   * @throws GatewayRejected | GatewayUnavailable
   */
  updateReference?(transactionId: string, merchantReference2: string, options?: CallOptions): Promise<void>;
  /** The rules of a transaction by its payment method; the strictest if that is not known. */
  rulesFor(transaction: Pick<Transaction, 'paymentMethod' | 'captures'>): ProductRules;
  /** How many callbacks the gateway says it has sent in vain. */
  countMissedCallbacks(about: UnheardPayments, options?: CallOptions): Promise<number>;
  /**
   * Together the listings show every transaction created since a time, and every older one that has changed
   * since: captured, refunded, voided, resolved. At least one is read at every sweep, and shows new
   * transactions. Empty where the gateway can't list: then only callbacks and reads find anything, and a
   * reconciliation reads each payment of ours.
   */
  readonly listings: readonly Listing[];
  /**
   * One page.
   * @throws GatewayRejected also if the listing does not advance: repeating the call will not help
   */
  listPage(place: ListingPlace, options?: CallOptions): Promise<ListedPage>;
  /**
   * One page of all payments of the account that were begun between two times, in any order. Absent where the
   * gateway has no such list.
   * @throws GatewayRejected | GatewayUnavailable
   */
  listPayments?(place: AccountPlace, options?: CallOptions): Promise<PaymentsPage>;
  /**
   * One page of the events of the account between two times, in the gateway's order: those that it sends as
   * callbacks, whether they arrived or not. There exactly where `traits.eventHistoryMs` is not 0.
   * @throws GatewayRejected | GatewayUnavailable
   */
  listEvents?(place: AccountPlace, options?: CallOptions): Promise<EventsPage>;
  /**
   * Whether the subscription to account-wide webhooks still exists; the gateway may have ended it. @throws
   * GatewayUnavailable
   */
  findSubscription(options?: CallOptions): Promise<Subscription>;
  /**
   * A cheap authenticated call for `doctor`; throws like any other call. Returns the account that the
   * credentials belong to, where the gateway says it.
   */
  checkCredentials(options?: CallOptions): Promise<{ readonly account?: string }>;
}

/** The payments that were settled or on hold between two times without any received callback. */
export interface UnheardPayments {
  readonly sessionIds: readonly string[];
  readonly from: Date;
  readonly to: Date;
}

/**
 * The subscription to account-wide webhooks. `not_shown`: the gateway does not tell whether it calls us, as where
 * the address is set in its back office. `wrong` says what is wrong with it and what to do.
 */
export type Subscription = 'not_expected' | 'not_shown' | 'there' | 'missing' | { readonly wrong: string };
