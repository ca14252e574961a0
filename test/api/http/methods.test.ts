/** A known address with a wrong method, and an unknown address. */
import { describe, expect, it } from '@jest/globals';
import { API_KEY } from '../../support/api.ts';
import { useTestApi } from '../../support/door.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The addresses of this API and their methods. */
const ADDRESSES = [
  ['/v1/payments', 'GET, HEAD, POST'],
  ['/v1/payments/', 'GET, HEAD, POST'],
  ['/v1/payments/pay_1', 'GET, HEAD, PATCH'],
  ['/v1/payments/pay_1/cancel', 'POST'],
  ['/v1/payments/pay_1/resolve', 'POST'],
  ['/v1/payments/pay_1/capture', 'POST'],
  ['/v1/payments/pay_1/refund', 'POST'],
  ['/v1/payments/pay_1/void', 'POST'],
  ['/v1/payments/pay_1/operations', 'GET, HEAD'],
  ['/v1/payments/pay_1/operations/parcel-1', 'GET, HEAD'],
  ['/v1/orders/1001', 'GET, HEAD'],
  ['/v1/deliveries', 'GET, HEAD'],
  ['/return/dintero', 'GET, HEAD'],
  ['/healthz', 'GET, HEAD'],
  ['/readyz', 'GET, HEAD'],
  ['/metrics', 'GET, HEAD'],
  ['/openapi.json', 'GET, HEAD'],
  ['/docs', 'GET, HEAD'],
  ['/', 'GET, HEAD'],
] as const;

describe('a method', () => {
  const at = useTestApi();
  const send = (method: string, target: string) => at.api.send(method, target, { key: API_KEY });

  it.each(ADDRESSES)('that %s does not have is 405 with the methods that it has', async (target, allowed) => {
    const others = METHODS.filter((method) => method !== 'OPTIONS' && !allowed.split(', ').includes(method));
    for (const method of others) {
      const answer = await send(method, target);
      expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, allowed]);
      if (method !== 'HEAD') expect(answer.json).toMatchObject({ code: 'method_not_allowed', status: 405 });
    }
  });

  it.each(ADDRESSES)('of OPTIONS is answered by %s with its methods', async (target, allowed) => {
    expect(await send('OPTIONS', target)).toMatchObject({
      status: 204,
      text: '',
      headers: { allow: allowed },
    });
  });

  it.each(ADDRESSES.filter(([, allowed]) => allowed.includes('HEAD')).map(([target]) => target))(
    'of HEAD is answered by %s as GET is, with no body',
    async (target) => {
      const [head, get] = [await send('HEAD', target), await send('GET', target)];
      expect(head.text).toBe('');
      expect([head.status, head.headers['content-type']]).toEqual([get.status, get.headers['content-type']]);
    },
  );

  it.each(METHODS)('of %s at an unknown address is 404', async (method) => {
    for (const target of ['/nothing', '/v1', '/v1/nothing', '/v1/payments/a/b/c', '/v2/payments']) {
      const answer = await send(method, target);
      expect([target, answer.status, answer.headers.allow]).toEqual([target, 404, undefined]);
      if (method !== 'HEAD') expect(answer.json).toMatchObject({ code: 'not_found' });
    }
  });

  it('reveals nothing to a caller without a key', async () => {
    for (const method of ['DELETE', 'OPTIONS'])
      for (const target of ['/v1/payments', '/v1/nothing', '/V1/payments']) {
        const answer = await at.api.send(method, target);
        expect([answer.status, answer.headers.allow, answer.json.code]).toEqual([
          401,
          undefined,
          'unauthorized',
        ]);
      }
  });

  it('of CONNECT or TRACE is refused', async () => {
    expect(await send('TRACE', '/v1/payments')).toMatchObject({ status: 405 });
    await expect(send('CONNECT', 'pay.example:443')).rejects.toThrow();
  });
});
