/** The promises of contract §5 with the keyed PSP: they differ where keys, closing and captures do. */
import type { LateMoneyPolicy } from '../../../src/domain/apply-finding.ts';
import { isMarkedForSurplus } from '../../../src/domain/surplus.ts';
import type { OperationRequest } from '../../../src/gateways/gateway.ts';
import { STRIPE_TRAITS } from '../../../src/gateways/stripe/capabilities.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import type { OperationFate } from './gateway.ts';
import { KEPT_MS } from './key-book.ts';
import { isOurs, ledgerOf, type KeyedPsp } from './keyed-psp.ts';
import type { BookedOperation } from './ledger.ts';
import { Promises } from './promises.ts';
import type { PspSession } from './psp.ts';
import { isUnfinished, type Tables } from './tables.ts';

/** Between the mark of an operation and its arrival, a process may stand still. */
const STALLED_MS = 5 * 60_000;

/** A key with which an operation was sent, and when it was used first. */
interface SentKey {
  readonly key: string;
  readonly first: number;
}

export class KeyedPromises extends Promises {
  readonly #keyed: KeyedPsp;
  readonly #now: () => number;
  /** Whether there has been no trouble so far. */
  readonly #isCalm: () => boolean;
  readonly #sentKeys = new Map<string, readonly SentKey[]>();
  /** Sessions that we have closed before their time, on request. */
  readonly #closed = new Set<PspSession>();
  readonly #surplusGiveBacks = new Set<string>();
  /** Payments whose surplus a person takes care of. */
  readonly surplusDismissals = new Set<string>();

  constructor(
    tables: Tables,
    psp: KeyedPsp,
    { policy, now, isCalm }: { policy: LateMoneyPolicy; now: () => number; isCalm: () => boolean },
  ) {
    super(tables, psp, policy);
    this.#keyed = psp;
    this.#now = now;
    this.#isCalm = isCalm;
  }

  override sending(request: OperationRequest, session: PspSession | undefined, fate: OperationFate): void {
    super.sending(request, session, fate);
    this.#releasing(request, session);
    this.#reaching(request, session);
  }

  /** An operation reaches the transaction that it is about. Surplus is only given back, and only ours. */
  #reaching({ kind, reference, transactionId }: OperationRequest, session: PspSession | undefined): void {
    const row = session && this.#rowOf(session, kind, reference);
    if (session === undefined || row === undefined) return;
    const meant = row.transactionId ?? this.#keyed.find(session.id)?.ledger?.is.id;
    const what = `${kind} ${reference} of ${row.paymentId}`;
    this.keep(meant === transactionId, `${what} is about ${meant}, and is sent to ${transactionId}`);
    const payment = this.tables.payments.get(row.paymentId);
    if (row.transactionId === null || payment === undefined) return;
    this.keep(kind !== 'capture', `${what} captures surplus`);
    this.keep(isOurs(session, payment), `${what} moves money that is not this order's`);
  }

  #rowOf({ key }: PspSession, kind: string, reference: string): OperationRow | undefined {
    return this.tables
      .operationsOf(key.paymentId)
      .find((row) => row.kind === kind && row.reference === reference);
  }

  /** A decision about a payment with surplus covers the surplus alone, while that holds money. */
  override decided(payment: PaymentRow, decision: 'accept' | 'give_back' | 'dismiss'): void {
    const session = this.#keyed.find(payment.sessionId ?? '');
    const isMarked = isMarkedForSurplus(payment);
    const isHeld = session?.surplus.some(({ held }) => held > 0) === true;
    if ((isMarked || isHeld) && decision === 'give_back') this.#surplusGiveBacks.add(payment.id);
    if (!isMarked) super.decided(payment, decision);
    else if (decision === 'dismiss') this.surplusDismissals.add(payment.id);
  }

  protected override isAskedFor(row: OperationRow): boolean {
    if (row.transactionId === null) return super.isAskedFor(row);
    if (row.cause === 'operator') return this.#surplusGiveBacks.has(row.paymentId);
    return row.cause === 'late_money' && this.policy === 'give_back';
  }

  override changed(session: PspSession): void {
    for (const one of this.#keyed.moneyIn(session)) super.changed(one);
  }

  /** The rest of an authorization is released only where that was asked for, and never what is promised. */
  #releasing(
    { kind, reference, amountMinor, finalCapture }: OperationRequest,
    session: PspSession | undefined,
  ): void {
    const ledger = session && ledgerOf(session);
    if (kind !== 'capture' || session === undefined || ledger === undefined) return;
    const rest = ledger.capturable - amountMinor;
    const what = `capture ${reference} of ${amountMinor} gives ${rest} away`;
    if (ledger.captures === 'once')
      this.keep(rest <= 0 || finalCapture === true, `${what} that nobody released`);
    else if (finalCapture !== true) return;
    this.keep(rest <= 0 || this.#promisedTo(reference, session) === 0, `${what} that is promised to others`);
  }

  /** The sum of the other captures that were sent, and are not in the books. */
  #promisedTo(besides: string, { key, ledger }: PspSession): number {
    const isBooked = (reference: string) => ledger?.operations.some(({ who }) => who === reference) === true;
    return this.tables
      .operationsOf(key.paymentId)
      .filter((row) => row.kind === 'capture' && row.reference !== besides && isUnfinished(row))
      .filter(({ sentAt, reference }) => sentAt !== null && !isBooked(reference))
      .reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  }

  /** It may be sent again with its key. With another one only after that key is over, and a read. */
  protected override repeating(
    { id, paymentId, kind, reference }: OperationRow,
    { idempotencyKey: key }: OperationRequest,
    session: PspSession | undefined,
  ): void {
    const keys = this.#sentKeys.get(id) ?? [];
    // Also an earlier key than the last, by a process that stood still.
    const same = keys.find((sent) => sent.key === key);
    if (same !== undefined) {
      const fate = this.fateOf(id);
      // Where nothing was done, it does not matter whether the gateway still knows the key.
      const isSafe = fate === 'busy' || fate === 'refused_us' || this.#now() - same.first < KEPT_MS;
      return this.keep(isSafe, `${kind} ${reference} of ${paymentId} is sent again with a forgotten key`);
    }
    const before = keys.at(-1);
    this.#sentKeys.set(id, [...keys, { key, first: this.#now() }]);
    if (before === undefined) return;
    const lapse = before.first + STRIPE_TRAITS.keys.operateMs[kind] - STALLED_MS;
    const over = this.#keyed.spent.get(before.key) ?? lapse;
    const what = `${kind} ${reference} of ${paymentId} gets another key`;
    this.keep(this.#now() >= over, `${what} while the gateway knows the first`);
    this.keep((session?.lastRead?.at ?? 0) >= over, `${what} without a read`);
  }

  /** A payer must not be able to pay what has expired. */
  protected override expiring(payment: PaymentRow, session: PspSession, said: string | undefined): void {
    this.keep(session.state !== 'open', `${payment.id} expires while its session can be paid`);
    const isKnown = this.#closed.has(session) && this.#isCalm();
    this.keep(!isKnown, `${payment.id} expires, and we have closed it on request`);
    // The gateway's own word is enough, also before our time for it.
    if (said !== 'expired') super.expiring(payment, session, said);
  }

  /**
   * A session with money can't be closed, so nothing is released. Without trouble, the merchant hears that the
   * payment was cancelled. After a lost answer the gateway refuses to close the session again, and where the next
   * reading is not clear either, the payment expires.
   */
  override cancelling(session: PspSession): void {
    const isEarly = session.state === 'open' && this.#now() < session.expiresAt;
    if (isEarly && this.#isCalm()) this.#closed.add(session);
  }

  /** A pending refund is an effect too: its money is promised. */
  protected override get effective(): readonly BookedOperation['state'][] {
    return ['done', 'pending'];
  }
}
