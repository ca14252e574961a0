/** A payment with a session, as the run that watches it knows it. */
import type { Money } from './money.ts';
import type { PaymentStatus, ReviewCode } from './payment.ts';

/** The part of a payment that its run watches. */
export interface WatchedPayment {
  readonly status: PaymentStatus;
  /** Not null while a person is asked. */
  readonly reviewCode: ReviewCode | null;
  /** An operator has dismissed it. */
  readonly dismissed: boolean;
  readonly transactionId: string | null;
  /** What the last recorded reading showed as done, as `Transaction.knownEvents`. */
  readonly knownEvents: readonly string[];
}

/** A payment with a session, as its run receives it. */
export interface OpenedPayment extends WatchedPayment {
  readonly kind: 'opened';
  readonly money: Money;
  readonly sessionId: string;
  readonly checkoutUrl: string;
  /**
   * When the gateway stops accepting payments (`expiresAt`), and when we call the payment expired. RFC 3339.
   */
  readonly expiresAt: string;
  readonly expiryDueAt: string;
  readonly pollIntervalMs: number;
  /** `manual`, or `auto` where the gateway may capture by itself. */
  readonly capture: string;
  /** An earlier try may have opened a session that the gateway does not show yet. */
  readonly mayHaveSurplus: boolean;
}
