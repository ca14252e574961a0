/** Contract §3, the table: which differences make a request one for another session than the open one. */
import { describe, expect, it } from '@jest/globals';
import { differences, moneyDifferences, type AskedFor } from '../../src/domain/asked-for.ts';
import type { OrderLine } from '../../src/domain/order.ts';

const LINE = { id: 'chair-1', lineId: '1', description: 'Chair', quantity: 1, amountMinor: 72_200 } as const;
const OPEN: AskedFor = {
  gateway: 'dintero',
  money: { amountMinor: 72_200, currency: 'NOK' },
  capture: 'manual',
  lines: [LINE],
  profileId: 'default',
};

const pointers = (wanted: Partial<AskedFor>) =>
  differences(OPEN, { ...OPEN, ...wanted }).map(({ pointer }) => pointer);

describe('a request beside an open session', () => {
  it('is the same where nothing differs', () => {
    expect(differences(OPEN, structuredClone(OPEN))).toEqual([]);
  });

  it.each([
    [{ gateway: 'stripe' }, ['/gateway']],
    [{ money: { amountMinor: 1, currency: 'SEK' } }, ['/order/amount', '/order/currency']],
    [{ capture: 'auto' }, ['/capture']],
    [{ profileId: 'other' }, ['/profileId']],
    [{ merchantReference2: 'b' }, ['/merchantReference2']],
    [{ lines: [] }, ['/order/items']],
    [{ lines: [{ ...LINE, id: 'x' }] }, ['/order/items/0/id']],
    [{ lines: [{ ...LINE, lineId: 'x' }] }, ['/order/items/0/lineId']],
    [{ lines: [{ ...LINE, description: 'x' }] }, ['/order/items/0/description']],
    [{ lines: [{ ...LINE, quantity: 2 }] }, ['/order/items/0/quantity']],
    [{ lines: [{ ...LINE, amountMinor: 1 }] }, ['/order/items/0/amount']],
    [{ lines: [{ ...LINE, vat: 25 }] }, ['/order/items/0/vat']],
    [{ lines: [{ ...LINE, vatAmountMinor: 5 }] }, ['/order/items/0/vatAmount']],
    [{ lines: [{ ...LINE, type: 'digital' }] }, ['/order/items/0/type']],
  ])('differs in %j', (wanted, expected) => {
    expect(pointers(wanted)).toEqual(expected);
  });

  it('is refused with the open value and the requested value', () => {
    const { profileId: _, ...without } = OPEN;
    expect(differences(OPEN, { ...without, capture: 'auto' })).toEqual([
      { pointer: '/capture', detail: '"manual" in the open session, "auto" here' },
      { pointer: '/profileId', detail: '"default" in the open session, nothing here' },
    ]);
  });

  it('is the same with its lines in another order, and a line that differs is named', () => {
    const [one, two, three] = ['a', 'b', 'c'].map((lineId) => ({ ...LINE, lineId })) as [
      OrderLine,
      OrderLine,
      OrderLine,
    ];
    const open = { ...OPEN, lines: [one, two] };
    expect(differences(open, { ...OPEN, lines: [two, one] })).toEqual([]);
    expect(differences(open, { ...OPEN, lines: [three, one] })).toEqual([
      { pointer: '/order/items/0/lineId', detail: 'no such line in the open session, "c" here' },
    ]);
  });

  it('names twenty differences at most', () => {
    const many = (amountMinor: number) =>
      Array.from({ length: 30 }, (_, index) => ({ ...LINE, lineId: String(index), amountMinor }));
    expect(differences({ ...OPEN, lines: many(1) }, { ...OPEN, lines: many(2) })).toHaveLength(20);
  });

  it('is compared by its money alone while a payment is on hold', () => {
    expect(moneyDifferences(OPEN, { ...OPEN, capture: 'auto', lines: [] })).toEqual([]);
    expect(moneyDifferences(OPEN, { ...OPEN, gateway: 'stripe' })).toHaveLength(1);
  });
});
