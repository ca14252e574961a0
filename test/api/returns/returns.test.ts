/** The return visit: it proves nothing, so its effect is limited. Contract §4. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { isMoney } from '../../../src/domain/payment.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { API_KEY, type Answer } from '../../support/api.ts';
import { aFinding, aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const SHOP = 'https://shop.example/thanks?cart=1&order=theirs#top';

describe('a return hit', () => {
  const at = useTestApi();
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPayment(at.store.db, { returnUrl: SHOP });
    at.api.runs.pokes.length = 0;
  });

  const visit = (of = payment, method = 'GET'): Promise<Answer> =>
    at.api.send(method, `/return/dintero?k=${of.returnKey}&transaction_id=T12345678.forged`);
  const become = (status: PaymentRow['status'], of = payment) =>
    recordFinding(
      at.store.db,
      aRecord(of, {
        finding: aFinding(status, { pays: isMoney(status) && status !== 'VOIDED' }),
        key: status,
      }),
      TELLS,
    );

  it("redirects to the shop with the current status, and keeps the URL's own query and fragment", async () => {
    await become('AUTHORIZED');
    const answer = await visit();
    expect(answer.status).toBe(303);
    const known = `order=${payment.orderReference}&payment=${payment.id}&status=paid`;
    expect(answer.headers.location).toBe(`https://shop.example/thanks?cart=1&order=theirs&${known}#top`);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['AUTHORIZED', 'paid'],
    ['CAPTURED', 'paid'],
    ['DECLINED', 'failed'],
    ['FAILED', 'failed'],
    ['EXPIRED', 'failed'],
    ['CANCELLED', 'cancelled'],
  ] as const)('of a payment that is %s says %s, at once and without waking a run', async (status, word) => {
    await become(status);
    const answer = await visit();
    expect(answer.headers.location).toContain(`status=${word}`);
    expect(answer.ms).toBeLessThan(1_000);
    expect(at.api.runs.pokes).toEqual([]);
  });

  it('of late money never says that it is paid', async () => {
    const closed = aFinding('CANCELLED', { closedBy: 'merchant', cause: 'merchant' });
    await recordFinding(at.store.db, aRecord(payment, { finding: closed, key: 'closed' }), TELLS);
    await become('AUTHORIZED');
    expect((await visit()).headers.location).toContain('status=pending');
    await become('REFUNDED');
    expect((await visit()).headers.location).toContain('status=failed');
  });

  it('waits for a final status and ends as soon as there is one', async () => {
    const waiting = visit();
    await until('the run is poked', () => at.api.runs.pokes.length === 1);
    await become('AUTHORIZED');
    const answer = await waiting;
    expect(answer.headers.location).toContain('status=paid');
    expect(answer.ms).toBeLessThan(2_000);
  });

  it('waits three seconds and no longer', async () => {
    const answer = await visit();
    expect(answer.headers.location).toContain('status=pending');
    expect(answer.ms).toBeGreaterThan(2_500);
    expect(answer.ms).toBeLessThan(4_000);
  });

  it('waits no longer when the store stops answering meanwhile', async () => {
    const waiting = visit();
    await until('the run is poked', () => at.api.runs.pokes.length === 1);
    at.api.troubles.mood = 'hanging';
    const answer = await waiting;
    expect(answer.headers.location).toContain('status=pending');
    expect(answer.ms).toBeLessThan(4_000);
  }, 10_000);

  it.each(['ON_HOLD', 'REVIEW'] as const)('of a payment %s says pending', async (status) => {
    await become(status);
    expect((await visit()).headers.location).toContain('status=pending');
  });

  it.each([
    'https://shop.example/',
    'https://Shop.example/%7Ea/../b?',
    'https://shop.example/?x=%2f&y=a+b&',
    'myshop://thanks',
    'https://shop.example/#/route?x=1',
  ])('changes no byte of %s', async (returnUrl) => {
    payment = await aPayment(at.store.db, { returnUrl });
    await become('AUTHORIZED');
    const known = `order=${payment.orderReference}&payment=${payment.id}&status=paid`;
    const { location = '' } = (await visit()).headers;
    expect(location).toContain(known);
    expect(location.replace(known, '').replace(/[?&](?=#|$)/, '')).toBe(returnUrl.replace(/[?&]$/, ''));
  });

  it('is in the timeline once, although the payment is settled', async () => {
    await become('AUTHORIZED');
    const returns = async () =>
      (await readTimeline(at.store.db, payment.id)).filter(({ kind }) => kind === 'return');
    await visit(payment, 'HEAD');
    for (let count = 0; count < 3; count += 1) await visit();
    await until('it is written down', async () => (await returns()).length > 0);
    expect(await returns()).toHaveLength(1);
    expect(at.api.runs.pokes).toEqual([]);
  });

  it('within seconds of another pokes once more when these seconds are over', async () => {
    await Promise.all(Array.from({ length: 6 }, () => visit()));
    await until('the last of them has poked', () => at.api.runs.pokes.length === 2);
    expect(at.api.runs.pokes[0]).toEqual({ orderReference: payment.orderReference, n: 1, why: 'return' });
  });

  it('still pokes after the previews of a link, at most three times in half a minute', async () => {
    await Promise.all(Array.from({ length: 6 }, () => visit()));
    await until('the previews are over', () => at.api.runs.pokes.length === 2);
    await visit();
    await until('the payer has poked', () => at.api.runs.pokes.length === 3);
    await visit();
    expect(at.api.runs.pokes).toHaveLength(3);
  }, 20_000);

  it('redirects without Temporal', async () => {
    at.api.runs.temporal = 'down';
    expect((await visit()).headers.location).toContain('status=pending');
  });

  it.each([
    ['no key', '/return/dintero'],
    ['an empty key', '/return/dintero?k='],
    ['an unknown key', `/return/dintero?k=${'a'.repeat(22)}`],
    ['a long key', `/return/dintero?k=${'a'.repeat(300)}`],
    ['a key with a NUL', `/return/dintero?k=${'a'.repeat(21)}%00`],
    ['another gateway', '/return/stripe?k=KEY'],
    ['two keys', '/return/dintero?k=KEY&k=KEY'],
    ['a payment id but no key', '/return/dintero?payment=ID'],
  ])('with %s is a neutral 404 that wakes no run', async (_, target) => {
    const answer = await at.api.send(
      'GET',
      target.replaceAll('KEY', payment.returnKey).replace('ID', payment.id),
    );
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain(payment.orderReference);
    expect(at.api.runs.pokes).toEqual([]);
  });

  it('by HEAD redirects at once and wakes no run', async () => {
    const answer = await visit(payment, 'HEAD');
    expect(answer).toMatchObject({ status: 303, text: '' });
    expect(answer.ms).toBeLessThan(1_000);
    expect(at.api.runs.pokes).toEqual([]);
  });

  describe('while the store is away', () => {
    const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    const come = (accept?: string, method = 'GET') =>
      at.api.send(method, `/return/dintero?k=${payment.returnKey}`, { headers: accept ? { accept } : {} });

    it.each([
      ['down', browser],
      ['down', '*/*'],
      ['down', undefined],
      ['hanging', browser],
    ] as const)('(%s) shows %s a page that says not to pay again, and reloads', async (mood, accept) => {
      at.api.troubles.mood = mood;
      const answer = await come(accept);
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1', refresh: '5', 'cache-control': 'no-store' },
      });
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.headers['x-request-id']).toMatch(/^[\w-]+$/);
      expect(answer.text).toContain('Your payment is being checked');
      expect(answer.text).toContain('you do not have to pay again');
      expect(answer.text).not.toMatch(/ECONNREFUSED| at |store|unavailable/);
      expect(answer.ms).toBeLessThan(4_000);
    });

    it.each(['application/json', 'application/problem+json', 'application/json, text/html;q=0.5'])(
      'sends a program that accepts %s the problem as JSON',
      async (accept) => {
        at.api.troubles.mood = 'down';
        const answer = await come(accept);
        expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } });
        expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
        expect(answer.headers['retry-after']).toBe('1');
      },
    );

    it('sends no page to HEAD', async () => {
      at.api.troubles.mood = 'down';
      expect(await come(browser, 'HEAD')).toMatchObject({ status: 503, text: '' });
    });

    it('answers JSON at addresses that are not for payers', async () => {
      at.api.troubles.mood = 'down';
      const answer = await at.api.send('GET', '/v1/payments', { key: API_KEY, headers: { accept: browser } });
      expect(answer).toMatchObject({ status: 503, json: { code: 'unavailable' } });
    });
  });

  describe('of a payment without a return URL', () => {
    beforeEach(async () => {
      payment = await aPayment(at.store.db);
    });

    it.each([
      ['AUTHORIZED', 'Your payment has been received'],
      ['DECLINED', 'did not go through'],
      ['CANCELLED', 'You cancelled the payment'],
    ] as const)('shows a page of our own: %s', async (status, words) => {
      await become(status);
      const answer = await visit();
      expect(answer).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
      expect(answer.headers['content-type']).toMatch(/^text\/html/);
      expect(answer.text).toContain(words);
      expect(answer.text).toContain(payment.orderReference);
      expect(answer.headers['refresh']).toBeUndefined();
    });

    it('shows a page that reloads while the status is open', async () => {
      const answer = await visit();
      expect(answer.headers['refresh']).toBe('5');
      expect(answer.text).toContain('is being checked');
    });
  });
});
