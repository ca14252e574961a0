/**
 * A NUL and half of a character in every text that our own API takes. The store can hold neither, and the
 * error points to the place.
 */
import { describe, expect, it } from '@jest/globals';
import { API_KEY, type Answer } from '../../support/api.ts';
import { aPayment, aReference } from '../../support/builders.ts';
import { aPaidPayment } from '../../support/paid-payment.ts';
import { useTestApi } from '../../support/door.ts';

const ODD = { 'a NUL': 'a\0b', 'half of a character': 'a\ud800b', 'the other half': '\udc00' } as const;

type Body = Readonly<Record<string, unknown>>;

const LINE = {
  id: 'chair-1',
  lineId: '1',
  description: 'Chair',
  quantity: 1,
  amount: 72_200,
  type: 'physical',
};
const ORDER: Body = {
  order: { reference: 'r', amount: 72_200, currency: 'NOK', items: [LINE] },
  customer: { email: 'kari@shop.example', phone: '+4799999999' },
  gateway: 'dintero',
  capture: 'manual',
  returnUrl: 'https://shop.example/thanks',
  profileId: 'p',
  language: 'no',
  merchantReference2: 'second',
  metadata: { colour: 'red' },
};
const MOVE: Body = {
  reference: 'm1',
  amount: 72_200,
  items: [{ lineId: '1', amount: 72_200 }],
  reason: 'why',
};

/** The pointer of every text of a body, and of every name that a merchant chooses. */
function textsIn(value: unknown, at = ''): string[] {
  if (typeof value === 'string') return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => textsIn(field, `${at}/${name}`));
}

/** These texts are only shown or prefilled: they are made to fit, and prevent no sale. */
const SHOWN = ['/order/items/0/description', '/customer/email', '/customer/phone', '/language'];

/** The body with another text at that pointer. */
function withText(body: Body, pointer: string, text: string): Body {
  const changed = structuredClone(body) as Record<string, unknown>;
  const names = pointer.slice(1).split('/');
  const last = names.pop() as string;
  let field = changed;
  for (const name of names) field = field[name] as Record<string, unknown>;
  field[last] = text;
  return changed;
}

const CALLS = [
  ['POST', '/v1/payments', ORDER],
  ['PATCH', '/v1/payments/:id', { merchantReference2: 'x' }],
  ['POST', '/v1/payments/:id/capture', MOVE],
  ['POST', '/v1/payments/:id/refund', MOVE],
  ['POST', '/v1/payments/:id/void', { reference: 'v1', reason: 'why' }],
  ['POST', '/v1/payments/:id/resolve', { decision: 'accept', actor: 'ada', reason: 'why' }],
] as const satisfies (readonly [string, string, Body])[];

describe('an odd text', () => {
  const at = useTestApi();

  async function send(method: string, path: string, body: Body): Promise<Answer> {
    const { id } = path.endsWith('/resolve')
      ? await aPayment(at.store.db)
      : await aPaidPayment(at.store.db, 'AUTHORIZED');
    const headers = { 'content-type': 'application/json' };
    return at.api.send(method, path.replace(':id', id), {
      key: API_KEY,
      headers,
      body: JSON.stringify(body),
    });
  }

  it.each(
    CALLS.flatMap(([method, path, body]) =>
      textsIn(body)
        .filter((pointer) => !SHOWN.includes(pointer))
        .map((pointer) => [method, path, pointer, body] as const),
    ),
  )('is refused by %s %s at %s, with the pointer', async (method, path, pointer, body) => {
    for (const text of Object.values(ODD)) {
      const answer = await send(method, path, withText(body, pointer, text));
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
      const pointers = (answer.json.errors as { pointer: string }[]).map((error) => error.pointer);
      expect(pointers).toContain(pointer);
    }
  });

  it.each(SHOWN)('at %s, which is only shown or filled in, does not prevent a sale', async (pointer) => {
    for (const text of Object.values(ODD)) {
      const body = withText(ORDER, '/order/reference', aReference());
      const answer = await send('POST', '/v1/payments', withText(body, pointer, text));
      expect(answer).toMatchObject({ status: 201, json: { warnings: [{ pointer }] } });
    }
  });

  it.each(Object.entries(ODD))('%s is refused as a name of metadata', async (_, name) => {
    const order = { reference: aReference(), amount: 1, currency: 'NOK' };
    const answer = await send('POST', '/v1/payments', { order, metadata: { [name]: 'x' } });
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
  });

  it.each(['{"metadata":{"__proto__":"x"}}', '{"metadata":{"__proto__":{"a":"b"}}}', '{"__proto__":{}}'])(
    'as a name that a schema would silently drop is refused: %s',
    async (body) => {
      const answer = await at.api.post('/v1/payments', body);
      expect(answer).toMatchObject({ status: 422, json: { code: 'invalid_request' } });
      expect(answer.json.errors[0].pointer).toMatch(/\/__proto__$/);
    },
  );

  it('as the names of many fields is answered with the first hundred errors', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, index) => [`${'x'.repeat(30)}${index}`, 1]),
    );
    const answer = await at.api.post('/v1/payments', { ...many, ['y'.repeat(300_000)]: 1 });
    expect(answer.status).toBe(422);
    expect(answer.json.errors).toHaveLength(100);
    expect(answer.text.length).toBeLessThan(64 * 1024);
  });

  it.each(['%00', 'a%00b', '%ED%A0%80', '%FF', '%'])('in an address (%s) is never a 500', async (odd) => {
    for (const target of [
      `/v1/payments/${odd}`,
      `/v1/orders/${odd}`,
      `/v1/payments/pay_1/operations/${odd}`,
      `/v1/payments?reference=${odd}`,
      `/v1/payments?after=${odd}`,
      `/v1/updates?payment=${odd}`,
      `/v1/deliveries?payment=${odd}`,
    ]) {
      const { status } = await at.api.send('GET', target, { key: API_KEY });
      expect([target, status]).toEqual([target, expect.any(Number)]);
      expect(status).toBeLessThan(500);
      // Bytes in a query that are not UTF-8 are a text that matches nothing.
      if (!target.includes('?')) expect(status).toBeGreaterThanOrEqual(400);
    }
  });
});
