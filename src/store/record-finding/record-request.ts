/** What is asked of `recordFinding`. */
import type { LateMoneyPolicy } from '../../domain/apply-finding.ts';
import type { Callback } from '../../domain/callback.ts';
import type { Decision } from '../../domain/finding.ts';
import type { FoundBy } from '../../domain/found-by.ts';
import type { FailedOperation } from '../../domain/finish-operations.ts';
import type { Note } from '../../domain/note.ts';
import type { PaymentSnapshot } from '../../domain/payment.ts';
import type { Transaction } from '../../domain/transaction.ts';
import type { ClosingCause } from '../decisions.ts';

/** What is recorded about a payment. */
export interface FindingRecord {
  readonly paymentId: string;
  readonly orderReference: string;
  /** Unique by run and look, so that a retry writes nothing twice. */
  readonly key: string;
  /** What was read. It may show something about operations, whatever is decided about the payment. */
  readonly transaction?: Transaction;
  /** Further transactions of the session that it showed. */
  readonly surplus?: readonly Transaction[];
  readonly failed?: FailedOperation;
  /** Which trigger asked for the look. */
  readonly foundBy?: FoundBy;
  /** The callbacks that it answers. */
  readonly deliveries: readonly Callback[];
  /** The notes for the timeline, beside those about the payment's change. */
  readonly notes: (decision: Decision) => readonly Note[];
}

/** What is to be recorded, and how it is decided. */
export interface RecordRequest extends FindingRecord {
  /** The gateway account in which the payment was opened. */
  readonly account: string;
  /** Decides on the payment as it is under the lock. */
  readonly decide: (payment: PaymentSnapshot) => Decision;
  /** The key of the note of the operator's decision. Without it nothing is accepted or dismissed. */
  readonly noteKey?: string;
  /**
   * Why a payment without a session is closed; no gateway can confirm that. Without a cause that the store
   * has, it stays open.
   */
  readonly closing?: ClosingCause;
}

/** How this process records findings. */
export interface RecordSettings {
  readonly policy: LateMoneyPolicy;
  /** Whether the money of a gateway is real. The updates to the merchant say so. */
  readonly livemode: (gateway: string) => boolean;
  /** False where no ORDER_WEBHOOK_URL is set: updates are kept but not sent. */
  readonly tells: boolean;
}

/** Why a decision is refused that no operator has noted, or noted too long ago. */
export const UNDECIDED = 'no operator has decided that within the last hour: use paidonce resolve';
