import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { impossibleIn, type Transaction } from '../../src/domain/transaction.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import { withPossibleSums } from '../../src/gateways/possible-sums.ts';
import { aTransaction } from '../support/domain-arbitraries.ts';
import { aSimulator } from '../support/simulation.ts';

const CAPTURED = {
  status: 'CAPTURED',
  authorized: true,
  authorizedMinor: 72_200,
  capturedMinor: 72_200,
} as const;

/** A gateway that shows this transaction in every answer. */
function showing(transaction: Transaction, surplus?: readonly Transaction[]): Gateway {
  const reading = { kind: 'transaction', transaction, ...(surplus && { surplus }) } as const;
  return aSimulator({
    readPayment: () => Promise.resolve(reading),
    operate: () => Promise.resolve({ kind: 'answered', transaction }),
  });
}

async function answersOf(changes: Partial<Transaction>): Promise<[string, boolean]> {
  const gateway = withPossibleSums(showing(aTransaction({ ...CAPTURED, ...changes })));
  const reading = await gateway.readPayment({ sessionId: 's' });
  const answer = await gateway.operate({
    transactionId: 't',
    kind: 'capture',
    reference: 'c1',
    amountMinor: 1,
    currency: 'NOK',
    idempotencyKey: 'k',
  });
  return [reading.kind, answer.kind === 'answered' && answer.transaction !== undefined];
}

describe('a gateway whose sums', () => {
  it.each([
    ['are more captured than authorized', { capturedMinor: 72_201 }],
    ['are more refunded than captured', { refundedMinor: 72_201 }],
    ['are negative', { refundedMinor: -1 }],
    ['are beyond int32', { authorizedMinor: 2 ** 31 }],
    ['are not whole numbers', { capturedMinor: 0.5 }],
    ['are missing', { capturableMinor: Number.NaN }],
    ['are of an operation beyond int32', { operations: [anOperation(2 ** 31)] }],
    [
      'are captured without ever having been authorized',
      { authorized: false, authorizedMinor: 0, capturedMinor: 72_201 },
    ],
  ])('%s is not understood, neither in a reading nor in an answer', async (_, changes) => {
    expect(await answersOf(changes)).toEqual(['unreadable', false]);
  });

  it('are impossible in a further transaction of the session is not understood', async () => {
    const [transaction, odd] = [aTransaction(CAPTURED), aTransaction({ ...CAPTURED, refundedMinor: 72_201 })];
    const readingOf = (...surplus: Transaction[]) =>
      withPossibleSums(showing(transaction, surplus)).readPayment({ sessionId: 's' });
    expect(await readingOf(transaction, odd)).toMatchObject({ kind: 'unreadable' });
    expect(await readingOf(transaction)).toEqual({
      kind: 'transaction',
      transaction,
      surplus: [transaction],
    });
  });

  it('are possible is passed on unchanged', async () => {
    expect(await answersOf({ refundedMinor: 72_200, operations: [anOperation(1)] })).toEqual([
      'transaction',
      true,
    ]);
    expect(
      await answersOf({ status: 'FAILED', authorized: false, authorizedMinor: 0, capturedMinor: 0 }),
    ).toEqual(['transaction', true]);
  });

  it('are in the right order, and only then, are possible', () => {
    const sum = fc.integer({ min: -2, max: 72_202 });
    const isInOrder = (captured: number, refunded: number) =>
      0 <= refunded && refunded <= captured && captured <= 72_200;
    fc.assert(
      fc.property(sum, sum, (capturedMinor, refundedMinor) => {
        const wrong = impossibleIn(aTransaction({ ...CAPTURED, capturedMinor, refundedMinor }));
        expect(wrong === null).toBe(isInOrder(capturedMinor, refundedMinor));
      }),
    );
  });
});

function anOperation(amountMinor: number): Transaction['operations'][number] {
  return { kind: 'capture', reference: 'c1', amountMinor, state: 'done' };
}
