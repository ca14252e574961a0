/** Everything a gateway might say, for tables and properties. */
import fc from 'fast-check';
import type { Standing } from '../../src/domain/decide.ts';
import { PAYMENT_STATUSES } from '../../src/domain/payment.ts';
import type { Opened, Reading, Transaction, TransactionStatus } from '../../src/domain/transaction.ts';

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

export function anOpened(more: Partial<Opened> = {}): Opened {
  return {
    paymentId: 'pay_1',
    orderReference: '1001',
    n: 1,
    account: 'T12345678',
    sessionId: 'T12345678.session',
    money: { amountMinor: 72_200, currency: 'NOK' },
    ...more,
  };
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

/** Mostly ours, so that what is only nearly ours is met often enough. */
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
        .constantFrom('open', 'cancelled', 'failed', 'declined')
        .map((state) => ({ kind: 'session' as const, state })),
    },
    { weight: 1, arbitrary: fc.constant({ kind: 'absent' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'unreadable' as const, reason: 'no JSON' }) },
  );
}

export function anyStanding(): fc.Arbitrary<Standing> {
  return fc.record(
    {
      status: fc.constantFrom(...PAYMENT_STATUSES),
      capturedMinor: sum,
      refundedMinor: sum,
      reversals: fc.constantFrom(0, 0, 1),
      isMarked: fc.boolean(),
      transactionUpdatedAt: time,
    },
    { requiredKeys: ['status', 'capturedMinor', 'refundedMinor', 'reversals', 'isMarked'] },
  );
}
