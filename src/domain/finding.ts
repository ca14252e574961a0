/**
 * The decision about a reading, and the finding in it. Findings without a decision on a reading are made by
 * `recordStuck` of activities/record-transaction.ts, by `closedBy` below for close-unopened.ts, and by
 * `noSession` of sessions/record-no-session.ts.
 */
import type { ClosedBy, Closing, PaymentStatus, ReviewCode } from './payment.ts';
import type { Transaction } from './transaction.ts';

/**
 * What a look, a deadline or a person found out about a payment. `applyFinding` says what becomes of the
 * order.
 */
export interface Finding {
  readonly status: PaymentStatus;
  /** The gateway proved that the money was there: it may pay the order. */
  readonly pays: boolean;
  /** The cause, stable over retries: a part of the effect's id. */
  readonly cause: string;
  /** For people. */
  readonly reason?: string;
  /** Why a person is asked. A settled status stays as it is beside it. Null: the question is withdrawn. */
  readonly review?: ReviewCode | null;
  readonly closedBy?: ClosedBy;
  /** The transaction that proves it. */
  readonly transaction?: Transaction;
  /**
   * The operator's decision that this finding carries out. `accept` pays although something differs;
   * `dismiss_surplus` is about the surplus alone.
   */
  readonly decision?: 'accept' | 'dismiss' | 'dismiss_surplus';
  /** The further transactions of the session, of which one differs from what is recorded. */
  readonly surplus?: readonly Transaction[];
  /** The surplus transaction that could not be given back. */
  readonly stuckSurplus?: string;
  /** Only the surplus is news: the payment and its order stay as they are. */
  readonly isOfSurplus?: true;
}

/** The result of `decide`. */
export type Decision =
  /** Nothing to act on yet: look again later. */
  | { readonly kind: 'wait' }
  /** A clear answer that changes nothing. */
  | { readonly kind: 'keep' }
  /**
   * An answer that can't be understood. Never a failure: after an hour a person is asked. `since` in
   * milliseconds.
   */
  | { readonly kind: 'unclear'; readonly reason: string; readonly since: number }
  /** The operator's decision can't be carried out. */
  | { readonly kind: 'refuse'; readonly reason: string }
  | { readonly kind: 'find'; readonly finding: Finding };

/** The decision that has a finding. */
export function find(finding: Finding): Decision {
  return { kind: 'find', finding };
}

/** The reasons of payments that we closed. */
export const CLOSED_BECAUSE = {
  merchant: 'cancelled by the merchant',
  order_paid: 'another payment has paid the order',
} as const satisfies Record<Closing, string>;

/** The finding that we closed a session. */
export function closedBy(closing: Closing, transaction?: Transaction): Finding {
  return {
    status: 'CANCELLED',
    pays: false,
    closedBy: 'merchant',
    cause: closing,
    reason: CLOSED_BECAUSE[closing],
    ...(transaction && { transaction }),
  };
}
