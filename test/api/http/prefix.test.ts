/**
 * Contract §2: PUBLIC_URL with a path, whether or not the proxy in front strips it; and requests in absolute
 * form.
 */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { signCallback } from '../../../src/gateways/dintero/signature.ts';
import { recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { anOrderBody, API_KEY, SECRETS } from '../../support/api.ts';
import { ACCOUNT, aPayment, aReference, aSessionId } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

const BASES = ['https://shop.example/pay', 'https://shop.example/a/b.c/'] as const;

describe.each(BASES)('at %s', (url) => {
  const at = useTestApi({ PUBLIC_URL: url });
  const base = url.replace(/\/$/, '');
  const prefix = new URL(base).pathname;
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPayment(at.store.db, { returnUrl: 'https://shop.example/thanks' });
    const opened = { sessionId: aSessionId(), checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
    await recordOpened(at.store.db, payment.id, opened);
  });

  const callback = (seenAs: (route: string) => string, signedAs = `${base}/callbacks/dintero`) => {
    const query = `?payment=${payment.id}&order=${payment.orderReference}&n=1&transaction_id=${ACCOUNT}.tx1`;
    const timestamp = Math.floor(Date.now() / 1_000);
    const signed = { method: 'GET', url: signedAs + query, accountId: ACCOUNT, timestamp };
    const headers = { 'dintero-signature': signCallback({ ...signed, secret: SECRETS[0] }) };
    return at.api.send('GET', seenAs(`/callbacks/dintero${query}`), { headers });
  };

  it.each([
    ['keeps it', (route: string) => prefix + route],
    ['strips it', (route: string) => route],
    ['sends on the whole URL', (route: string) => base + route],
    ['sends on another host and no path', (route: string) => `http://10.0.0.1:3000${route}`],
  ])('a callback is verified where the proxy %s', async (_, seenAs) => {
    expect(await callback(seenAs)).toMatchObject({ status: 200, json: { result: 'accepted' } });
  });

  it('a callback that was signed for another path is refused', async () => {
    const answer = await callback((route) => prefix + route, 'https://shop.example/callbacks/dintero');
    expect(answer).toMatchObject({ status: 401, json: { code: 'bad_signature' } });
  });

  it.each(['', prefix])('all other addresses are at %j too', async (before) => {
    const sent = { key: API_KEY, headers: { 'content-type': 'application/json' } };
    const body = JSON.stringify(anOrderBody(aReference()));
    expect((await at.api.send('POST', `${before}/v1/payments`, { ...sent, body })).status).toBe(201);
    expect((await at.api.send('GET', `${before}/v1/payments`)).status).toBe(401);
    expect((await at.api.send('GET', `${before}/return/dintero?k=${payment.returnKey}`)).status).toBe(303);
    expect((await at.api.send('GET', `${before}/healthz`)).status).toBe(200);
    const root = await at.api.send('GET', `${before}/`);
    expect([root.status, root.headers.location]).toEqual([303, `${prefix}/docs`]);
    const docs = await at.api.send('GET', `${before}/docs`);
    expect(docs.text).toContain('src="docs/start.js"');
    const document = await at.api.send('GET', `${before}/openapi.json`);
    expect(document.json.servers).toEqual([{ url: prefix }]);
  });

  it('an address that only begins with the same letters is not found', async () => {
    expect((await at.api.send('GET', `${prefix}x/healthz`)).status).toBe(404);
    expect((await at.api.send('GET', `${prefix}${prefix}/healthz`)).status).toBe(404);
  });
});
