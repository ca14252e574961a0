/** A transaction in the books of the keyed PSP: captures by sum, refunds with ids, disputes, named facts. */
import type { Dispute } from '../../../src/domain/dispute.ts';
import type { Captures, OperationKind, ProductRules, ShownOperation } from '../../../src/domain/operation.ts';
import type { Transaction, TransactionStatus } from '../../../src/domain/transaction.ts';
import { Ledger, type BookedOperation, type LedgerBeginning } from './ledger.ts';

export class KeyedLedger extends Ledger {
  disputes: readonly Dispute[] = [];
  readonly captures: Captures;

  constructor(is: LedgerBeginning, captures: Captures) {
    super(is);
    this.captures = captures;
  }

  /** What a last capture leaves is released, so nothing is left to be captured. */
  override get status(): TransactionStatus {
    const status = super.status;
    return status === 'PARTIALLY_CAPTURED' && this.capturable === 0 ? 'CAPTURED' : status;
  }

  /** A session whose payer has only tried to pay is shown as a session. */
  get isBegun(): boolean {
    return this.progress !== 'INITIATED';
  }

  /** A pending refund is promised already. */
  override allows(kind: OperationKind, amountMinor: number, rules: ProductRules): boolean {
    const promised = kind === 'refund' ? this.#pendingRefunds : 0;
    return amountMinor > 0 && super.allows(kind, amountMinor + promised, rules);
  }

  /** A capture is the last one where the method has only one, or where it is said to be. */
  override book(operation: BookedOperation): void {
    super.book(operation);
    const isCapture = operation.kind === 'capture' && operation.state === 'done';
    if (isCapture && (this.captures === 'once' || operation.isFinal === true)) this.isReleased = true;
  }

  override shown(updatedAt: string | undefined): Transaction {
    return {
      ...super.shown(updatedAt),
      operations: [...this.#shownCaptures, ...this.#shownVoids, ...this.#shownRefunds],
      disputes: this.disputes,
      captures: this.captures,
    };
  }

  override get knownEvents(): string[] {
    return factsIn(this).map(({ name }) => name);
  }

  /** Refunds by their ids, which never change. */
  get refunds(): readonly { readonly id: string; readonly operation: BookedOperation }[] {
    return this.operations.flatMap((operation, place) =>
      operation.kind === 'refund' ? [{ id: `re-${place}`, operation }] : [],
    );
  }

  get #pendingRefunds(): number {
    return this.refunds
      .filter(({ operation: { state } }) => state === 'pending')
      .reduce((sum, { operation: { amountMinor } }) => sum + amountMinor, 0);
  }

  /** Ours by their references, and all others as one sum. */
  get #shownCaptures(): ShownOperation[] {
    const done = this.operations.filter(({ kind, state }) => kind === 'capture' && state === 'done');
    const ours = done.filter(({ isOurs }) => isOurs);
    const others = done
      .filter(({ isOurs }) => !isOurs)
      .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
    const shown = ours.map(({ who, amountMinor }) => captureOf(who, amountMinor));
    return others === 0 ? shown : [...shown, { ...captureOf(null, others), eventId: `ch-${others}` }];
  }

  get #shownVoids(): ShownOperation[] {
    if (this.status !== 'VOIDED') return [];
    return [{ kind: 'void', reference: null, amountMinor: this.is.amountMinor, state: 'done' }];
  }

  get #shownRefunds(): ShownOperation[] {
    return this.refunds.map(({ id, operation: { who, isOurs, amountMinor, state, isReversed } }) => ({
      kind: 'refund',
      reference: isOurs ? who : null,
      amountMinor,
      state,
      eventId: id,
      ...(state === 'failed' && { reason: 'no such account' }),
      ...(isReversed && { isReversed }),
    }));
  }
}

function captureOf(reference: string | null, amountMinor: number): ShownOperation {
  return { kind: 'capture', reference, amountMinor, state: 'done' };
}

/** A fact about a transaction. An event tells it, and a reading shows it by the same name. */
export interface Fact {
  readonly name: string;
  readonly object: 'session' | 'payment' | 'charge' | 'refund' | 'dispute';
  readonly error?: string;
}

/** All that is true of a transaction by now. */
export function factsIn(ledger: KeyedLedger): Fact[] {
  const { status, captured, refunded, authorizedAt, refunds, disputes } = ledger;
  const facts: Fact[] = [];
  const add = (object: Fact['object'], name: string, error?: string) =>
    facts.push({ object, name, ...(error !== undefined && { error }) });
  if (ledger.isBegun) add('session', 'session:complete');
  if (status === 'ON_HOLD' || authorizedAt !== null) add('payment', 'processing');
  if (authorizedAt !== null) add('payment', 'authorized');
  if (status === 'FAILED') add('session', 'failed', 'the payment failed later');
  if (captured > 0) add('payment', `captured:${captured}`);
  if (status === 'VOIDED' && authorizedAt !== null) add('payment', 'voided');
  for (const { id, operation } of refunds) {
    // The reading shows both failures in one way.
    add('refund', `refund:${id}:${operation.state}`);
  }
  if (refunded > 0) add('charge', `refunded:${refunded}`);
  for (const { disputeId, state } of disputes) add('dispute', `dispute:${disputeId}:${state}`);
  return facts;
}
