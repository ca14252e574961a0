/** The store's promises in memory: plain data that a test can copy, settled by the real `settle`. */
import { effectId, type OrderStatus, type UpdateType } from '../../src/domain/order.ts';
import { holdsMoney, isOpen, type PaymentStatus } from '../../src/domain/payment.ts';
import type { Money } from '../../src/domain/money.ts';
import { settle, type LateMoneyPolicy, type PaymentStanding } from '../../src/domain/settle.ts';
import type { Accepted } from '../../src/domain/transaction.ts';
import type { NextStep, OutcomeRecord, RecordedOutcome } from '../../src/store/outcomes.ts';
import { readingOf, returnMoney, type SimulatedSession } from './simulated-psp.ts';

export interface StoredPayment extends PaymentStanding {
  readonly orderReference: string;
  sessionId: string | null;
  transactionId: string | null;
  transactionUpdatedAt: string | null;
  /** What a person has accepted of its transaction. */
  accepted?: Accepted;
  /** Milliseconds: what the gateway was told, and when we ourselves call it over. */
  readonly expiresAt: number;
  readonly expiryDueAt: number;
}

export interface StoredUpdate {
  readonly effectId: string;
  readonly type: UpdateType;
  readonly paymentId: string;
  readonly orderStatus: OrderStatus;
  told: boolean;
}

/** One order with everything that belongs to it. */
export interface StoredOrder {
  readonly reference: string;
  money: Money;
  status: OrderStatus;
  paidPaymentId: string | null;
  payments: StoredPayment[];
  updates: StoredUpdate[];
  /** How often a settlement said that it pays the order: at most once, ever. */
  paidTimes: number;
  /** Event ids whose look has ended. */
  handled: Set<string>;
}

export function newOrder(reference: string, money: Money): StoredOrder {
  return {
    reference,
    money,
    status: 'AWAITING_PAYMENT',
    paidPaymentId: null,
    payments: [],
    updates: [],
    paidTimes: 0,
    handled: new Set(),
  };
}

export function copyOrder(order: StoredOrder): StoredOrder {
  return {
    ...order,
    payments: order.payments.map((payment) => ({ ...payment })),
    updates: order.updates.map((update) => ({ ...update })),
    handled: new Set(order.handled),
  };
}

const LIFETIME_MS = 4 * 3_600_000;
const GRACE_MS = 15 * 60_000;

export function deadlines(now: number): Pick<StoredPayment, 'expiresAt' | 'expiryDueAt'> {
  return { expiresAt: now + LIFETIME_MS, expiryDueAt: now + LIFETIME_MS + GRACE_MS };
}

/** `POST /v1/payments` under the order's lock: contract §3, first table. */
export function claimPayment(
  order: StoredOrder,
  now: number,
): { kind: 'created' | 'open'; payment: StoredPayment } | { kind: 'refused' } {
  const isInReview = order.payments.some(({ status }) => status === 'REVIEW');
  if (order.paidPaymentId !== null || isInReview) return { kind: 'refused' };
  const open = order.payments.find(({ status }) => isOpen(status));
  if (open !== undefined) return { kind: 'open', payment: open };
  const n = order.payments.length + 1;
  const payment: StoredPayment = {
    id: `${order.reference}-p${n}`,
    orderReference: order.reference,
    n,
    money: order.money,
    status: 'PENDING',
    reason: null,
    mark: null,
    closedBy: null,
    dismissed: false,
    capturedMinor: 0,
    refundedMinor: 0,
    sessionId: null,
    transactionId: null,
    transactionUpdatedAt: null,
    ...deadlines(now),
  };
  order.status = 'AWAITING_PAYMENT';
  order.payments.push(payment);
  return { kind: 'created', payment };
}

export function paymentOf(order: StoredOrder, paymentId: string): StoredPayment {
  const payment = order.payments.find(({ id }) => id === paymentId);
  if (payment === undefined) throw new Error(`recording an outcome: there is no payment ${paymentId}`);
  return payment;
}

/** `recordOutcome` of the real store, without its database. */
export function recordOutcome(
  order: StoredOrder,
  record: OutcomeRecord,
  policy: LateMoneyPolicy,
): RecordedOutcome {
  const before = paymentOf(order, record.paymentId);
  for (const { eventId } of record.deliveries) order.handled.add(eventId);
  if (record.outcome === null) return recorded(order, before, { isChange: false, paysNow: false });
  const others = order.payments.filter((other) => other !== before).map(({ status }) => status);
  const standing = {
    reference: order.reference,
    money: order.money,
    status: order.status,
    paidPaymentId: order.paidPaymentId,
    latestN: order.payments.length,
    otherOpen: others.find(isOpen) ?? null,
    otherReviewed: others.includes('REVIEW'),
  };
  const settled = settle(standing, before, record.outcome, policy);
  const { status, reason, mark, closedBy, dismissed } = settled;
  const found = record.transaction;
  const accepted = record.outcome.accept === true && found ? termsOf(found) : before.accepted;
  const payment: StoredPayment = {
    ...before,
    status,
    reason,
    mark,
    closedBy,
    dismissed,
    ...(accepted && { accepted }),
    ...(found && {
      transactionId: found.transactionId,
      transactionUpdatedAt: found.updatedAt ?? null,
      capturedMinor: found.capturedMinor,
      refundedMinor: found.refundedMinor,
    }),
  };
  const payments = order.payments.map((other) => (other === before ? payment : other));
  refuseTwoOpen(order.reference, payments);
  order.payments = payments;
  order.status = settled.orderStatus;
  if (settled.paysNow) {
    order.paidTimes += 1;
    order.paidPaymentId ??= payment.id;
  }
  for (const update of settled.updates) queue(order, payment.id, update);
  return recorded(order, payment, { isChange: status !== before.status, paysNow: settled.paysNow });
}

function termsOf({ reference, money }: Accepted): Accepted {
  return { reference, money };
}

/** The partial unique index of the real store. */
function refuseTwoOpen(reference: string, payments: readonly StoredPayment[]): void {
  if (payments.filter(({ status }) => isOpen(status)).length < 2) return;
  throw new Error(`duplicate key value violates unique constraint "payments_one_open" (${reference})`);
}

function queue(
  order: StoredOrder,
  paymentId: string,
  update: { type: UpdateType; cause: string; orderStatus: OrderStatus },
): void {
  const { type, cause, orderStatus } = update;
  const id = effectId({ orderReference: order.reference, paymentId }, type, cause);
  if (order.updates.some((known) => known.effectId === id)) return;
  order.updates.push({ effectId: id, type, paymentId, orderStatus, told: false });
}

function recorded(
  order: StoredOrder,
  payment: StoredPayment,
  now: Pick<RecordedOutcome, 'isChange' | 'paysNow'>,
): RecordedOutcome {
  const { status, reason, mark, accepted } = payment;
  const untold = untoldOf(order, payment.id);
  const next = nextOf(order, payment);
  const terms = accepted && { accepted };
  return { status, reason, mark, orderStatus: order.status, ...now, untold, next, ...terms };
}

/** What the run of `moneyOperations` does when it is asked to give money back: at the gateway, and then in the store. */
export function giveBack(order: StoredOrder, session: SimulatedSession, policy: LateMoneyPolicy): void {
  returnMoney(session);
  const reading = readingOf(session);
  const payment = paymentOf(order, session.paymentId);
  if (reading.kind !== 'transaction' || payment.status === reading.transaction.status) return;
  const { transaction } = reading;
  const { transactionId: cause, capturedMinor, refundedMinor } = transaction;
  const outcome = {
    status: transaction.status as PaymentStatus,
    pays: true,
    cause,
    capturedMinor,
    refundedMinor,
  };
  const record = { paymentId: payment.id, outcome, transaction, deliveries: [], notes: [], key: '' };
  recordOutcome(order, record, policy);
}

function nextOf(order: StoredOrder, payment: StoredPayment): NextStep[] {
  const isPayer = order.paidPaymentId === payment.id;
  const others = order.payments.filter((other) => other.id !== payment.id && isOpen(other.status));
  return [
    ...(holdsMoney(payment.status) && !isPayer && !payment.dismissed ? (['give_back'] as const) : []),
    ...(isPayer && others.length > 0 ? (['close_others'] as const) : []),
  ];
}

export function untoldOf(order: StoredOrder, paymentId: string): string[] {
  return order.updates
    .filter((update) => update.paymentId === paymentId && !update.told)
    .map((update) => update.effectId);
}
