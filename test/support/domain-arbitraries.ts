/** Every answer that a gateway could give, for tables and properties. */
import fc from 'fast-check';
import type { Watch } from '../../src/domain/decide.ts';
import {
  isSettled,
  PAYMENT_STATUSES,
  REVIEW_CODES,
  type PaymentSnapshot,
  type PaymentStatus,
} from '../../src/domain/payment.ts';
import type { Reading, Transaction, TransactionStatus } from '../../src/domain/transaction.ts';

export const TRANSACTION_STATUSES = [
  'INITIATED',
  'ON_HOLD',
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'VOIDED',
  'FAILED',
  'DECLINED',
  'UNCLEAR',
] as const satisfies readonly TransactionStatus[];

/** When the session of `aSnapshot` counts as expired. */
export const DUE_AT = Date.parse('2026-01-01T12:00:00.000Z');

/** A payment whose session is open, unless the test says otherwise. */
export function aSnapshot(more: Partial<PaymentSnapshot> = {}): PaymentSnapshot {
  return {
    paymentId: 'pay_1',
    orderReference: '1001',
    n: 1,
    account: 'T12345678',
    sessionId: 'T12345678.session',
    money: { amountMinor: 72_200, currency: 'NOK' },
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
    disputes: [],
    transactionId: null,
    surplus: [],
    expiryDueAt: DUE_AT,
    isGoingBack: false,
    ...more,
  };
}

/** A look in the middle of the session's lifetime, by a run that has understood every answer. */
export function aWatch(more: Partial<Watch> = {}): Watch {
  return { now: DUE_AT - 3_600_000, unclearSince: null, ...more };
}

export function aTransaction(more: Partial<Transaction> = {}): Transaction {
  const status = more.status ?? 'AUTHORIZED';
  return {
    transactionId: 'T12345678.transaction',
    sessionId: 'T12345678.session',
    account: 'T12345678',
    reference: '1001',
    money: { amountMinor: 72_200, currency: 'NOK' },
    status,
    gatewayStatus: status === 'UNCLEAR' ? 'UNKNOWN' : status,
    authorized: false,
    authorizedMinor: 0,
    capturedMinor: 0,
    refundedMinor: 0,
    capturableMinor: 0,
    operations: [],
    ...more,
  };
}

const sum = fc.constantFrom(0, 1, 36_100, 72_200);
const time = fc.constantFrom(
  '2026-01-01T00:00:09.000Z',
  '2026-01-01T00:00:10.000Z',
  '2026-01-01T00:00:11.000Z',
);

/** Mostly ours, so that the values that are almost ours come often enough. */
export function anyTransaction(): fc.Arbitrary<Transaction> {
  return fc
    .record(
      {
        status: fc.constantFrom(...TRANSACTION_STATUSES),
        authorized: fc.boolean(),
        account: oftenly('T12345678', 'T99999999'),
        sessionId: oftenly('T12345678.session', 'T12345678.other'),
        reference: oftenly('1001', '1002'),
        money: oftenly(
          { amountMinor: 72_200, currency: 'NOK' },
          { amountMinor: 72_199, currency: 'NOK' },
          { amountMinor: 72_200, currency: 'SEK' },
        ),
        capturedMinor: sum,
        refundedMinor: sum,
        updatedAt: time,
      },
      { requiredKeys: ['status', 'authorized', 'account', 'sessionId', 'reference', 'money'] },
    )
    .map((more) => aTransaction(more as Partial<Transaction>));
}

function oftenly<Value>(usual: Value, ...unusual: Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 9, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...unusual) },
  );
}

export function anyReading(): fc.Arbitrary<Reading> {
  return fc.oneof(
    {
      weight: 8,
      arbitrary: anyTransaction().map((transaction) => ({ kind: 'transaction' as const, transaction })),
    },
    {
      weight: 2,
      arbitrary: fc
        .constantFrom('open', 'cancelled', 'failed', 'declined', 'expired')
        .map((state) => ({ kind: 'session' as const, state })),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'absent' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unreadable' as const, reason: 'no JSON' }) },
  );
}

/**
 * The reasons to ask a person about a payment in this status: a code in REVIEW, a mark of a settled payment,
 * nothing else.
 */
function asked(status: PaymentStatus): fc.Arbitrary<Pick<PaymentSnapshot, 'reviewCode' | 'reviewMark'>> {
  const nothing = fc.constant({ reviewCode: null, reviewMark: null });
  if (status === 'REVIEW')
    return fc.record({ reviewCode: fc.constantFrom(...REVIEW_CODES), reviewMark: fc.constant(null) });
  if (!isSettled(status)) return nothing;
  return fc.oneof(nothing, fc.constant({ reviewCode: 'unclear', reviewMark: 'unclear: no JSON' } as const));
}

export function anySnapshot(): fc.Arbitrary<PaymentSnapshot> {
  return fc
    .record(
      {
        status: fc.constantFrom(...PAYMENT_STATUSES),
        capturedMinor: sum,
        refundedMinor: sum,
        shown: oftenly({}, { 'refund/r-1': 'reversed' as const }),
        transactionUpdatedAt: time,
      },
      { requiredKeys: ['status', 'capturedMinor', 'refundedMinor', 'shown'] },
    )
    .chain((more) => asked(more.status).map((beside) => aSnapshot({ ...more, ...beside })));
}

const MINUTE_MS = 60_000;

/** Before and after the session's deadline, with clear and unclear answers; never an operator's decision. */
export function anyWatch(): fc.Arbitrary<Watch> {
  return fc
    .record({
      now: fc.constantFrom(DUE_AT - 2 * 60 * MINUTE_MS, DUE_AT - 1, DUE_AT, DUE_AT + 60 * MINUTE_MS),
      unclearMinutes: fc.constantFrom(null, null, 0, 1, 59, 60, 61),
      closing: fc.constantFrom(null, null, 'merchant' as const, 'order_paid' as const),
      isPayerLate: fc.boolean(),
    })
    .map(({ now, unclearMinutes, ...more }) => ({
      now,
      unclearSince: unclearMinutes === null ? null : now - unclearMinutes * MINUTE_MS,
      ...more,
    }));
}
