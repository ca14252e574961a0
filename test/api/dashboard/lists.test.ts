/** What people do with a list: filter it, choose its columns, take it with them, and act on many of its rows. */
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { eq } from 'drizzle-orm';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { API_KEY } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';

const READ_KEY = 'abcdefghijklmnopqrstuvwx-read';
const KEYS = { API_KEYS: `${API_KEY},desk:read:${READ_KEY}`, ORDER_WEBHOOK_URL: undefined };

describe('a list', () => {
  const at = useTestApi(KEYS);

  it('comes as a file with exactly its filter, by the API and by the links of its page', async () => {
    const paid = await aPaidPayment(at.store.db);
    const open = await aPayment(at.store.db);
    await at.store.db
      .update(payments)
      .set({ reason: '=HYPERLINK("x")', foundBy: 'sweep' })
      .where(eq(payments.id, paid.id));
    const reader = await Visitor.signedIn(at.api, READ_KEY);
    const page = await reader.get('/payments?foundBy=sweep&status=AUTHORIZED&status=CAPTURED');
    const hrefs = [...page.text.matchAll(/href="\/dashboard(\/download\/[^"]+)"/g)].map(([, href = '']) =>
      href.replaceAll('&amp;', '&'),
    );
    expect(hrefs).toHaveLength(2);
    const [csv, json] = await Promise.all(hrefs.map((href) => reader.get(href)));
    expect(csv?.headers).toMatchObject({
      'content-type': 'text/csv; charset=utf-8',
      'content-disposition': 'attachment; filename="paidonce-payments.csv"',
    });
    const rows = parse(csv?.text ?? '', { columns: true }) as Record<string, string>[];
    expect(rows).toMatchObject([
      { id: paid.id, amount: '72200', amountDecimal: '722.00', reason: `'=HYPERLINK("x")`, foundBy: 'sweep' },
    ]);
    expect(JSON.parse(json?.text ?? '').data).toMatchObject([{ id: paid.id, amount: 72_200 }]);
    const called = await at.api.send('GET', '/v1/payments?format=csv', { key: API_KEY });
    expect(called.text).toContain(open.id);
    for (const list of ['operations', 'deliveries', 'updates', 'audit'])
      for (const format of ['csv', 'json'])
        expect([list, (await reader.get(`/download/${list}?format=${format}`)).status]).toEqual([list, 200]);
  });

  it('is no file where its filter is wrong, or for somebody who is not signed in', async () => {
    const reader = await Visitor.signedIn(at.api, READ_KEY);
    const wrong = await reader.get('/download/payments?status=NO');
    expect([wrong.status, wrong.headers['content-type']]).toEqual([422, 'text/html; charset=utf-8']);
    expect(wrong.text).toContain('/status');
    expect((await new Visitor(at.api).get('/download/payments')).status).toBe(401);
    expect((await at.api.send('GET', '/v1/payments?format=xml', { key: API_KEY })).status).toBe(422);
  });

  it('has the columns that somebody has chosen, also at the next visit', async () => {
    const paid = await aPaidPayment(at.store.db);
    const [ada, eve] = [await Visitor.signedIn(at.api, API_KEY), await Visitor.signedIn(at.api, API_KEY)];
    const headings = async (visitor: Visitor, query: string) =>
      [
        ...(await visitor.get(`/payments?order=${paid.orderReference}${query}`)).text.matchAll(
          /<th scope="col"[^>]*>([^<]*)</g,
        ),
      ].map(([, name]) => name);
    const usual = await headings(ada, '');
    expect(usual).toContain('Shop heard');
    expect(usual).not.toContain('Session');
    expect(await headings(ada, '&columns=Session&columns=Amount')).toEqual(['Order', 'Amount', 'Session']);
    expect(await headings(ada, '')).toEqual(['Order', 'Amount', 'Session']);
    expect(await headings(eve, '')).toEqual(usual);
    expect(await headings(ada, '&columns=usual')).toEqual(usual);
    expect(await headings(ada, '')).toEqual(usual);
  });
});
