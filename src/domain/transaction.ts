import { isAmountMinor, type Money } from './money.ts';
import type { ShownOperation } from './operation.ts';
import type { Accepted, PaymentSnapshot, PaymentStatus } from './payment.ts';

/** What a payment can become by what a gateway says of its transaction. */
export type KnownStatus = Exclude<PaymentStatus, 'PENDING' | 'CANCELLED' | 'EXPIRED' | 'REVIEW'>;

/** What a gateway calls a transaction's state, in our words. `UNCLEAR` covers UNKNOWN and every value not listed yet. */
export type TransactionStatus = KnownStatus | 'INITIATED' | 'UNCLEAR';

/** Whether it says anything about a payment: not of one that has only begun, nor in words that nobody understands. */
export function isKnownStatus(status: TransactionStatus): status is KnownStatus {
  return status !== 'INITIATED' && status !== 'UNCLEAR';
}

/** What the gateway itself said in answer to a read of ours: the only thing that money is believed on. */
export interface Transaction {
  readonly transactionId: string;
  readonly sessionId: string;
  readonly account: string;
  readonly reference: string;
  readonly money: Money;
  readonly status: TransactionStatus;
  /** The gateway's own word for `status`, for people. */
  readonly gatewayStatus: string;
  /** Whether a successful event (or the status itself) says that the money was authorized or captured. */
  readonly authorized: boolean;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  /** What may still be captured, or voided: neither captured nor given back. */
  readonly capturableMinor: number;
  /** What was done with the money, in the order in which it happened, by us or at the gateway itself. */
  readonly operations: readonly ShownOperation[];
  /**
   * The events of money that it shows as done, each by the name that a callback about it gives (`Claim.eventRef`). Absent where the
   * gateway's callbacks name none.
   */
  readonly knownEvents?: readonly string[];
  /** RFC 3339; when the gateway last changed it. Tells a stale answer from a newer one. */
  readonly updatedAt?: string;
  readonly paymentMethod?: string;
  /** RFC 3339; when what is held and not captured is expected to lapse. */
  readonly authorizationExpiresAt?: string;
  /** Why it failed, in the gateway's words. */
  readonly reason?: string;
}

/** What one look at the gateway found. Silence and refusals are not readings: they are retried. */
export type Reading =
  | { readonly kind: 'transaction'; readonly transaction: Transaction }
  /** The session has no transaction (yet). `state` is what its events say. */
  | {
      readonly kind: 'session';
      readonly state: 'open' | 'cancelled' | 'failed' | 'declined';
      readonly reason?: string;
    }
  /** 404: the read model may be behind. */
  | { readonly kind: 'absent' }
  /** It answered, but not in a way that can be understood. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** What no money can be like, in words; null where the sums are possible. Whatever such a transaction is about is not understood. */
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

/** The first thing in which a transaction differs from what was opened, or null: all of it must match before money is believed. */
export function mismatch(
  opened: Pick<PaymentSnapshot, 'account' | 'sessionId' | 'orderReference' | 'money' | 'accepted'>,
  transaction: Transaction,
): Mismatch | null {
  if (transaction.account !== opened.account) return 'account';
  if (transaction.sessionId !== opened.sessionId) return 'session';
  const { orderReference: reference, money } = opened;
  return difference(opened.accepted ?? { reference, money }, transaction);
}

/** The first thing in which a transaction differs from what it should be for, or null. */
export function difference(
  { reference, money }: Accepted,
  transaction: Transaction,
): 'reference' | 'currency' | 'amount' | null {
  if (transaction.reference !== reference) return 'reference';
  if (transaction.money.currency !== money.currency) return 'currency';
  return transaction.money.amountMinor === money.amountMinor ? null : 'amount';
}
