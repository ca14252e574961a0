/** One transaction in the books of the gateway: what was done with its money, by whom, and what that comes to. */
import type { OperationKind, ProductRules } from '../../../src/domain/operation.ts';
import type { Transaction, TransactionStatus } from '../../../src/domain/transaction.ts';

/** An operation in the gateway's books. `who` is the reference of ours, or whoever else did it. */
export interface BookedOperation {
  readonly kind: OperationKind;
  readonly who: string;
  readonly isOurs: boolean;
  amountMinor: number;
  state: 'done' | 'pending' | 'failed';
  /** It was done, and has failed since. */
  isReversed?: true;
}

/** What is fixed when a payer begins to pay. */
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
  /** When the money was there first; null where it never was. */
  authorizedAt: number | null = null;
  /** The rest was given back with the session. */
  isReleased = false;
  readonly is: LedgerBeginning;
  #status: TransactionStatus = 'INITIATED';

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
    if (this.#status !== 'AUTHORIZED') return this.#status;
    const { captured, refunded, voided } = this;
    const { amountMinor } = this.is;
    if (captured === 0) return voided > 0 ? 'VOIDED' : 'AUTHORIZED';
    if (refunded === 0) return captured >= amountMinor ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
    return refunded >= captured && captured + voided >= amountMinor ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  }

  /** Neither captured nor given back. */
  get capturable(): number {
    if (this.#status !== 'AUTHORIZED') return 0;
    return Math.max(0, this.is.amountMinor - this.captured - this.voided);
  }

  /** What the merchant holds of the payer's, reserved or taken. */
  get held(): number {
    return this.#status === 'AUTHORIZED' ? this.capturable + this.captured - this.refunded : 0;
  }

  /** Where the payer has got to; once it is AUTHORIZED, the rest is told by what is done with the money. */
  become(status: TransactionStatus, now: number): void {
    this.#status = status;
    if (status === 'AUTHORIZED') this.authorizedAt ??= now;
    if (status === 'VOIDED') this.isReleased = true;
    else this.isReleased = false;
  }

  /** Whether the books allow it. What is accepted and not done yet is not counted: that is for the merchant to mind. */
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
   * The last one that is done, if the books bear that it never was: what was refunded or voided since has to have been held. No void:
   * it shows no reference, so a reading that lags behind its reversal may be taken for the next one.
   */
  lastReversible(): BookedOperation | undefined {
    const last = this.operations.findLast(({ state }) => state !== 'failed');
    // An operation that is accepted and not done yet relies on it too.
    return last?.state === 'done' && last.kind !== 'void' ? last : undefined;
  }

  /** As the gateway shows it; `updatedAt` only from those that have such a thing. */
  shown(updatedAt: string | undefined): Transaction {
    const { id, sessionId, account, reference, amountMinor, currency, product } = this.is;
    const { status, captured, refunded, capturable } = this;
    const isThere = this.#status === 'AUTHORIZED';
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

  /** What is done, by the name that a callback about it bears. */
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
