/**
 * A PSP like Stripe: its reads are consistent and carry the time of the answer, it keeps answers by idempotency
 * key, a session is not closed by its time alone, and refunds may fail long after they were done.
 */
import type { Captures } from '../../../src/domain/operation.ts';
import type { Reading, TransactionStatus } from '../../../src/domain/transaction.ts';
import type { OperationAnswer } from '../../../src/gateways/gateway.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { KeyBook } from './key-book.ts';
import { KeyedLedger } from './keyed-ledger.ts';
import type { Ledger } from './ledger.ts';
import { Psp, type Bookkeeper, type PspRules, type PspSession } from './psp.ts';

/** The answer to the creation of a session. */
export type Opening = PspSession | 'failed';

export interface KeyedRules extends PspRules {
  readonly captures: Captures;
  /** Whether the payer may pay a session twice. */
  readonly paysTwice: boolean;
}

export class KeyedPsp extends Psp {
  override readonly gateway: string = 'stripe';
  readonly operated = new KeyBook<OperationAnswer>();
  readonly opened = new KeyBook<Opening>();
  /** The keys that were answered as spent, and when that was first said. */
  readonly spent = new Map<string, number>();
  /** Sessions with a refund or a dispute that no listing of events has shown yet. */
  readonly unlisted = new Set<PspSession>();
  readonly #keyed: KeyedRules;

  constructor(rules: KeyedRules, watch: Bookkeeper) {
    super(rules, watch);
    this.#keyed = rules;
  }

  protected override begin(is: Ledger['is']): Ledger {
    return new KeyedLedger(is, this.#keyed.captures);
  }

  override pay(session: PspSession, status: TransactionStatus, tampered = {}): Ledger {
    if (status !== 'INITIATED') session.state = 'complete';
    return super.pay(session, status, tampered);
  }

  /** Whether a payer may pay this session now. */
  isPayable({ state, ledger, surplus }: PspSession): boolean {
    const isAgain = this.#keyed.paysTwice && ledger?.authorizedAt != null && surplus.length === 0;
    return state === 'open' || isAgain;
  }

  /** A second transaction in the same session. `tampered`: its fields that differ from the first one's. */
  payAgain(session: PspSession, status: TransactionStatus, tampered: Partial<Ledger['is']> = {}): PspSession {
    const { is } = session.ledger as Ledger;
    const second = this.begin({ ...is, ...tampered, id: `${is.id}-again` });
    second.become(status, this.watch.now());
    session.surplus.push(second);
    this.change(session, status);
    return beside(session, second);
  }

  /** The first transaction, and the further ones. */
  override moneyIn(session: PspSession): readonly PspSession[] {
    return [session, ...session.surplus.map((further) => beside(session, further))];
  }

  override byTransaction(transactionId: string): PspSession | undefined {
    return this.sessions
      .flatMap((session) => this.moneyIn(session))
      .find(({ ledger }) => ledger?.is.id === transactionId);
  }

  /** What was captured is never taken back here. */
  override mostCaptured(session: PspSession | undefined): number {
    return session?.ledger?.captured ?? 0;
  }

  /** The payer's bank refuses, and the payer may try again. */
  decline(session: PspSession): void {
    super.pay(session, 'INITIATED');
    this.change(session, 'DECLINED');
  }

  /** Only an open session can be closed. */
  override cancel(session: PspSession): 'cancelled' | 'refused' {
    if (session.state !== 'open') return 'refused';
    this.end(session, 'expired');
    return 'cancelled';
  }

  /** The time of a session is over by this PSP's own clock. */
  expire(session: PspSession): void {
    if (session.state === 'open') this.end(session, 'expired');
  }

  /** A refund that was done comes back. */
  failRefund(session: PspSession, id: string): void {
    const refund = ledgerOf(session)?.refunds.find((one) => one.id === id)?.operation;
    if (refund?.state !== 'done') return;
    Object.assign(refund, { state: 'failed', isReversed: true });
    this.change(session, 'REFUND');
  }

  /** A payer's bank asks for the money back, or decides about that. */
  dispute(session: PspSession, end: 'won' | 'lost'): void {
    const ledger = ledgerOf(session);
    if (ledger === undefined) return;
    const open = ledger.disputes.find(({ state }) => state === 'open');
    const disputeId = open?.disputeId ?? `dp-${ledger.disputes.length + 1}`;
    const state = open === undefined ? 'open' : end;
    const others = ledger.disputes.filter((one) => one !== open);
    ledger.disputes = [...others, { disputeId, state, amountMinor: ledger.captured }];
    this.change(session, 'DISPUTE');
  }

  override change(session: PspSession, event: string): void {
    const whole = this.find(session.id) ?? session;
    if (event === 'REFUND' || event === 'DISPUTE') this.unlisted.add(whole);
    super.change(whole, event);
  }

  /** Its reads never lag. */
  override sayOf(session: PspSession): Reading {
    return this.readingOf(session, this.timeShown);
  }

  protected override readingOf(session: PspSession, updatedAt: string | undefined): Reading {
    const ledger = ledgerOf(session);
    if (ledger?.isBegun !== true)
      return { kind: 'session', state: session.state === 'expired' ? 'expired' : 'open' };
    const surplus = session.surplus.map((one) => one.shown(updatedAt));
    const transaction = ledger.shown(updatedAt);
    return { kind: 'transaction', transaction, ...(surplus.length > 0 && { surplus }) };
  }
}

/** A session with another one of its transactions in place of the first. */
function beside(session: PspSession, ledger: Ledger): PspSession {
  return Object.create(session, { ledger: { value: ledger } }) as PspSession;
}

/** Whether it is the session of a further transaction. */
export function isFurther({ ledger, surplus }: PspSession): boolean {
  return surplus.some((one) => one === ledger);
}

/** Whether a further transaction is of the session's order, or as a person has accepted. Its amount may be any. */
export function isOurs(
  { ledger, currency, reference }: PspSession,
  { acceptedCurrency, acceptedReference }: Pick<PaymentRow, 'acceptedCurrency' | 'acceptedReference'>,
): boolean {
  const meant = [acceptedCurrency ?? currency, acceptedReference ?? reference];
  return ledger?.is.currency === meant[0] && ledger?.is.reference === meant[1];
}

export function ledgerOf({ ledger }: PspSession): KeyedLedger | undefined {
  return ledger instanceof KeyedLedger ? ledger : undefined;
}
