import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  linesLeft,
  linesOfRest,
  wrongLines,
  type LinedOperation,
  type LineHistory,
  type MovedLine,
} from '../../src/domain/lines.ts';
import type { OrderLine } from '../../src/domain/order.ts';

const line = (lineId: string, amountMinor: number, quantity = 1): OrderLine => ({
  id: lineId,
  lineId,
  description: lineId,
  quantity,
  amountMinor,
});

/** Two chairs, a lamp and a gift card. */
const ORDERED = [line('chair', 50_000, 2), line('lamp', 22_200), line('card', -10_000)];
const TOTAL = 62_200;

const done = (kind: 'capture' | 'refund', ...lines: MovedLine[]): LinedOperation => ({
  kind,
  state: 'done',
  lines,
});

const after = (operations: LinedOperation[] = [], capturedMinor?: number): LineHistory => {
  const captured = operations
    .filter(({ kind, state }) => kind === 'capture' && state === 'done')
    .flatMap(({ lines }) => lines ?? [])
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  return { ordered: ORDERED, operations, capturedMinor: capturedMinor ?? captured };
};

const CHAIR = { lineId: 'chair', amountMinor: 25_000, quantity: 1 };

describe('the lines of a capture or refund', () => {
  it.each([
    ['the line itself', 'capture', after(), { lineId: 'chair', amountMinor: 50_001 }, 'amount'],
    [
      'the rest of the line',
      'capture',
      after([done('capture', CHAIR)]),
      { lineId: 'chair', amountMinor: 25_001 },
      'amount',
    ],
    [
      'the remaining pieces',
      'capture',
      after([done('capture', CHAIR)]),
      { ...CHAIR, quantity: 2 },
      'quantity',
    ],
    [
      'the rest after an unfinished operation',
      'capture',
      after([{ ...done('capture', CHAIR), state: 'unknown' }]),
      { lineId: 'chair', amountMinor: 25_001 },
      'amount',
    ],
    [
      'the rest of a gift card',
      'capture',
      after([done('capture', { lineId: 'card', amountMinor: -6_000 })]),
      { lineId: 'card', amountMinor: -4_001 },
      'amount',
    ],
    [
      'the captured part of the line',
      'refund',
      after([done('capture', CHAIR)]),
      { lineId: 'chair', amountMinor: 25_001 },
      'amount',
    ],
    [
      'the captured pieces',
      'refund',
      after([done('capture', CHAIR)]),
      { ...CHAIR, quantity: 1.5 },
      'quantity',
    ],
    [
      'everything that was captured',
      'refund',
      after([done('capture', CHAIR)]),
      { lineId: 'lamp', amountMinor: 1 },
      'amount',
    ],
    [
      'the part that is not refunded yet',
      'refund',
      after([done('capture', CHAIR), done('refund', CHAIR)]),
      CHAIR,
      'amount',
    ],
    ['a line of the order', 'capture', after(), { lineId: 'sofa', amountMinor: 1 }, 'lineId'],
  ] as const)('are at most %s', (_, kind, history, asked, field) => {
    expect(wrongLines(kind, [{ lineId: 'lamp', amountMinor: 0 }, asked], history)).toMatchObject([
      { index: 1, field },
    ]);
  });

  it('may be exactly the rest, the lines of a failed operation, and lines that another client may have captured', () => {
    const failed: LinedOperation = { ...done('capture', CHAIR), state: 'failed' };
    expect(wrongLines('capture', [{ ...CHAIR, amountMinor: 50_000, quantity: 2 }], after([failed]))).toEqual(
      [],
    );
    expect(wrongLines('capture', [CHAIR], after([done('capture', CHAIR)]))).toEqual([]);
    const byHand = after([done('capture', CHAIR)], 40_000);
    expect(wrongLines('refund', [{ lineId: 'lamp', amountMinor: 15_000 }], byHand)).toEqual([]);
    expect(wrongLines('capture', [{ lineId: 'x', amountMinor: 9 }], { ...after(), ordered: [] })).toEqual([]);
  });

  it('are calculated in thirds of a piece', () => {
    const third = done('capture', { lineId: 'chair', amountMinor: 8_333, quantity: 1 / 3 });
    const rest = { lineId: 'chair', amountMinor: 25_001, quantity: 1 };
    expect(wrongLines('capture', [rest], after([third, third, third]))).toEqual([]);
    expect(wrongLines('capture', [{ ...rest, quantity: 1.01 }], after([third, third, third]))).toHaveLength(
      1,
    );
  });

  it('add up to the line at most, for any number of partial operations', () => {
    const part = fc.record({
      lineId: fc.constantFrom('chair', 'lamp', 'card'),
      amountMinor: fc.integer({ min: -12_000, max: 60_000 }),
      quantity: fc.constantFrom(0.5, 1, 2),
    });
    const asks = fc.array(fc.tuple(fc.constantFrom('capture' as const, 'refund' as const), part), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(asks, (asked) => {
        const operations: LinedOperation[] = [];
        for (const [kind, one] of asked)
          if (wrongLines(kind, [one], after(operations)).length === 0) operations.push(done(kind, one));
        const sum = (kind: string, id: string) =>
          operations
            .filter((operation) => operation.kind === kind)
            .flatMap(({ lines }) => lines ?? [])
            .filter(({ lineId }) => lineId === id)
            .reduce((total, { amountMinor }) => total + amountMinor, 0);
        for (const { lineId, amountMinor } of ORDERED) {
          const [captured, refunded] = [sum('capture', lineId), sum('refund', lineId)];
          expect(Math.abs(captured)).toBeLessThanOrEqual(Math.abs(amountMinor));
          expect(captured * amountMinor).toBeGreaterThanOrEqual(0);
          expect(Math.abs(refunded)).toBeLessThanOrEqual(Math.abs(captured));
        }
      }),
    );
  });
});

describe('the lines of an operation without lines', () => {
  const ALL = ORDERED.map(({ lineId, amountMinor, quantity }) => ({ lineId, amountMinor, quantity }));

  it('are all lines where the whole order is captured or refunded', () => {
    expect(linesOfRest('capture', TOTAL, after())).toEqual(ALL);
    expect(linesOfRest('refund', TOTAL, after([], TOTAL))).toEqual(ALL);
  });

  it('are the remaining lines where the amount is exactly their sum', () => {
    const history = after([done('capture', CHAIR)]);
    expect(linesOfRest('capture', TOTAL - 25_000, history)).toEqual([
      CHAIR,
      { lineId: 'lamp', amountMinor: 22_200, quantity: 1 },
      { lineId: 'card', amountMinor: -10_000, quantity: 1 },
    ]);
    expect(linesOfRest('refund', 25_000, history)).toEqual([CHAIR]);
    expect(linesLeft('refund', history)).toMatchObject([
      { amountMinor: 25_000 },
      { amountMinor: 0 },
      { amountMinor: 0 },
    ]);
  });

  it('are not guessed for a part, after an operation without lines, or beside an operation of another client', () => {
    expect(linesOfRest('capture', 25_000, after())).toBeNull();
    const unnamed: LinedOperation = { kind: 'capture', state: 'done', lines: null };
    expect(linesOfRest('capture', TOTAL - 5_000, after([unnamed], 5_000))).toBeNull();
    expect(linesOfRest('capture', TOTAL - 5_000, after([], 5_000))).toBeNull();
    expect(linesOfRest('refund', 5_000, after([], 5_000))).toBeNull();
    expect(linesOfRest('capture', TOTAL, { ...after(), ordered: [] })).toBeNull();
  });

  it('include free lines with the whole order, and no quantity where an earlier part had none', () => {
    const ordered = [line('chair', 50_000, 2), line('sample', 0)];
    const fresh = { ordered, operations: [], capturedMinor: 0 };
    expect(linesOfRest('capture', 50_000, fresh)).toContainEqual({
      lineId: 'sample',
      amountMinor: 0,
      quantity: 1,
    });
    const begun = { ...fresh, operations: [done('capture', { lineId: 'chair', amountMinor: 20_000 })] };
    expect(linesOfRest('capture', 30_000, begun)?.[0]).toEqual({ lineId: 'chair', amountMinor: 30_000 });
  });
});
