/**
 * Issue "Bad input": the mistakes that a merchant can make, each with a pointer to it; and odd but valid
 * input.
 */
import { describe, expect, it } from '@jest/globals';
import { findPayment } from '../../../src/store/payments.ts';
import { payments } from '../../../src/store/schema/order-tables.ts';
import { anOrderBody, API_KEY, type Answer } from '../../support/api.ts';
import { aReference } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

const NUL = String.fromCodePoint(0);
const LONE_SURROGATE = '\ud800';

const LINE = { id: 'chair-1', lineId: '1', description: 'Chair', quantity: 1, amount: 72200 };

describe('the body of POST /v1/payments', () => {
  const at = useTestApi();

  const open = (order: Record<string, unknown>, more: Record<string, unknown> = {}): Promise<Answer> =>
    at.api.post('/v1/payments', {
      order: { reference: aReference(), amount: 72200, currency: 'NOK', ...order },
      ...more,
    });
  const rows = () => at.store.db.$count(payments);

  it.each([
    ['nothing', ''],
    ['a truncated object', '{"order":'],
    ['a number with a comma', '{"amount":722,00}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
    ['a byte order mark and nothing', Buffer.from([0xef, 0xbb, 0xbf])],
  ])('that is %s is 400', async (_, body) => {
    const sent = { key: API_KEY, body, headers: { 'content-type': 'application/json' } };
    const answer = await at.api.send('POST', '/v1/payments', sent);
    expect(answer).toMatchObject({ status: 400, json: { code: 'invalid_json' } });
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'as %s is 415',
    async (type) => {
      const body = JSON.stringify(anOrderBody(aReference()));
      const answer = await at.api.send('POST', '/v1/payments', {
        key: API_KEY,
        body,
        headers: { 'content-type': type },
      });
      expect(answer).toMatchObject({ status: 415, json: { code: 'unsupported_media_type' } });
    },
  );

  it('may name its character set', async () => {
    const headers = { 'content-type': 'application/json; charset=utf-8' };
    expect(await at.api.post('/v1/payments', anOrderBody(aReference()), { headers })).toMatchObject({
      status: 201,
    });
  });

  it('of over 1 MiB is 413', async () => {
    const answer = await at.api.post('/v1/payments', `{"a":"${'x'.repeat(1024 * 1024)}"}`);
    expect(answer).toMatchObject({ status: 413, json: { code: 'too_large' } });
  });

  it('nested a hundred thousand deep is 422 or 400, and the process continues', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect([400, 422]).toContain((await at.api.post('/v1/payments', deep)).status);
    expect([400, 422]).toContain((await at.api.post('/v1/payments', `{"metadata":${deep}}`)).status);
    expect(await at.api.send('GET', '/healthz')).toMatchObject({ status: 200 });
  });

  it.each(['null', '1', '"text"', '[]', 'true'])('that is %s, which is no object, is 422', async (body) => {
    expect(await at.api.post('/v1/payments', body)).toMatchObject({
      status: 422,
      json: { code: 'invalid_request' },
    });
  });

  it.each([
    ['no amount', { amount: undefined }, '/order/amount'],
    ['a float', { amount: 722.5 }, '/order/amount'],
    ['a text', { amount: '72200' }, '/order/amount'],
    ['zero', { amount: 0 }, '/order/amount'],
    ['a negative amount', { amount: -1 }, '/order/amount'],
    ['2147483648', { amount: 2_147_483_648 }, '/order/amount'],
    ['a number larger than all integers', { amount: 1e300 }, '/order/amount'],
    ['a boolean', { amount: true }, '/order/amount'],
    ['null', { amount: null }, '/order/amount'],
    ['no currency', { currency: undefined }, '/order/currency'],
    ['a small currency', { currency: 'nok' }, '/order/currency'],
    ['an unknown currency', { currency: 'ZZZ' }, '/order/currency'],
    ['a currency of four letters', { currency: 'NOKK' }, '/order/currency'],
    ['no reference', { reference: undefined }, '/order/reference'],
    ['an empty reference', { reference: '' }, '/order/reference'],
    ['a slash', { reference: 'a/b' }, '/order/reference'],
    ['a newline', { reference: 'a\nb' }, '/order/reference'],
    ['a newline at the end', { reference: 'ab\n' }, '/order/reference'],
    ['a bar', { reference: 'a|b' }, '/order/reference'],
    ['a blank', { reference: 'a b' }, '/order/reference'],
    ['65 characters', { reference: 'a'.repeat(65) }, '/order/reference'],
    ['300 characters', { reference: 'a'.repeat(300) }, '/order/reference'],
    ['a letter that is not ASCII', { reference: 'å' }, '/order/reference'],
    ['a number', { reference: 1001 }, '/order/reference'],
    ['an unknown field', { total: 1 }, '/order/total'],
    ['no lines', { items: [] }, '/order/items'],
    ['lines that do not add up', { items: [{ ...LINE, amount: 1 }] }, '/order/items'],
    [
      'two lines with one id',
      {
        items: [
          { ...LINE, amount: 200 },
          { ...LINE, amount: 72000 },
        ],
      },
      '/order/items',
    ],
    ['an unknown field of a line', { items: [{ ...LINE, price: 1 }] }, '/order/items/0/price'],
    ['a line of no quantity', { items: [{ ...LINE, quantity: 0 }] }, '/order/items/0/quantity'],
    ['a line with a float', { items: [{ ...LINE, amount: 0.5 }] }, '/order/items/0/amount'],
    [
      'a description that is not a text',
      { items: [{ ...LINE, description: 1 }] },
      '/order/items/0/description',
    ],
    ['a line id with a NUL', { items: [{ ...LINE, lineId: `a${NUL}` }] }, '/order/items/0/lineId'],
    ['a line with half a character', { items: [{ ...LINE, id: LONE_SURROGATE }] }, '/order/items/0/id'],
  ])('with an order of %s is 422 and points there', async (_, order, pointer) => {
    const before = await rows();
    const answer = await open(order);
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
    const pointers = (answer.json.errors as { pointer: string }[]).map((error) => error.pointer);
    expect(new Set(pointers)).toEqual(new Set([pointer]));
    expect(await rows()).toBe(before);
  });

  it.each([
    ['a gateway that is not configured', { gateway: 'stripe' }, '/gateway'],
    ['a gateway that is a method', { gateway: 'constructor' }, '/gateway'],
    ['a capture of another kind', { capture: 'later' }, '/capture'],
    ['an ftp URL', { returnUrl: 'ftp://shop.example/' }, '/returnUrl'],
    ['a javascript URL', { returnUrl: 'javascript:alert(1)' }, '/returnUrl'],
    ['a relative URL', { returnUrl: '/thanks' }, '/returnUrl'],
    ['a URL without scheme', { returnUrl: '//shop.example/thanks' }, '/returnUrl'],
    ['a URL with credentials', { returnUrl: 'https://user:pw@shop.example/' }, '/returnUrl'],
    ['a URL with a user', { returnUrl: 'https://user@shop.example/' }, '/returnUrl'],
    ['a URL with a NUL', { returnUrl: `https://shop.example/a${NUL}b` }, '/returnUrl'],
    ['a URL with half a character', { returnUrl: `https://shop.example/${LONE_SURROGATE}` }, '/returnUrl'],
    ['an invalid URL', { returnUrl: 'https://' }, '/returnUrl'],
    ['a long URL', { returnUrl: `https://shop.example/${'a'.repeat(2_000)}` }, '/returnUrl'],
    ['an e-mail address that is not a text', { customer: { email: 1 } }, '/customer/email'],
    ['a phone number that is not a text', { customer: { phone: 99999999 } }, '/customer/phone'],
    ['an unknown field of the customer', { customer: { title: 'Ms' } }, '/customer/title'],
    [
      'an unknown field of an address',
      { customer: { billingAddress: { street: 'x' } } },
      '/customer/billingAddress/street',
    ],
    ['metadata that is not a text', { metadata: { a: 1 } }, '/metadata/a'],
    ['metadata with a NUL', { metadata: { a: `x${NUL}` } }, '/metadata/a'],
    ['metadata with half a character', { metadata: { a: LONE_SURROGATE } }, '/metadata/a'],
    [
      'a second reference with half a character',
      { merchantReference2: LONE_SURROGATE },
      '/merchantReference2',
    ],
    ['replace as a text', { replace: 'false' }, '/replace'],
    ['an unknown field', { livemode: false }, '/livemode'],
  ])('with %s is 422 and points there', async (_, more, pointer) => {
    const answer = await open({}, more);
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
    expect(answer.json.errors).toContainEqual({ pointer, detail: expect.any(String) });
  });

  it('gets one error for a missing field, with its own text', async () => {
    const details = async (body: unknown): Promise<string[]> => {
      const { json } = await at.api.post('/v1/payments', body);
      return json['errors'].map(({ pointer, detail }: Record<string, string>) => `${pointer}: ${detail}`);
    };
    expect(await details({})).toEqual(['/order: expected object; it is missing']);
    const found = await details({
      order: { reference: aReference(), items: [{ ...LINE, lineId: undefined }] },
    });
    expect(found).toContain('/order/currency: expected string; it is missing');
    expect(found).toContain('/order/items/0/lineId: expected string; it is missing');
    expect(found.find((line) => line.startsWith('/order/amount'))).toMatch(/or a string; it is missing$/);
    const order = { reference: aReference(), amount: 72200, currency: 'NOK' };
    expect(await details({ order: { ...order, currency: 'nok' } })).toEqual([
      '/order/currency: expected three capital letters',
    ]);
    expect(await details({ order: { ...order, amount: '5' } })).toEqual([
      expect.stringMatching(/or a string$/),
    ]);
  });

  it('gets all its errors at once', async () => {
    const answer = await at.api.post('/v1/payments', {
      order: { reference: 'a/b', amount: '1', currency: 'x' },
      extra: 1,
    });
    const pointers = (answer.json.errors as { pointer: string }[]).map(({ pointer }) => pointer);
    expect(new Set(pointers)).toEqual(
      new Set(['/order/reference', '/order/amount', '/order/currency', '/extra']),
    );
  });

  it.each([
    ['the smallest amount', { amount: 1 }],
    ['the largest amount', { amount: 2_147_483_647 }],
    ['an amount written with an exponent', { amount: 1e3 }],
    ['a currency without decimals', { currency: 'JPY' }],
    ['a decimal quantity', { items: [{ ...LINE, quantity: 1.5 }] }],
    [
      'a gift card',
      {
        items: [
          { ...LINE, amount: 80000 },
          { ...LINE, lineId: '2', amount: -7800, type: 'gift_card' },
        ],
      },
    ],
    ['VAT', { items: [{ ...LINE, vat: 25, vatAmount: 14440, type: 'physical' }] }],
    ['every character that a reference may have', { reference: `Az09._-${'x'.repeat(57)}` }],
  ])('with %s is 201', async (_, order) => {
    expect(await open(order)).toMatchObject({ status: 201 });
  });

  it.each([
    ['a port and a query of its own', 'http://shop.example:8080/thanks?cart=1#top'],
    ['a host that is not ASCII', 'https://bøker.example/'],
  ])('may have a return URL with %s', async (_, returnUrl) => {
    expect(await open({}, { returnUrl })).toMatchObject({ status: 201 });
  });

  it("keeps the gateway's fields exactly as they were given", async () => {
    const items = [{ ...LINE, quantity: 1.5, vat: 25, vatAmount: 14440, type: 'physical' }];
    const request = {
      customer: { phone: '+4799999999' },
      profileId: 'p',
      language: 'no',
      merchantReference2: 'é😀',
    };
    at.api.runs.answers.open = async ({ paymentId }) => {
      expect((await findPayment(at.store.db, paymentId))?.request).toEqual({
        ...request,
        customerHash: expect.any(String),
        lines: [
          {
            id: 'chair-1',
            lineId: '1',
            description: 'Chair',
            quantity: 1.5,
            amountMinor: 72200,
            vat: 25,
            vatAmountMinor: 14440,
            type: 'physical',
          },
        ],
      });
      return { kind: 'rejected', reason: 'seen' };
    };
    expect(await open({ items }, request)).toMatchObject({ status: 502 });
  });
});
