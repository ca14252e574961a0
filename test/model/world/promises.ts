/**
 * Checks contract §5 at every write of ours and of the gateway. The first broken promise is recorded, and
 * ends the schedule.
 */
import { differsFromListing } from '../../../src/domain/compare-listing.ts';
import { holdsMoney, isMoney, type PaymentStatus } from '../../../src/domain/payment.ts';
import type { LateMoneyPolicy } from '../../../src/domain/apply-finding.ts';
import type { OrderChange } from '../../../src/domain/order-change.ts';
import type { Reading } from '../../../src/domain/transaction.ts';
import type { OperationRequest } from '../../../src/gateways/gateway.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import type { Locked } from '../../../src/store/record-finding/lock-order.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import type { OperationFate } from './gateway.ts';
import type { BookedOperation, Ledger } from './ledger.ts';
import { ACCOUNT, type Psp, type PspSession } from './psp.ts';
import { isUnfinished, type Shown, type Tables } from './tables.ts';

/** The requests of people. An effect without a request breaks a promise. */
export interface Asked {
  /** `payment/kind/reference`. */
  readonly operations: Set<string>;
  readonly acceptances: Set<string>;
  readonly giveBacks: Set<string>;
  readonly dismissals: Set<string>;
  /** When the merchant first asked for a payment's session to be closed. */
  readonly closings: Map<string, number>;
  /** When the merchant first requested a session that replaces the open one. */
  replacing: number | null;
}

export class Promises {
  /** The first promise that was broken. */
  broken: string | null = null;
  readonly asked: Asked = {
    operations: new Set(),
    acceptances: new Set(),
    giveBacks: new Set(),
    dismissals: new Set(),
    closings: new Map(),
    replacing: null,
  };
  protected readonly tables: Tables;
  readonly #psp: Psp;
  protected readonly policy: LateMoneyPolicy;
  /** The result of an operation when it was last sent. */
  readonly #sent = new Map<string, OperationFate>();

  constructor(tables: Tables, psp: Psp, policy: LateMoneyPolicy) {
    this.tables = tables;
    this.#psp = psp;
    this.policy = policy;
  }

  /** An operator decides about a payment. */
  decided({ id }: PaymentRow, decision: 'accept' | 'give_back' | 'dismiss'): void {
    const { acceptances, giveBacks, dismissals } = this.asked;
    ({ accept: acceptances, give_back: giveBacks, dismiss: dismissals })[decision].add(id);
  }

  keep(isKept: boolean, otherwise: string): void {
    if (!isKept) this.broken ??= otherwise;
  }

  /** A finding is about to be written. */
  settling(before: Locked, settled: OrderChange, record: Shown): void {
    const { payment } = before;
    const session = payment.sessionId === null ? undefined : this.#psp.find(payment.sessionId);
    if (settled.paysNow) this.#paying(before, record, session);
    const isTold = settled.updates.some(({ type }) => type === 'order.paid');
    this.keep(
      isTold === settled.paysNow,
      'order.paid is announced without a payment that pays, or a payment pays without it',
    );
    this.#holding(payment, settled, record);
    if (settled.status === payment.status || settled.dismissed) return;
    this.#moving(payment, settled.status, session, isTakenBack(payment, record));
  }

  #paying({ order, payment }: Locked, record: Shown, session: PspSession | undefined): void {
    this.keep(order.paidPaymentId === null, `order ${order.reference} is paid a second time`);
    const is = session?.ledger?.is;
    if (is === undefined || session?.ledger?.authorizedAt == null)
      return this.keep(false, `${payment.id} pays, and its session never had any money`);
    const { sessionId, transactionId } = record.transaction ?? {};
    this.keep(sessionId === payment.sessionId, `${payment.id} pays with what belongs to ${sessionId}`);
    this.keep(transactionId === is.id, `${payment.id} pays with ${transactionId}, which is surplus`);
    this.keep(is.account === ACCOUNT, `${payment.id} pays with a transaction of another account`);
    if (record.finding?.decision === 'accept')
      return this.keep(this.asked.acceptances.has(payment.id), `${payment.id} is accepted without a request`);
    const isOrders = is.amountMinor === order.amount && is.currency === order.currency;
    this.keep(isOrders, `${is.amountMinor} ${is.currency} pay an order of ${order.amount} ${order.currency}`);
    this.keep(is.reference === order.reference, `a transaction for ${is.reference} pays ${order.reference}`);
    this.keep(payment.amount === order.amount, `${payment.id} pays an order whose amount has changed`);
  }

  /** While accepted money is unchanged, no person is asked about it again. */
  #holding(payment: PaymentRow, { status, reason }: OrderChange, { transaction }: Shown): void {
    const isAccepted =
      payment.acceptedReference === transaction?.reference &&
      payment.acceptedAmount === transaction.money.amountMinor &&
      payment.acceptedCurrency === transaction.money.currency;
    const isUndone = isAccepted && status === 'REVIEW' && reason?.endsWith('_mismatch') === true;
    this.keep(!isUndone, `${payment.id} is in REVIEW (${reason}), which a person has accepted`);
  }

  #moving(
    payment: PaymentRow,
    to: PaymentStatus,
    session: PspSession | undefined,
    isReversal: boolean,
  ): void {
    const from = payment.status;
    this.keep(isReversal || !isBack(from, to), `${payment.id} goes back from ${from} to ${to}`);
    if (session === undefined) return;
    const said = saidIn(session.lastRead?.reading);
    if (to === 'FAILED' || to === 'DECLINED')
      this.keep(
        said === 'FAILED' || said === 'DECLINED' || said === 'failed' || said === 'declined',
        `${payment.id} becomes ${to}, and the gateway says ${said}`,
      );
    if (to === 'EXPIRED') this.expiring(payment, session, said);
    if (holdsMoney(to))
      this.keep(session.ledger?.authorizedAt != null, `${payment.id} becomes ${to} without money`);
  }

  protected expiring({ id, expiresAt }: PaymentRow, session: PspSession, said: string | undefined): void {
    this.keep(session.lastAsked >= expiresAt.getTime(), `${id} expires without a last read`);
    const isNothing =
      said === undefined || !(isMoney(said as PaymentStatus) || said === 'ON_HOLD') || said === 'VOIDED';
    this.keep(isNothing, `${id} expires although the gateway has said ${said}`);
  }

  /** A finding was written. */
  settled({ payment: before, order }: Locked, after: PaymentRow): void {
    // In REVIEW, our row has the gateway's last answer, also one that lags, since no operation is based on
    // it.
    const isReviewed = before.status === 'REVIEW' || after.status === 'REVIEW';
    const isReversal = reversalsIn(after) > reversalsIn(before);
    if (before.transactionId === after.transactionId && !isReviewed && !isReversal)
      this.keep(
        after.captured >= before.captured && after.refunded >= before.refunded,
        `the sums of ${after.id} go back`,
      );
    const now = this.tables.orders.get(order.reference);
    // Money that came back and pays the order is announced with the payment.
    const paysNow = order.paidPaymentId === null && now?.paidPaymentId === after.id;
    if (!paysNow) this.#takingBack(before, after);
    const isSame = order.paidPaymentId === null || now?.paidPaymentId === order.paidPaymentId;
    this.keep(isSame, `another payment takes a paid order over`);
  }

  /**
   * Money that came back from the payer has to be announced when it is seen. Where all of it has gone to the
   * payer again by then, a later update has to announce that.
   */
  #takingBack(before: PaymentRow, after: PaymentRow): void {
    const undone = Object.entries(before.shownOperations).filter(([key, state]) => {
      const isMeant = key.startsWith('refund/') || (key.startsWith('void/') && before.status === 'VOIDED');
      return isMeant && state === 'done' && after.shownOperations[key] !== 'done';
    });
    if (undone.length === 0 || before.status === 'REVIEW' || after.status === 'REVIEW' || after.dismissed)
      return;
    const updates = [...this.tables.outbox.values()].filter(({ paymentId }) => paymentId === after.id);
    // The merchant was never notified that it went back.
    if (!updates.some(({ type }) => GONE.has(type))) return;
    for (const [key] of undone) {
      const [kind = '', name = ''] = key.split('/');
      const told = updates.findLast(({ effectId }) =>
        effectId.startsWith(`${after.id}/order.${kind}_failed/${name}`),
      );
      this.keep(told !== undefined, `${key} of ${after.id} is taken back, and the merchant is not told`);
      if (told === undefined || (after.status !== 'REFUNDED' && after.status !== 'VOIDED')) continue;
      const isGone = updates.some(({ type, sequence }) => GONE.has(type) && sequence > told.sequence);
      this.keep(isGone, `${after.id} is ${after.status} again, and the merchant is not told`);
    }
  }

  /** We are about to send an operation to the gateway. */
  sending(request: OperationRequest, session: PspSession | undefined, fate: OperationFate): void {
    const { kind, reference } = request;
    const paymentId = session?.key.paymentId ?? '';
    const row = this.tables
      .operationsOf(paymentId)
      .find((one) => one.kind === kind && one.reference === reference);
    if (row === undefined) return this.keep(false, `${kind} ${reference} is sent without a record`);
    this.repeating(row, request, session);
    this.#sent.set(row.id, fate);
    const promised = this.#promised(row, session?.ledger);
    const most = kind === 'refund' ? this.#psp.mostCaptured(session) : (session?.ledger?.is.amountMinor ?? 0);
    const isThere = promised + request.amountMinor <= most;
    this.keep(
      isThere,
      `${kind} ${reference} of ${request.amountMinor} is sent beside ${promised} of ${most}`,
    );
    this.keep(
      this.isAskedFor(row),
      `${kind} ${reference} of ${paymentId} is sent without a request (${row.cause})`,
    );
  }

  /** What became of an operation when it was last sent. */
  protected fateOf(operationId: string): OperationFate | undefined {
    return this.#sent.get(operationId);
  }

  /** An operation is sent, perhaps not for the first time. */
  protected repeating(
    { id, paymentId, kind, reference }: OperationRow,
    _request: OperationRequest,
    _session: PspSession | undefined,
  ): void {
    const before = this.#sent.get(id);
    const mayRepeat = before === undefined || before === 'busy' || before === 'refused_us';
    this.keep(mayRepeat, `${kind} ${reference} of ${paymentId} is sent again after its fate was "${before}"`);
  }

  /** The sum that our other operations, done or under way, take of the same money. */
  #promised({ id, paymentId, transactionId, kind }: OperationRow, ledger: Ledger | null | undefined): number {
    const booked = (row: OperationRow) =>
      ledger?.operations.filter(({ isOurs, who }) => isOurs && who === row.reference) ?? [];
    const hasFailed = (row: OperationRow) => booked(row).some(({ state }) => state === 'failed');
    // Taken back, which we may not have read yet.
    const isUndone = (row: OperationRow) => booked(row).some(({ isReversed }) => isReversed === true);
    return this.tables
      .operationsOf(paymentId)
      .filter((row) => row.id !== id && row.transactionId === transactionId)
      .filter((row) => (row.kind === 'refund') === (kind === 'refund'))
      .filter((row) =>
        row.state === 'done' ? !isUndone(row) : isUnfinished(row) && row.sentAt !== null && !hasFailed(row),
      )
      .reduce((sum, { amount }) => sum + (amount ?? 0), 0);
  }

  protected isAskedFor({ paymentId, kind, reference, cause }: OperationRow): boolean {
    const payment = this.tables.payments.get(paymentId) as PaymentRow;
    const paidBy = this.tables.orders.get(payment.orderReference)?.paidPaymentId ?? null;
    if (cause === 'merchant')
      return this.asked.operations.has(`${paymentId}/${kind}/${reference}`) && paidBy === paymentId;
    if (cause === 'operator') return this.asked.giveBacks.has(paymentId);
    if (cause === 'auto_capture') return payment.capture === 'auto' && paidBy === paymentId;
    return (
      this.policy === 'give_back' && paidBy !== paymentId && (paidBy !== null || payment.closedBy !== null)
    );
  }

  /** We are about to close a session, which also releases its authorization. */
  cancelling({ key, ledger, lastRead }: PspSession): void {
    if (ledger?.status !== 'AUTHORIZED') return;
    const { paymentId, orderReference } = key;
    const order = this.tables.orders.get(orderReference);
    this.keep(
      order?.paidPaymentId !== paymentId,
      `the authorization that has paid ${orderReference} is released`,
    );
    const { closings, replacing } = this.asked;
    const since = Math.min(
      closings.get(paymentId) ?? Infinity,
      replacing ?? Infinity,
      order?.paidAt?.getTime() ?? Infinity,
    );
    this.keep((lastRead?.at ?? 0) >= since, `an authorization of ${paymentId} is released without a look`);
  }

  /** Something has changed in the gateway's books. */
  changed({ ledger, id }: PspSession): void {
    if (ledger === null) return;
    const { captured, refunded, voided, is } = ledger;
    this.keep(
      captured + voided <= is.amountMinor,
      `${captured} captured and ${voided} voided of ${is.amountMinor} in ${id}`,
    );
    this.keep(refunded <= captured, `${refunded} refunded of ${captured} captured in ${id}`);
    this.keep(!takesEffectTwice(ledger, this.effective), `an operation takes effect twice in ${id}`);
  }

  /** The states in which an operation counts as an effect. */
  protected get effective(): readonly BookedOperation['state'][] {
    return ['done'];
  }

  /** Our row agrees with the gateway's books, except for states that the gateway itself can't show. */
  known(paymentId: string, { ledger, id }: PspSession): void {
    const payment = this.tables.payments.get(paymentId);
    if (payment === undefined || ledger === null || ledger.status === 'UNCLEAR') return;
    const { status, captured, refunded } = payment;
    const hasOthers = captured !== ledger.captured || refunded !== ledger.refunded;
    const isKnown = !differsFromListing(payment, ledger.status, hasOthers);
    this.keep(isKnown, `${paymentId} is ${status} long after a callback that ${id} is ${ledger.status}`);
  }

  /** Called from time to time: a hold is polled for as long as it lasts. */
  watching(now: number, patienceMs: number): void {
    for (const { status, sessionId, updatedAt, id } of this.tables.payments.values()) {
      if (status !== 'ON_HOLD' || sessionId === null || now - updatedAt.getTime() < patienceMs) continue;
      const asked = this.#psp.find(sessionId)?.lastAsked ?? 0;
      this.keep(
        now - asked < patienceMs,
        `${id} is on hold, and was not read since ${new Date(asked).toISOString()}`,
      );
    }
  }
}

/** The status of the transaction, or of a session without one. */
function saidIn(reading: Reading | undefined): string | undefined {
  if (reading?.kind === 'transaction') return reading.transaction.status;
  return reading?.kind === 'session' ? reading.state : undefined;
}

/** Updates that say that the payer has the money again. */
const GONE: ReadonlySet<string> = new Set([
  'order.refunded',
  'order.partially_refunded',
  'order.voided',
  'order.late_payment_returned',
]);

function takesEffectTwice({ operations }: Ledger, effective: readonly string[]): boolean {
  const done = operations.filter(({ isOurs, state }) => isOurs && effective.includes(state));
  return new Set(done.map(({ kind, who }) => `${kind} ${who}`)).size < done.length;
}

const RANK: Partial<Record<PaymentStatus, number>> = {
  AUTHORIZED: 1,
  PARTIALLY_CAPTURED: 2,
  CAPTURED: 3,
  PARTIALLY_REFUNDED: 4,
  REFUNDED: 5,
  VOIDED: 5,
};

/** Whether the gateway shows more reversals than our row has. */
function isTakenBack(payment: PaymentRow, { transaction }: Shown): boolean {
  const shown = transaction?.operations.filter(({ isReversed }) => isReversed === true).length ?? 0;
  return shown > reversalsIn(payment);
}

function reversalsIn({ shownOperations }: PaymentRow): number {
  return Object.values(shownOperations).filter((state) => state === 'reversed').length;
}

function isBack(from: PaymentStatus, to: PaymentStatus): boolean {
  const reached = RANK[from];
  if (reached === undefined || to === 'REVIEW') return false;
  return (RANK[to] ?? 0) < reached;
}
