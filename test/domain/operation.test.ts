import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  feasible,
  giveBackBy,
  reservedFor,
  traceOf,
  type OperationKind,
  type ProductRules,
  type ShownOperation,
} from '../../src/domain/operation.ts';
import type { Transaction } from '../../src/domain/transaction.ts';

const RULES: ProductRules = {
  voids: 'whole',
  captures: 'many',
  refunds: 'any_time',
  finalCapture: false,
  lines: 'optional',
  authorizationDays: 7,
};

function aTransaction(more: Partial<Transaction> = {}): Transaction {
  return {
    transactionId: 'T12345678.tx',
    sessionId: 'T12345678.s',
    account: 'T12345678',
    reference: '1001',
    money: { amountMinor: 10_000, currency: 'NOK' },
    status: 'AUTHORIZED',
    gatewayStatus: 'AUTHORIZED',
    authorized: true,
    authorizedMinor: 10_000,
    capturedMinor: 0,
    refundedMinor: 0,
    capturableMinor: 10_000,
    operations: [],
    ...more,
  };
}

const captured = (capturedMinor: number, refundedMinor = 0) =>
  aTransaction({ capturedMinor, refundedMinor, capturableMinor: 10_000 - capturedMinor });
const wanted = (kind: OperationKind, amountMinor: number | null = null, finalCapture = false) => ({
  kind,
  amountMinor,
  finalCapture,
});

describe('the operations that a transaction allows', () => {
  it.each([
    ['all that is left to capture', wanted('capture'), captured(4_000), 6_000],
    ['a part of it', wanted('capture', 1), captured(4_000), 1],
    ['all that is left to refund', wanted('refund'), captured(10_000, 4_000), 6_000],
    ['a void of the whole authorization', wanted('void'), aTransaction(), 10_000],
  ])('include %s', (_, operation, transaction, amountMinor) => {
    expect(feasible(operation, transaction, RULES, 0)).toEqual({ ok: true, amountMinor });
  });

  it.each([
    ['all of it at once', 'whole', wanted('capture'), true],
    ['a part, where only all can be captured', 'whole', wanted('capture', 4_000), false],
    [
      'a part that also releases the rest, where only all can be captured',
      'whole',
      wanted('capture', 4_000, true),
      false,
    ],
    [
      'a part that releases the rest, where one capture is possible',
      'once',
      wanted('capture', 4_000, true),
      true,
    ],
    ['a part without that, where one capture is possible', 'once', wanted('capture', 4_000), false],
    ['the whole amount, where one capture is possible', 'once', wanted('capture', 10_000), true],
    ['a part, where there may be more', 'many', wanted('capture', 4_000), true],
    ['a part of captured money as a refund', 'once', wanted('refund', 1), false],
  ] as const)('of a capture: %s', (_, captures, operation, ok) => {
    const rules = { ...RULES, captures, finalCapture: true };
    expect(feasible(operation, aTransaction(), rules, 0)).toMatchObject({ ok });
  });

  it('of a part of the money say what would be possible', () => {
    const rules = { ...RULES, captures: 'once' } as const;
    const refused = feasible(wanted('capture', 4_000), aTransaction(), rules, 0);
    expect(refused).toMatchObject({
      code: 'operation_not_possible',
      detail: expect.stringContaining('finalCapture'),
    });
  });

  it('are a void of captured money until it is settled, and a refund afterwards', () => {
    const rules = { ...RULES, refunds: 'settled_only' } as const;
    const unsettled = { ...captured(10_000), voidableMinor: 10_000 };
    expect(feasible(wanted('void'), unsettled, rules, 0)).toEqual({ ok: true, amountMinor: 10_000 });
    expect(feasible(wanted('refund', 1), unsettled, rules, 0)).toMatchObject({ ok: false, code: 'not_yet' });
    const settled = { ...captured(10_000), voidableMinor: 0 };
    expect(feasible(wanted('void'), settled, rules, 0)).toMatchObject({ ok: false });
    expect(feasible(wanted('refund', 1), settled, rules, 0)).toEqual({ ok: true, amountMinor: 1 });
  });

  it('are no void where an authorization can only lapse', () => {
    const rules = { ...RULES, voids: 'lapses' } as const;
    expect(feasible(wanted('void'), aTransaction(), rules, 0)).toMatchObject({ ok: false });
  });

  it.each([
    ['an authorization', 'whole', aTransaction(), 'void'],
    ['an authorization that can only lapse', 'lapses', aTransaction(), 'lapses'],
    ['an authorization without a void', 'never', aTransaction(), null],
    ['the rest of an authorization that can be voided', 'rest_too', captured(4_000), 'void'],
    ['the captured part of another one', 'whole', captured(4_000), 'refund'],
    ['captured money', 'whole', captured(10_000), 'refund'],
    ['captured money that is not settled', 'whole', { ...captured(10_000), voidableMinor: 10_000 }, 'void'],
    ['captured money, where an authorization can only lapse', 'lapses', captured(10_000), 'refund'],
    ['nothing', 'whole', aTransaction({ capturableMinor: 0 }), null],
  ] as const)('give back %s (%s)', (_, voids, transaction, kind) => {
    expect(giveBackBy(transaction, { ...RULES, voids })).toBe(kind);
  });

  it.each([
    ['more than is left', wanted('capture', 6_001), captured(4_000), 'amount_too_large'],
    ['a refund of money that is only authorized', wanted('refund'), aTransaction(), 'operation_not_possible'],
    ['a refund of more than was captured', wanted('refund', 4_001), captured(4_000), 'amount_too_large'],
    [
      'a capture after a void',
      wanted('capture'),
      aTransaction({ capturableMinor: 0 }),
      'operation_not_possible',
    ],
    ['a void after a full capture', wanted('void'), captured(10_000), 'operation_not_possible'],
    [
      'a void of the rest, where the product has none',
      wanted('void'),
      captured(4_000),
      'operation_not_possible',
    ],
    [
      'a final capture, where the product has none',
      wanted('capture', 1, true),
      aTransaction(),
      'operation_not_possible',
    ],
  ])('do not include %s', (_, operation, transaction, code) => {
    expect(feasible(operation, transaction, RULES, 0)).toMatchObject({ ok: false, code });
  });

  it('depend on the product where products differ', () => {
    const restToo = { ...RULES, voids: 'rest_too' } as const;
    expect(feasible(wanted('void'), captured(4_000), restToo, 0)).toEqual({ ok: true, amountMinor: 6_000 });
    const never = { ...RULES, voids: 'never' } as const;
    expect(feasible(wanted('void'), aTransaction(), never, 0)).toMatchObject({ ok: false });
    const final = { ...RULES, finalCapture: true };
    expect(feasible(wanted('capture', 1, true), aTransaction(), final, 0).ok).toBe(true);
  });

  it('never use money that is reserved for others', () => {
    const amount = fc.integer({ min: 0, max: 10_000 });
    fc.assert(
      fc.property(amount, amount, fc.option(amount), (already, reserved, asked) => {
        const allowed = feasible(wanted('capture', asked), captured(already), RULES, reserved);
        if (allowed.ok) expect(already + reserved + allowed.amountMinor).toBeLessThanOrEqual(10_000);
      }),
    );
  });

  it('include no capture that releases the rest while a part of it is reserved', () => {
    const last = { ...RULES, captures: 'once', finalCapture: true } as const;
    const wait = { ok: false, code: 'not_yet', detail: expect.stringContaining('6000') };
    expect(feasible(wanted('capture'), aTransaction(), last, 6_000)).toEqual(wait);
    expect(feasible(wanted('capture', 4_000), aTransaction(), last, 6_000)).toEqual(wait);
    const parts = { ...last, captures: 'many' } as const;
    expect(feasible(wanted('capture', 1_000, true), aTransaction(), parts, 6_000)).toEqual(wait);
    expect(feasible(wanted('capture', 1_000), aTransaction(), parts, 6_000).ok).toBe(true);
    expect(feasible(wanted('capture'), aTransaction(), last, 10_000)).toMatchObject({
      code: 'operation_not_possible',
    });
  });

  it('include no void while a capture is under way', () => {
    expect(feasible(wanted('void'), aTransaction(), RULES, 1)).toMatchObject({ ok: false });
  });
});

const shown = (state: ShownOperation['state'], more: Partial<ShownOperation> = {}): ShownOperation => ({
  kind: 'capture',
  reference: 'c1',
  amountMinor: 4_000,
  state,
  ...more,
});
const C1 = { kind: 'capture', reference: 'c1', isSent: true } as const;

describe('the trace of an operation', () => {
  it('is found by kind and reference', () => {
    const operations = [shown('done')];
    expect(traceOf(C1, aTransaction({ operations }))).toEqual({ state: 'done', amountMinor: 4_000 });
    expect(traceOf({ ...C1, reference: 'c2' }, aTransaction({ operations })).state).toBe('absent');
    expect(traceOf({ ...C1, kind: 'refund' }, aTransaction({ operations })).state).toBe('absent');
  });

  it('is the successful one, with failed ones of the same reference before or after it', () => {
    const operations = [shown('failed'), shown('done'), shown('failed')];
    expect(traceOf(C1, aTransaction({ operations })).state).toBe('done');
    const unfinished = [shown('failed', { reason: 'no' }), shown('pending')];
    expect(traceOf(C1, aTransaction({ operations: unfinished })).state).toBe('pending');
  });

  it('of a void is any void, once ours was sent', () => {
    const operations = [shown('done', { kind: 'void', reference: null })];
    const ours = { kind: 'void', reference: 'void' } as const;
    expect(traceOf({ ...ours, isSent: true }, aTransaction({ operations })).state).toBe('done');
    expect(traceOf({ ...ours, isSent: false }, aTransaction({ operations })).state).toBe('absent');
  });

  it('of a void is none that had failed before ours was sent', () => {
    const failed = shown('failed', { kind: 'void', reference: null });
    const ours = { kind: 'void', reference: 'void', isSent: true, failedVoids: 1 } as const;
    expect(traceOf(ours, aTransaction({ operations: [failed] })).state).toBe('absent');
    expect(traceOf(ours, aTransaction({ operations: [failed, failed] })).state).toBe('failed');
    expect(traceOf(ours, aTransaction({ operations: [failed, { ...failed, state: 'done' }] })).state).toBe(
      'done',
    );
  });
});

describe('the sum that is reserved for other operations', () => {
  const other = (kind: OperationKind, reference: string) => ({
    kind,
    reference,
    isSent: true,
    amountMinor: 4_000,
  });

  it('is the sum of those that the transaction does not show as finished', () => {
    const others = [other('capture', 'c1'), other('capture', 'c2'), other('refund', 'r1')];
    const operations = [shown('done'), shown('pending', { reference: 'c2' })];
    expect(reservedFor('capture', others, aTransaction({ operations }))).toBe(4_000);
    expect(reservedFor('refund', others, aTransaction({ operations }))).toBe(4_000);
  });

  it('is free again once the transaction shows that the operation failed', () => {
    const others = [other('capture', 'c1'), other('capture', 'c2')];
    const operations = [shown('failed'), shown('pending', { reference: 'c2' })];
    expect(reservedFor('capture', others, aTransaction({ operations }))).toBe(4_000);
  });

  it('is all that is left for a final capture that was sent', () => {
    const final = { ...other('capture', 'c1'), finalCapture: true };
    expect(reservedFor('capture', [final], aTransaction())).toBe(10_000);
    expect(reservedFor('capture', [{ ...final, amountMinor: null }], aTransaction())).toBe(0);
    expect(reservedFor('refund', [final], aTransaction())).toBe(0);
  });

  it('is the same for a void, and has nothing of operations that were not sent', () => {
    const others = [other('capture', 'c1'), { ...other('capture', 'c2'), amountMinor: null }];
    expect(reservedFor('void', others, aTransaction())).toBe(4_000);
  });
});
