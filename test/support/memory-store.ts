/**
 * The store's promises in memory: plain data that a test can read and change, updated by the real
 * `applyFinding`.
 */
import { applyFinding, type LateMoneyPolicy } from '../../src/domain/apply-finding.ts';
import type { UpdateToSend } from '../../src/domain/order-change.ts';
import type { Decision } from '../../src/domain/finding.ts';
import { nextSteps } from '../../src/domain/finish-operations.ts';
import type { Money } from '../../src/domain/money.ts';
import { effectId, type OrderStatus, type UpdateType } from '../../src/domain/order.ts';
import {
  isOpen,
  type Accepted,
  type PaymentAddress,
  type PaymentSnapshot,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import type { Transaction } from '../../src/domain/transaction.ts';
import type { RecordedFinding } from '../../src/store/record-finding/plan.ts';
import { ACCOUNT } from './simulated-psp.ts';

type Mutable<Row> = { -readonly [Name in keyof Row]: Row[Name] };

export interface StoredPayment extends Mutable<PaymentSnapshot> {
  readonly id: string;
  transactionId: string | null;
  knownEvents: readonly string[];
  /** Milliseconds: the deadline that the gateway was given. */
  expiresAt: number;
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
  /** How often a change has paid the order: at most once, ever. */
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

const LIFETIME_MS = 4 * 3_600_000;
const GRACE_MS = 15 * 60_000;

/** The state of a payment that was just claimed. */
export function newPayment(
  { reference, money }: Pick<StoredOrder, 'reference' | 'money'>,
  n: number,
  now: number,
): StoredPayment {
  return {
    id: `${reference}-p${n}`,
    paymentId: `${reference}-p${n}`,
    orderReference: reference,
    n,
    account: ACCOUNT,
    sessionId: '',
    money,
    status: 'PENDING',
    reason: null,
    reviewCode: null,
    reviewMark: null,
    closedBy: null,
    dismissed: false,
    mustGiveBack: false,
    capturedMinor: 0,
    refundedMinor: 0,
    shown: {},
    isGoingBack: false,
    transactionId: null,
    knownEvents: [],
    expiresAt: now + LIFETIME_MS,
    expiryDueAt: now + LIFETIME_MS + GRACE_MS,
  };
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
  const payment = newPayment(order, order.payments.length + 1, now);
  order.status = 'AWAITING_PAYMENT';
  order.payments.push(payment);
  return { kind: 'created', payment };
}

export function paymentOf(order: StoredOrder, paymentId: string): StoredPayment {
  const payment = order.payments.find((one) => one.paymentId === paymentId);
  if (payment === undefined) throw new Error(`recording a finding: there is no payment ${paymentId}`);
  return payment;
}

/** The address of a run. */
export function addressOf({ paymentId, orderReference, n }: StoredPayment): PaymentAddress {
  return { paymentId, orderReference, n, gateway: 'simulated' };
}

/** The part of `recordFinding`'s answer that a look needs. */
export type MemoryRecord = Omit<RecordedFinding, 'row'> & { readonly row: StoredPayment };

/** `recordFinding` of the real store, without its database. */
export function recordFinding(
  order: StoredOrder,
  record: {
    readonly paymentId: string;
    readonly decide: (payment: PaymentSnapshot) => Decision;
    readonly deliveries: readonly { readonly eventId: string }[];
  },
  policy: LateMoneyPolicy,
): MemoryRecord {
  const before = paymentOf(order, record.paymentId);
  for (const { eventId } of record.deliveries) order.handled.add(eventId);
  const decision = record.decide(before);
  if (decision.kind !== 'find') return recorded(order, before, decision, before.status, []);
  const others = order.payments.filter((other) => other !== before).map(({ status }) => status);
  const snapshot = {
    reference: order.reference,
    money: order.money,
    status: order.status,
    paidPaymentId: order.paidPaymentId,
    latestN: order.payments.length,
    otherOpen: others.find(isOpen) ?? null,
    otherReviewed: others.includes('REVIEW'),
    isReplacing: false,
  };
  const { finding } = decision;
  const { orderStatus, paysNow, accepts, updates, ...changes } = applyFinding(
    snapshot,
    before,
    finding,
    policy,
  );
  const was = before.status;
  Object.assign(before, changes, finding.transaction && shownBy(finding.transaction, accepts));
  refuseTwoOpen(order.reference, order.payments);
  order.status = orderStatus;
  if (paysNow) {
    order.paidTimes += 1;
    order.paidPaymentId ??= before.paymentId;
  }
  const effects = updates.flatMap((update) => queue(order, before.paymentId, update));
  return { ...recorded(order, before, decision, was, effects), paysNow };
}

function shownBy(transaction: Transaction, accepts: boolean): Partial<StoredPayment> {
  const {
    transactionId,
    updatedAt,
    capturedMinor,
    refundedMinor,
    knownEvents = [],
    operations,
  } = transaction;
  const shown = Object.fromEntries(
    operations.map(({ kind, eventId, reference, state, isReversed }) => [
      `${kind}/${eventId ?? reference}`,
      isReversed === true ? ('reversed' as const) : state,
    ]),
  );
  const accepted: Accepted = { reference: transaction.reference, money: transaction.money };
  const known = { transactionId, capturedMinor, refundedMinor, knownEvents, shown };
  return {
    ...known,
    ...(updatedAt !== undefined && { transactionUpdatedAt: updatedAt }),
    ...(accepts && { accepted }),
  };
}

/** The partial unique index of the real store. */
function refuseTwoOpen(reference: string, payments: readonly StoredPayment[]): void {
  if (payments.filter(({ status }) => isOpen(status)).length < 2) return;
  throw new Error(`duplicate key value violates unique constraint "payments_one_open" (${reference})`);
}

/** The effect, if it is new. */
function queue(order: StoredOrder, paymentId: string, { type, cause, orderStatus }: UpdateToSend): string[] {
  const id = effectId({ orderReference: order.reference, paymentId }, type, cause);
  if (order.updates.some((known) => known.effectId === id)) return [];
  order.updates.push({ effectId: id, type, paymentId, orderStatus, told: false });
  return [id];
}

function recorded(
  order: StoredOrder,
  payment: StoredPayment,
  decision: Decision,
  was: PaymentStatus,
  effects: readonly string[],
): MemoryRecord {
  const others = order.payments.filter((other) => other !== payment);
  const otherOpen = others.map(({ status }) => status).find(isOpen) ?? null;
  const after = { ...payment };
  return {
    decision,
    payment: after,
    row: after,
    orderStatus: order.status,
    isChange: payment.status !== was,
    paysNow: false,
    next: nextSteps({ paidPaymentId: order.paidPaymentId, otherOpen }, payment, []),
    effects,
    isRepeated: false,
  };
}
