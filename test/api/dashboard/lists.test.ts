/** What people do with a list: filter it, choose its columns, take it with them, and act on many of its rows. */
import { describe, expect, it } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { eq } from 'drizzle-orm';
import { operations } from '../../../src/store/schema/operation-table.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { listOperations } from '../../../src/store/operations.ts';
import { API_KEY, aCallback } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { until } from '../../support/until.ts';

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

describe('acting on many rows', () => {
  const at = useTestApi({ API_KEYS: KEYS.API_KEYS });

  it('captures each of those that were ticked once, though the form is sent twice', async () => {
    const paid = [await aPaidPayment(at.store.db), await aPaidPayment(at.store.db)];
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const list = await ada.get('/to-capture');
    for (const { id } of paid) expect(list.text).toContain(`value="${id}"`);
    const query = `?${new URLSearchParams(paid.map(({ id }) => ['id', id]))}`;
    const effect = await ada.get(`/to-capture/capture${query}`);
    expect(effect.text).toContain('<strong>1444.00 NOK</strong>');
    const form = await ada.formOf(`/to-capture/capture${query}`, '/to-capture/capture');
    const answers = [];
    for (const reason of ['', 'sent today', 'sent today'])
      answers.push(await ada.post('/to-capture/capture', { ...form, reason }));
    expect(answers.map(({ status }) => status)).toEqual([422, 303, 303]);
    const { text } = await ada.get((answers[1]?.headers.location ?? '').replace('/dashboard', ''));
    for (const { id, orderReference } of paid) {
      expect(await listOperations(at.store.db, id)).toMatchObject([{ kind: 'capture', wanted: 72_200 }]);
      expect(text).toContain(orderReference);
    }
    expect(text.match(/>pending</g)).toHaveLength(2);
  });

  it('sends each of those that were ticked again, and says which were refused', async () => {
    const [paid, kept] = [await aPaidPayment(at.store.db), await aPaidPayment(at.store.db)];
    await at.store.db.update(outbox).set({ state: 'gave_up', attempts: 9 });
    const ids = [paid, kept].map(({ orderReference }) => `${orderReference}/order.paid`);
    await at.store.db
      .update(outbox)
      .set({ body: '' })
      .where(eq(outbox.effectId, ids[1] ?? ''));
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const list = await ada.get('/choose-updates');
    for (const id of ids) expect(list.text).toContain(`value="${id}"`);
    const query = `?${new URLSearchParams(ids.map((id) => ['id', id]))}`;
    const form = await ada.formOf(`/choose-updates/send-again${query}`, '/choose-updates/send-again');
    // The store has no attempts of these rows; the page shows what the updates' own rows say.
    const chosen = JSON.stringify(ids.map((id) => [id, 9]));
    const sent = await ada.post('/choose-updates/send-again', {
      ...form,
      chosen,
      reason: 'the shop is back',
    });
    const { text } = await ada.get((sent.headers.location ?? '').replace('/dashboard', ''));
    expect(text).toContain('taken');
    expect(text).toContain('refused: not_redeliverable');
  });

  it.each(['/to-capture/capture', '/choose-updates/send-again'])(
    'takes at least one row, at most fifty, and no form of its own making: %s',
    async (path) => {
      const [ada, reader] = [
        await Visitor.signedIn(at.api, API_KEY),
        await Visitor.signedIn(at.api, READ_KEY),
      ];
      expect((await ada.get(path)).text).toContain('No row was chosen');
      const many = new URLSearchParams(Array.from({ length: 51 }, (_, n) => ['id', `pay_${n}`]));
      expect((await ada.get(`${path}?${many}`)).text).toContain('at most 50 were expected');
      const { csrf = '' } = await ada.formOf('', '/sign-out');
      for (const chosen of [
        '',
        '[]',
        '{}',
        '[[1]]',
        '[["a",{}]]',
        JSON.stringify(Array.from({ length: 51 }, () => ['a', 1])),
      ])
        expect((await ada.post(path, { csrf, chosen, reason: 'x' })).status).toBe(422);
      expect((await reader.get(path)).status).toBe(403);
      expect((await reader.get(path.replace(/\/[^/]+$/, ''))).text).not.toContain(
        'type="checkbox" name="id"',
      );
    },
  );

  it('claims, puts off and annotates all of one cause with one form', async () => {
    await at.store.db.delete(outbox);
    for (let n = 0; n < 3; n += 1) await aPaidPayment(at.store.db);
    await at.store.db
      .update(outbox)
      .set({ state: 'gave_up', attempts: 9, lastAnswer: '500', finishedAt: new Date() });
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const now = await ada.get('');
    expect(now.text).toMatch(
      /href="\/dashboard\/updates\/send-again\?state=gave_up[^"]*"[^>]*>Send all again</,
    );
    const [, mark = ''] = /href="\/dashboard(\/mark\?cause=[^"]+)"/.exec(now.text) ?? [];
    const form = await ada.formOf(mark, '/mark');
    const past = await ada.post('/mark', { ...form, until: '2020-01-01T00:00' });
    expect(past.status).toBe(422);
    await ada.post('/mark', { ...form, owner: 'me', hours: '0', until: '', note: 'I call the shop' });
    expect((await ada.get('')).text).toContain('I call the shop');
    await ada.post('/mark', { ...form, owner: 'me', hours: '4', until: '', note: '' });
    expect((await ada.get('')).text).not.toContain('Shop not told');
  });
});

describe('the answer for a customer', () => {
  const at = useTestApi(KEYS);

  it('is plain in three languages, and names nothing internal', async () => {
    const paid = await aPaidPayment(at.store.db);
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const { text } = await ada.get(`/orders/${paid.orderReference}`);
    const answers = [...text.matchAll(/<span lang="(..)" id="answer-..">([^<]+)</g)].map(
      ([, language, said = '']) => [language, said] as const,
    );
    expect(answers.map(([language]) => language)).toEqual(['en', 'de', 'nb']);
    const [[, en], [, de], [, nb]] = answers as [[string, string], [string, string], [string, string]];
    expect(en).toContain(`Your payment of NOK 722.00 for order ${paid.orderReference} was confirmed on`);
    expect(de).toContain('Der Betrag ist reserviert und noch nicht abgebucht');
    expect(nb).toContain('Beløpet er reservert og er ikke trukket ennå');
    for (const [, said] of answers) expect(said).not.toMatch(/pay_|AUTHORIZED|workflow|null|undefined/);
    await at.store.db.update(payments).set({ reviewMark: 'unclear' }).where(eq(payments.id, paid.id));
    const odd = await ada.get(`/orders/${paid.orderReference}`);
    expect(odd.text).toContain('We are checking your payment');
  });

  it('asks nobody to pay again while a callback that is not believed names a transaction', async () => {
    const open = await aPayment(at.store.db);
    await at.store.db.update(payments).set({ sessionId: 'T12345678.s' }).where(eq(payments.id, open.id));
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const page = async () => (await ada.get(`/orders/${open.orderReference}`)).text;
    expect(await page()).toContain('You can still pay the NOK 722.00');
    const { method, target, headers } = aCallback(open, { secret: 'another-secret' });
    await at.api.send(method, target, { headers });
    await until('the refused callback is stored', async () => (await page()).includes('wrong_signature'));
    expect(await page()).toContain('Please do not pay again');
    expect(await page()).not.toContain('You can still pay');
  });

  it('and the verdict say that a refund is under way, and no form offers its money again', async () => {
    const paid = await aPaidPayment(at.store.db);
    await at.store.db
      .update(payments)
      .set({ status: 'CAPTURED', captured: 72_200 })
      .where(eq(payments.id, paid.id));
    await at.store.db.insert(operations).values({
      id: `op_${paid.id}`,
      paymentId: paid.id,
      kind: 'refund',
      reference: 'return-77',
      bodyHash: 'h',
      amount: 30_000,
      cause: 'merchant',
      state: 'pending',
    });
    const ada = await Visitor.signedIn(at.api, API_KEY);
    const { text } = await ada.get(`/orders/${paid.orderReference}`);
    expect(text).toMatch(/A refund of 300\.00 NOK was asked for at [^<]+, and has not ended\./);
    expect(text).toContain('of which 300.00 NOK is on its way back');
    expect(text).toContain('The refund of NOK 300.00 is under way, and has not ended yet.');
    expect(text).toContain('Die Erstattung von 300,00 NOK ist veranlasst');
    expect(text).toMatch(/name="amount"[^>]*value="422\.00"|value="422\.00"[^>]*name="amount"/);
  });
});
