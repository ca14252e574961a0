/** `verifyUpdate` of `@paidonce/client` on updates as paidonce sends them. */
import { describe, expect, it } from '@jest/globals';
import { isKnownUpdate, UpdateVerificationError, verifyUpdate } from '@paidonce/client';
import { Webhook } from 'standardwebhooks';
import { forgeriesOf } from '../../src/cli/conformance/forgeries.ts';
import { updatesOf } from '../../src/cli/conformance/test-order.ts';
import { UPDATE_TYPES } from '../../src/domain/order.ts';
import { signedMessage } from '../../src/updates/signed-message.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OLDER = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;
const endpoint = { url: 'http://127.0.0.1', secrets: [SECRET] };
const updates = updatesOf({ reference: '1001', amount: 72_200, currency: 'NOK' }, new Date());

const sent = (update = updates.paid, secrets = [SECRET]) =>
  signedMessage({ ...endpoint, secrets }, update, new Date());

describe('verifyUpdate', () => {
  it.each([
    ['a text', (body: string) => body],
    ['bytes', (body: string) => Buffer.from(body)],
  ])('verifies and parses %s', (_, as) => {
    for (const update of [updates.paid, updates.foreignText]) {
      const { headers, body } = sent(update);
      expect(verifyUpdate(headers, as(body), SECRET)).toEqual(JSON.parse(body));
      expect(verifyUpdate(new Headers(headers), as(body), SECRET)).toEqual(JSON.parse(body));
    }
  });

  it('takes an update that any of several secrets has signed', () => {
    const { headers, body } = sent(updates.paid, [OLDER]);
    expect(verifyUpdate(headers, body, [SECRET, OLDER])).toMatchObject({ type: 'order.paid' });
    expect(() => verifyUpdate(headers, body, [SECRET])).toThrow(UpdateVerificationError);
    expect(() => verifyUpdate(headers, body, [])).toThrow('no secret');
  });

  it.each(forgeriesOf(endpoint, updates.paid, new Date()).map(({ id, message }) => [id, message] as const))(
    'refuses what conformance sends as %s',
    (_, { headers, body }) => {
      expect(() => verifyUpdate(headers, body, SECRET)).toThrow(UpdateVerificationError);
    },
  );

  it('refuses bytes that are not UTF-8, and what is signed and no update', () => {
    const { headers } = sent();
    expect(() => verifyUpdate(headers, Buffer.from([0xff]), SECRET)).toThrow('the body is not UTF-8');
    for (const body of ['{}', 'null', '{"type":"order.paid","data":{"sequence":1.5}}']) {
      const signed = {
        ...headers,
        'webhook-signature': new Webhook(SECRET).sign(
          headers['webhook-id'] ?? '',
          new Date(Number(headers['webhook-timestamp']) * 1_000),
          body,
        ),
      };
      expect(() => verifyUpdate(signed, body, SECRET)).toThrow('not an order update');
    }
  });

  it('knows every type, and tolerates one of a later version', () => {
    const data = { orderReference: '1001', orderStatus: 'PAID', sequence: 1, paymentId: 'pay_1' };
    for (const type of UPDATE_TYPES) expect(isKnownUpdate({ type, data } as never)).toBe(true);
    const { headers, body } = sent(updates.ofLaterVersions(new Date()).type);
    const later = verifyUpdate(headers, body, SECRET);
    expect([later.type, isKnownUpdate(later)]).toEqual(['order.of_the_future', false]);
  });
});
