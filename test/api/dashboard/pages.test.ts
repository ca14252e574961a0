/** Contract §9: the pages without scripts, for each key, with parts away, and with hostile texts. */
import { randomUUID } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PAGES as ALL } from '../../../src/dashboard/pages.ts';
import { rows } from '../../../src/store/open.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { API_KEY, aCallback, type TestApi } from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi, type Door } from '../../support/door.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';

/** The pages of every deployment. */
const PAGES = ALL.filter(({ isThere }) => isThere === undefined);

const READ_KEY = 'abcdefghijklmnopqrstuvwx-read';
const KEYS = { API_KEYS: `${API_KEY},desk:read:${READ_KEY}`, ORDER_WEBHOOK_URL: undefined };

/** An address of every page, where there is one of its kind. */
async function addressesOf(at: Door): Promise<string[]> {
  const payment = await aPaidPayment(at.store.db);
  const ids: Record<string, string> = {
    '/payments/:id': `/payments/${payment.id}`,
    '/orders/:reference': `/orders/${payment.orderReference}`,
    '/updates/:id': `/updates/${encodeURIComponent(`${payment.orderReference}/order.paid`)}`,
    '/deliveries/:id': `/deliveries/${await aDelivery(at.api, payment)}`,
    '/reconcile/:id': '/reconcile',
    '/gateways/:gateway': '/gateways/dintero',
    '/approvals/:id': '/approvals',
  };
  return PAGES.map(({ path }) => ids[path] ?? path);
}

async function aDelivery(api: TestApi, payment: Parameters<typeof aCallback>[0]): Promise<string> {
  const { method, target, headers } = aCallback(payment);
  await api.send(method, target, { headers });
  const find = () => api.send('GET', `/v1/deliveries?payment=${payment.id}`, { key: API_KEY });
  const { json } = await until(find, (answer) => answer.json.data[0]?.state === 'signalled');
  return json.data[0].id as string;
}

describe('every page', () => {
  const at = useTestApi(KEYS);

  it('is complete without scripts, and has one heading, a title and a way to all others', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    for (const path of await addressesOf(at)) {
      const { status, text } = await visitor.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(text.match(/<h1/g)).toHaveLength(1);
      expect(text).toMatch(/<title>[^<]+ · paidonce<\/title>/);
      expect(text).toContain('<strong>TEST</strong>');
      for (const { path: to, nav } of PAGES.filter((page) => page.nav !== undefined))
        expect(text).toMatch(new RegExp(`href="/dashboard${to}"[^>]*>${nav}<`));
    }
  });

  it('has no form and no way to an action for a key that only reads, and each action is 403 for it', async () => {
    const [reader, ada] = [await Visitor.signedIn(at.api, READ_KEY), await Visitor.signedIn(at.api, API_KEY)];
    for (const path of await addressesOf(at)) {
      const { text } = await reader.get(path);
      const forms = [...text.matchAll(/<form [^>]*action="([^"]*)"/g)].map(([, action = '']) => action);
      // Search, filters and the sign-out act on nothing.
      expect(
        forms.filter((action) => /\/(capture|refund|void|cancel|resolve|look|note)$/.test(action)),
      ).toEqual([]);
      expect(text).not.toMatch(/send-again|redeliver|reconcile\/begin/);
    }
    const { id } = await aPaidPayment(at.store.db);
    const { csrf = '' } = await reader.formOf('', '/sign-out');
    for (const action of ['capture', 'void', 'cancel', 'resolve', 'note']) {
      expect((await reader.get(`/payments/${id}/${action}`)).status).toBe(403);
      const { status, text } = await reader.post(`/payments/${id}/${action}`, {
        csrf,
        reason: 'x',
        amount: '1',
        reference: 'x',
      });
      expect([status, text.includes('scope_missing')]).toEqual([403, true]);
      expect((await ada.get(`/payments/${id}/${action}`)).status).toBe(200);
    }
  });

  it('changes nothing when it is read, nor does an address with odd values', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    const paths = await addressesOf(at);
    const before = await everyRow(at);
    for (const path of paths)
      for (const query of ['', '?cursor=x', '?status=NO&limit=9999', '?q=%00%ff', '?done=refund&reference=x'])
        expect((await visitor.get(`${path}${query}`)).status).toBeLessThan(500);
    expect(await everyRow(at)).toEqual(before);
  });

  it('says so where the store or Temporal does not answer, and shows what it still can', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    const paths = [
      '',
      '/payments',
      '/deliveries',
      '/updates',
      '/operations',
      '/system',
      '/gateways',
      '/audit',
    ];
    for (const mood of ['down', 'hanging'] as const) {
      at.api.troubles.mood = mood;
      // A store that hangs takes its time on each page.
      for (const path of mood === 'down' ? paths : paths.slice(0, 2)) {
        const { status, text } = await until(
          () => visitor.get(path),
          (answer) => answer.text.includes('The store does not answer'),
        );
        expect([path, mood, status]).toEqual([path, mood, 200]);
        expect(text).toContain('The store does not answer');
      }
      at.api.troubles.mood = 'well';
    }
    at.api.runs.temporal = 'down';
    const { text } = await until(
      () => visitor.get(''),
      ({ text: page }) => page.includes('Temporal does not answer'),
    );
    expect(text).toContain('Newest payments');
  }, 120_000);

  it('finds by any id, opens one hit at once, and lists several', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    const payment = await aPaidPayment(at.store.db);
    const found = await visitor.get(`/payments?q=${payment.transactionId}`);
    expect([found.status, found.headers.location]).toEqual([302, `/dashboard/payments/${payment.id}`]);
    expect((await visitor.get('/payments?q=722.00+NOK')).text).toContain('What was found');
    const none = await visitor.get('/payments?q=%3Cb%3Enothing');
    expect(none.text).toContain('Nothing has exactly this id or amount: “&lt;b>nothing”');
  });

  it('keeps its filters in the address, and shows each with the way to remove it', async () => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    const paid = await aPaidPayment(at.store.db);
    const { text } = await visitor.get(`/payments?order=${paid.orderReference}&status=AUTHORIZED`);
    expect(text).toContain(`>${paid.orderReference}<`);
    expect(text).toContain(
      `href="/dashboard/payments?order=${paid.orderReference}" aria-label="Remove the filter Status"`,
    );
    const other = await visitor.get(`/payments?order=${paid.orderReference}&status=FAILED`);
    expect(other.text).toContain('No payment matches');
  });
});

describe('hostile texts', () => {
  const at = useTestApi(KEYS);
  const MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>\'';
  const DIRECTION = '\u202eabc\u2066\u200f';
  const LONG = 'W'.repeat(10_000);

  afterEach(() => at.store.db.execute(sql`delete from timeline`));

  it.each([
    ['markup', MARKUP],
    ['marks of direction', DIRECTION],
    ['10,000 characters', LONG],
  ])('are shown as text everywhere: %s', async (kind, hostile) => {
    const visitor = await Visitor.signedIn(at.api, API_KEY);
    const payment = await aPaidPayment(at.store.db);
    const again = await aPayment(at.store.db);
    // Everything that a shop, a payer or a gateway may have written.
    await at.store.db.update(payments).set({
      reason: hostile,
      reviewMark: hostile,
      paymentMethod: hostile,
      metadata: { [hostile.slice(0, 40)]: hostile },
      transactionId: `${hostile}-${again.id}`,
      sessionId: hostile,
      returnUrl: 'https://shop.example/',
    });
    await at.store.db.execute(
      sql`update timeline set text = ${hostile}, data = ${JSON.stringify({ status: hostile, transactionId: hostile, amount: 1 })}::jsonb`,
    );
    await at.store.db.execute(
      sql`update outbox set last_answer = ${hostile}, state = 'gave_up', attempts = 9`,
    );
    await at.store.db.execute(sql`insert into update_attempts (effect_id, n, status, error, ms, answer)
      select effect_id, 1, 500, ${hostile}, 5, ${hostile} from outbox on conflict do nothing`);
    await at.store.db.execute(
      sql`update deliveries set reason = ${hostile}, target = ${hostile}, claim = ${JSON.stringify({ a: hostile })}::jsonb`,
    );
    await at.store.db
      .execute(sql`insert into audit (id, key, actor, address, request_id, what, payment_id, asked)
      values (${`aud_${randomUUID()}`}, 'k', ${hostile}, '::1', 'r', 'refund', ${payment.id}, ${JSON.stringify({ reason: hostile })}::jsonb)`);
    for (const path of await addressesOf(at)) {
      const { status, text } = await visitor.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(/<script>|<img src=x|[\u202a-\u202e\u2066-\u2069\u200e\u200f]/);
      expect(text.length).toBeLessThan(600_000);
    }
    const { text } = await visitor.get(`/payments/${payment.id}`);
    if (kind === 'markup') expect(text).toContain('&lt;script>');
    if (kind === 'marks of direction') expect(text).toContain('\\u202eabc');
  });
});

/** How many rows each table has, and when each was last changed as far as it says so. */
async function everyRow({ store }: Door): Promise<unknown> {
  const tables = await rows<{ name: string }>(
    store.db,
    sql`select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const found = [];
  for (const { name } of tables)
    found.push(
      await rows(
        store.db,
        sql`select ${name} as name, count(*)::int, md5(string_agg(t::text, '' order by t::text)) from ${sql.identifier(name)} t`,
      ),
    );
  return found;
}

async function until<Answer>(ask: () => Promise<Answer>, isIt: (answer: Answer) => boolean): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await ask();
    if (isIt(answer) || tries > 200) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
