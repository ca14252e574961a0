/** One transaction in the gateway's books: its operations, who made them, and the resulting sums. */
import type { OperationKind, ProductRules } from '../../../src/domain/operation.ts';
import type { Transaction, TransactionStatus } from '../../../src/domain/transaction.ts';

/** An operation in the gateway's books. `who` is our reference, or the name of another client. */
export interface BookedOperation {
  readonly kind: OperationKind;
  readonly who: string;
  readonly isOurs: boolean;
  amountMinor: number;
  state: 'done' | 'pending' | 'failed';
  /** It was done, and has failed since. */
  isReversed?: true;
  /** A capture that releases the rest. */
  readonly isFinal?: boolean;
}

/** The fields that are fixed when a payer begins to pay. */
export interface LedgerBeginning {
  readonly id: string;
  readonly sessionId: string;
  readonly account: string;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly product: string;
}

export class Ledger {
  readonly operations: BookedOperation[] = [];
  /** When the money was first there; null where it never was. */
  authorizedAt: number | null = null;
  /** The rest was released when the session was closed. */
  isReleased = false;
  readonly is: LedgerBeginning;
  /** How far the payer has come. */
  protected progress: TransactionStatus = 'INITIATED';

  constructor(is: LedgerBeginning) {
    this.is = is;
  }

  get captured(): number {
    return this.#sum('capture');
  }

  get refunded(): number {
    return this.#sum('refund');
  }

  get voided(): number {
    return this.isReleased ? this.is.amountMinor - this.captured : this.#sum('void');
  }

  get status(): TransactionStatus {
    if (this.progress !== 'AUTHORIZED') return this.progress;
    const { captured, refunded, voided } = this;
    const { amountMinor } = this.is;
    if (captured === 0) return voided > 0 ? 'VOIDED' : 'AUTHORIZED';
    if (refunded === 0) return captured >= amountMinor ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
    return refunded >= captured && captured + voided >= amountMinor ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  }

  /** Neither captured nor given back. */
  get capturable(): number {
    if (this.progress !== 'AUTHORIZED') return 0;
    return Math.max(0, this.is.amountMinor - this.captured - this.voided);
  }

  /** The payer's money that the merchant holds, authorized or captured. */
  get held(): number {
    return this.progress === 'AUTHORIZED' ? this.capturable + this.captured - this.refunded : 0;
  }

  /** The payer's progress. Once it is AUTHORIZED, the operations determine the status. */
  become(status: TransactionStatus, now: number): void {
    this.progress = status;
    if (status === 'AUTHORIZED') this.authorizedAt ??= now;
    if (status === 'VOIDED') this.isReleased = true;
    else this.isReleased = false;
  }

  /**
   * Whether the books allow the operation. Accepted operations are not counted before they are done: the
   * merchant has to count them.
   */
  allows(kind: OperationKind, amountMinor: number, rules: ProductRules): boolean {
    if (kind === 'capture') return amountMinor > 0 && amountMinor <= this.capturable;
    if (kind === 'refund') return amountMinor > 0 && amountMinor <= this.captured - this.refunded;
    if (this.capturable <= 0 || rules.voids === 'never') return false;
    return this.captured === 0 || rules.voids === 'rest_too';
  }

  book(operation: BookedOperation): void {
    this.operations.push(operation);
  }

  /**
   * The last finished operation, if the books allow it to be taken back: later refunds and voids need enough
   * money without it. Never a void, since it has no reference: a reading that lags behind its reversal could
   * be mistaken for the next void.
   */
  lastReversible(): BookedOperation | undefined {
    const last = this.operations.findLast(({ state }) => state !== 'failed');
    // An accepted operation that is not done yet needs the capture too.
    return last?.state === 'done' && last.kind !== 'void' ? last : undefined;
  }

  /** The transaction as the gateway shows it. Only some gateways have `updatedAt`. */
  shown(updatedAt: string | undefined): Transaction {
    const { id, sessionId, account, reference, amountMinor, currency, product } = this.is;
    const { status, captured, refunded, capturable } = this;
    const isThere = this.progress === 'AUTHORIZED';
    return {
      transactionId: id,
      sessionId,
      account,
      reference,
      money: { amountMinor, currency },
      status,
      gatewayStatus: status === 'UNCLEAR' ? 'UNKNOWN' : status,
      authorized: isThere,
      authorizedMinor: isThere ? amountMinor : 0,
      capturedMinor: captured,
      refundedMinor: refunded,
      capturableMinor: capturable,
      knownEvents: this.knownEvents,
      operations: this.operations.map(({ kind, who, isOurs, amountMinor: amount, state, isReversed }) => ({
        kind,
        reference: kind === 'void' || !isOurs ? null : who,
        amountMinor: amount,
        state,
        ...(state === 'failed' && { reason: 'no cover' }),
        ...(isReversed && { isReversed }),
      })),
      paymentMethod: product,
      ...(updatedAt !== undefined && { updatedAt }),
    };
  }

  /** Names of finished operations, as callbacks have them. */
  get knownEvents(): string[] {
    return this.operations.flatMap(({ kind, state }, index) =>
      state === 'done' ? [`${index}/${kind.toUpperCase()}`] : [],
    );
  }

  #sum(wanted: OperationKind): number {
    return this.operations
      .filter(({ kind, state }) => kind === wanted && state === 'done')
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  }
}
