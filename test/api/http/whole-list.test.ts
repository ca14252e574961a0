/** A list as a file: what a spreadsheet and a program read of it, and where it ends. */
import type { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { amounts, fields, type Column } from '../../../src/api/http/columns.ts';
import { wholeList } from '../../../src/api/http/whole-list.ts';

interface Row {
  readonly id: string;
  readonly text: string | null;
  readonly amount: number | null;
  readonly currency: string;
  readonly data: object;
}

const COLUMNS: readonly Column<Row>[] = [
  ...fields<Row>('id', 'text'),
  ...amounts<Row>(({ currency }) => currency, 'amount'),
  ...fields<Row>('currency', 'data'),
];

/** Pages of `total` rows, and how often one was read. */
function listOf(total: number, made: (n: number) => Partial<Row> = () => ({})) {
  const asked: { limit: number; cursor: string | undefined }[] = [];
  const read = async (page: { limit: number; cursor: string | undefined }) => {
    asked.push(page);
    const from = Number(page.cursor ?? 0);
    const count = Math.min(page.limit, total - from);
    const data = Array.from({ length: count }, (_, at): Row => {
      const n = from + at + 1;
      return { id: String(n), text: null, amount: null, currency: 'NOK', data: {}, ...made(n) };
    });
    const hasMore = from + count < total;
    return { data, hasMore, nextCursor: hasMore ? String(from + count) : null };
  };
  return { asked, list: { name: 'rows', columns: COLUMNS, read } };
}

async function textOf({ body }: { body: Readable }): Promise<string> {
  return (await body.toArray()).join('');
}

describe('a list as a file', () => {
  it('has every row once, in CSV and in JSON', async () => {
    const { list } = listOf(250);
    const csv = parse(await textOf(await wholeList(list, { format: 'csv' })));
    expect(csv).toHaveLength(251);
    expect(new Set(csv.map(([id]) => id)).size).toBe(251);
    const json = JSON.parse(await textOf(await wholeList(list, { format: 'json' })));
    expect(json).toMatchObject({ hasMore: false, nextCursor: null });
    expect(json.data.map(({ id }: Row) => id)).toEqual(csv.slice(1).map(([id]) => id));
    const none = listOf(0).list;
    expect(JSON.parse(await textOf(await wholeList(none, { format: 'json' })))).toEqual({
      data: [],
      hasMore: false,
      nextCursor: null,
    });
    expect(parse(await textOf(await wholeList(none, { format: 'csv' })))).toHaveLength(1);
  });

  it('says that it is cut, and where the next file begins, which has the rest', async () => {
    const { list } = listOf(250);
    const csv = parse(await textOf(await wholeList(list, { format: 'csv' }, 120)));
    expect(csv).toHaveLength(122);
    expect(csv.at(-1)?.[0]).toBe('cut here: more rows match; the next file begins with cursor=120');
    const json = JSON.parse(await textOf(await wholeList(list, { format: 'json' }, 120)));
    expect([json.data.length, json.hasMore, json.nextCursor]).toEqual([120, true, '120']);
    const rest = await wholeList(list, { format: 'json', cursor: json.nextCursor }, 130);
    expect(JSON.parse(await textOf(rest))).toMatchObject({ hasMore: false, data: { length: 130 } });
  });

  it.each(['=1+1', '+47 99', '-1', '@SUM(A1)', '\t=1'])('runs nothing in a spreadsheet: %j', async (text) => {
    const { list } = listOf(1, () => ({ text }));
    const [, line] = parse(await textOf(await wholeList(list, { format: 'csv' })));
    expect(line?.[1]).toBe(`'${text}`);
  });

  it('keeps quotes, commas and lines of a text, and has each amount twice', async () => {
    const text = 'a "b",\r\nc';
    const { list } = listOf(3, (n) => ({
      text,
      amount: n * 100,
      currency: ['NOK', 'JPY', 'KWD'][n - 1] ?? '',
      data: { cart: 'c,1' },
    }));
    const csv = parse(await textOf(await wholeList(list, { format: 'csv' })));
    expect(csv).toEqual([
      ['id', 'text', 'amount', 'amountDecimal', 'currency', 'data'],
      ['1', text, '100', '1.00', 'NOK', '{"cart":"c,1"}'],
      ['2', text, '200', '200', 'JPY', '{"cart":"c,1"}'],
      ['3', text, '300', '0.300', 'KWD', '{"cart":"c,1"}'],
    ]);
  });

  it('is read as fast as its reader takes it, and no further', async () => {
    const { list, asked } = listOf(5_000);
    const { body } = await wholeList(list, { format: 'json' });
    for await (const _ of body) break;
    expect(asked.length).toBeLessThan(30);
  });
});
