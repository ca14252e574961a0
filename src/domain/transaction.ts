import type { Dispute } from './dispute.ts';
import { isAmountMinor, type Money } from './money.ts';
import type { Captures, ShownOperation } from './operation.ts';
import type { Accepted, PaymentSnapshot, PaymentStatus } from './payment.ts';

/** The statuses that a payment can get from a gateway's transaction. */
export type KnownStatus = Exclude<PaymentStatus, 'PENDING' | 'CANCELLED' | 'EXPIRED' | 'REVIEW'>;

/**
 * The transaction's state, translated into our words. `UNCLEAR` covers UNKNOWN and every value that is not
 * listed yet.
 */
export type TransactionStatus = KnownStatus | 'INITIATED' | 'UNCLEAR';

/**
 * Whether the status says anything about a payment. It does not where the transaction has only begun, or
 * where we do not know the status.
 */
export function isKnownStatus(status: TransactionStatus): status is KnownStatus {
  return status !== 'INITIATED' && status !== 'UNCLEAR';
}

/** What the gateway itself said in answer to a request of ours: the only proof of money that we accept. */
export interface Transaction {
  readonly transactionId: string;
  readonly sessionId: string;
  readonly account: string;
  readonly reference: string;
  readonly money: Money;
  readonly status: TransactionStatus;
  /** The gateway's own word for `status`, for people. */
  readonly gatewayStatus: string;
  /** Whether a successful event, or the status itself, shows that the money was authorized or captured. */
  readonly authorized: boolean;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** The sum that may still be captured or voided: neither captured nor given back. */
  readonly capturableMinor: number;
  /** The sum that may be voided, where that also covers captured money which is not settled yet. */
  readonly voidableMinor?: number;
  /** What was done with the money, by us or at the gateway itself, in the order in which it happened. */
  readonly operations: readonly ShownOperation[];
  /** What the payer's bank asks back. Absent where the gateway shows no disputes. */
  readonly disputes?: readonly Dispute[];
  /**
   * The money events that the transaction shows as done, each by the name that its callback uses
   * (`Claim.eventRef`). Absent where the gateway's callbacks name no event.
   */
  readonly knownEvents?: readonly string[];
  /** RFC 3339. When the gateway last changed it. Tells a stale answer from a newer one. */
  readonly updatedAt?: string;
  readonly paymentMethod?: string;
  /** How often this one can be captured, where that differs within a payment method. */
  readonly captures?: Captures;
  /** RFC 3339. When the held and uncaptured money is expected to lapse. */
  readonly authorizationExpiresAt?: string;
  /** Why it failed, in the gateway's words. */
  readonly reason?: string;
}

/** The result of reading the gateway once. Silence and refusals are no readings: they are retried. */
export type Reading =
  | {
      readonly kind: 'transaction';
      readonly transaction: Transaction;
      /** Further transactions of the same session that hold or held money. */
      readonly surplus?: readonly Transaction[];
    }
  /** The session has no transaction (yet). `state` is what its events say. */
  | {
      readonly kind: 'session';
      readonly state: 'open' | 'cancelled' | 'failed' | 'declined' | 'expired';
      readonly reason?: string;
    }
  /** 404: the read model may be behind. */
  | { readonly kind: 'absent' }
  /** The gateway answered, but the answer can't be understood. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/**
 * The first impossible sum of a transaction, in words. Null where the sums are possible. A transaction with
 * an impossible sum is treated as not understood.
 */
export function impossibleIn(transaction: Transaction): string | null {
  const { money, authorized, authorizedMinor, capturedMinor, refundedMinor, capturableMinor } = transaction;
  const sums = { authorizedMinor, capturedMinor, refundedMinor, capturableMinor, amount: money.amountMinor };
  for (const [name, sum] of Object.entries(sums))
    if (!isAmountMinor(sum)) return `${name} is ${String(sum)}: expected a whole number within int32`;
  const most = authorized ? authorizedMinor : money.amountMinor;
  if (capturedMinor > most) return `${capturedMinor} are captured of ${most}`;
  if (refundedMinor > capturedMinor) return `${refundedMinor} are refunded of ${capturedMinor} captured`;
  const odd = transaction.operations.find(({ amountMinor }) => !isAmountMinor(amountMinor));
  return odd === undefined ? null : `a ${odd.kind} is of ${odd.amountMinor}`;
}

export type Mismatch = 'account' | 'session' | 'reference' | 'amount' | 'currency';

/**
 * The first field in which a transaction differs from what was opened, or null. Money is believed only where
 * all match.
 */
export function mismatch(
  opened: Pick<PaymentSnapshot, 'account' | 'sessionId' | 'orderReference' | 'money' | 'accepted'>,
  transaction: Transaction,
): Mismatch | null {
  if (transaction.account !== opened.account) return 'account';
  if (transaction.sessionId !== opened.sessionId) return 'session';
  const { orderReference: reference, money } = opened;
  return difference(opened.accepted ?? { reference, money }, transaction);
}

/** The first field in which a transaction differs from what it should be for, or null. */
export function difference(
  { reference, money }: Accepted,
  transaction: Transaction,
): 'reference' | 'currency' | 'amount' | null {
  if (transaction.reference !== reference) return 'reference';
  if (transaction.money.currency !== money.currency) return 'currency';
  return transaction.money.amountMinor === money.amountMinor ? null : 'amount';
}
