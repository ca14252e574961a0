/** Contract §3, "Test bench": with a sandbox and the demo shop, and never without a sandbox. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { runShop, type RunningShop } from '../../../demo-shop/run-shop.ts';
import { runSandbox, type RunningSandbox } from '../../../sandbox/run-sandbox.ts';
import { DINTERO_SANDBOX } from '../../../src/gateways/dintero/sandbox.ts';
import { API_KEY, startTestApi, type Answer, type TestApi } from '../../support/api.ts';
import { Visitor } from '../../support/dashboard.ts';
import { useTestApi } from '../../support/door.ts';

const READ_KEY = 'abcdefghijklmnopqrstuvwx-read';
const SECRET = 'whsec_dGVzdC1iZW5jaC1zZWNyZXQtMDAwMDAwMDA=';
const LIVE = {
  DINTERO_ACCOUNT_ID: 'P12345678',
  DINTERO_CLIENT_SECRET: 'a-client-secret-that-is-long',
  DINTERO_API_URL: 'https://127.0.0.1:9',
  DINTERO_CHECKOUT_URL: 'https://127.0.0.1:9',
};
const CALLS = [
  ['GET', '/v1/test/events'],
  ['POST', '/v1/test/events', { event: 'payment' }],
  ['GET', '/v1/test/orders'],
  ['POST', '/v1/test/orders', { count: 1 }],
  ['GET', '/v1/test/faults'],
  ['PUT', '/v1/test/faults/shop.errors', { on: true }],
  ['DELETE', '/v1/test/faults'],
] as const;

function send(api: TestApi, method: string, target: string, body?: object): Promise<Answer> {
  return api.send(method, target, {
    key: API_KEY,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
}

const byText = (one: string, other: string) => one.localeCompare(other);

describe('the test bench', () => {
  const none = useTestApi({ ORDER_WEBHOOK_URL: undefined });
  let sandbox: RunningSandbox;
  let shop: RunningShop;
  let api: TestApi;

  beforeAll(async () => {
    sandbox = await runSandbox({ SANDBOX_PORT: '0' });
    shop = await runShop({
      SHOP_PORT: '0',
      PAIDONCE_API_URL: 'http://127.0.0.1:9',
      PAIDONCE_API_KEY: API_KEY,
      ORDER_WEBHOOK_SECRETS: SECRET,
    });
    api = await startTestApi(none.store, {
      ...DINTERO_SANDBOX.variables(sandbox.url),
      API_KEYS: `${API_KEY},desk:read:${READ_KEY}`,
      ORDER_WEBHOOK_URL: `${shop.url}/webhooks/paidonce`,
      ORDER_WEBHOOK_SECRETS: SECRET,
    });
  });
  afterAll(async () => {
    await api?.stop();
    await shop?.close();
    await sandbox?.close();
  });
  afterEach(() => send(api, 'DELETE', '/v1/test/faults'));

  const on = (answer: Answer) =>
    (answer.json.data as { id: string; on: boolean }[]).filter((one) => one.on).map(({ id }) => id);

  it('opens an order as a shop does, and plays an event to it', async () => {
    const order = { reference: 'bench-1', amount: 72_200, currency: 'NOK' };
    const opened = await send(api, 'POST', '/v1/test/events', { order });
    expect(opened).toMatchObject({
      status: 200,
      json: { orderReference: 'bench-1', status: 'PENDING', sent: [] },
    });
    expect(opened.json.checkoutUrl).toContain(sandbox.url);
    const { payment } = opened.json;
    expect(await send(api, 'POST', '/v1/test/events', { event: 'lost', payment })).toMatchObject({
      status: 200,
      json: {
        payment,
        sent: [
          {
            call: expect.stringMatching(/^POST \/__sim\/sessions\/.*\/pay$/),
            body: { outcome: 'authorize', callback: false },
          },
        ],
      },
    });
    expect(await send(api, 'POST', '/v1/test/events', { event: 'lost', payment })).toMatchObject({
      status: 409,
      json: { code: 'sandbox_refused' },
    });
  });

  it('says which events and gateways there are, where a request names another one', async () => {
    const { json } = await send(api, 'GET', '/v1/test/events');
    expect(json.data).toContainEqual({
      gateway: 'dintero',
      name: 'decline',
      summary: 'the payment is declined',
      happensTo: 'open',
    });
    for (const [pointer, body] of [
      ['/event', { event: 'nothing' }],
      ['/gateway', { gateway: 'stripe' }],
      ['/order', { event: 'lost', payment: 'pay_1', order: { reference: 'a', amount: 1, currency: 'NOK' } }],
      ['/event', { payment: 'pay_1' }],
    ] as const)
      expect(await send(api, 'POST', '/v1/test/events', body)).toMatchObject({
        status: 422,
        json: { code: 'invalid_request', errors: [{ pointer }] },
      });
  });

  it('breaks the sandbox and the shop, shows what is broken, and repairs one or all', async () => {
    expect(on(await send(api, 'GET', '/v1/test/faults'))).toEqual([]);
    const turn = (id: string, isOn: boolean) => send(api, 'PUT', `/v1/test/faults/${id}`, { on: isOn });
    expect(on(await turn('dintero.errors', true))).toEqual(['dintero.errors']);
    expect((await fetch(`${sandbox.url}/v1/sessions`)).status).toBe(500);
    // Two positions of one switch: the newest holds, and the end of the other ends nothing.
    expect(on(await turn('dintero.slow', true))).toEqual(['dintero.slow']);
    expect(on(await turn('dintero.errors', false))).toEqual(['dintero.slow']);
    expect(on(await turn('shop.gone', true))).toEqual(['shop.gone', 'dintero.slow']);
    expect(await (await fetch(`${shop.url}/__shop/behaviour`)).json()).toEqual({ mode: 'gone' });
    expect(on(await turn('shop.errors', false))).toEqual(['shop.gone', 'dintero.slow']);
    expect(await turn('shop.nothing', true)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(on(await send(api, 'DELETE', '/v1/test/faults'))).toEqual([]);
    expect(await (await fetch(`${shop.url}/__shop/behaviour`)).json()).toEqual({ mode: 'ok' });
    for (const { id } of (await send(api, 'GET', '/v1/test/faults')).json.data as { id: string }[])
      expect([on(await turn(id, true)), on(await turn(id, false))]).toEqual([[id], []]);
  });

  it('makes sample orders in the background, one filling at a time', async () => {
    const answers = await Promise.all(
      ['first', 'second'].map(() => send(api, 'POST', '/v1/test/orders', { count: 1 })),
    );
    expect(answers.map(({ json }) => json.code ?? 'begun').toSorted(byText)).toEqual([
      'begun',
      'samples_running',
    ]);
    let now = await send(api, 'GET', '/v1/test/orders');
    while (now.json.running) now = await send(api, 'GET', '/v1/test/orders');
    const [made] = now.json.data;
    expect(now.json.data).toMatchObject([
      { sample: 'paid', gateway: 'dintero', state: 'done', problem: null },
    ]);
    expect((await send(api, 'GET', `/v1/orders/${made.reference}`)).status).toBe(200);
    expect((await send(api, 'POST', '/v1/test/orders', { count: 51 })).status).toBe(422);
  });

  it('has a page: makes an order once though the form is sent twice, breaks and repairs; a read key gets no form', async () => {
    const [ada, reader] = [await Visitor.signedIn(api, API_KEY), await Visitor.signedIn(api, READ_KEY)];
    expect((await ada.get('')).text).toContain('href="/dashboard/test-bench"');
    const form = await ada.formOf('/test-bench', '/test-bench/order');
    const filled = { ...form, amount: '722,00', currency: 'NOK', event: 'by_hand' };
    for (const _time of [1, 2]) {
      const { status, headers } = await ada.post('/test-bench/order', filled);
      expect([status, headers.location]).toEqual([303, expect.stringContaining(`made=${form['order']}`)]);
    }
    const made = (await ada.get(`/test-bench?made=${form['order']}`)).text;
    expect(made).toContain(`/dashboard/orders/${form['order']}`);
    expect(made).toContain(`href="${sandbox.url}/v1/view/`);
    const { json } = await send(api, 'GET', `/v1/payments?order=${form['order']}`);
    expect(json.data).toHaveLength(1);
    expect((await ada.post('/test-bench/order', { ...filled, amount: 'x' })).status).toBe(422);

    const { csrf = '' } = form;
    const fault = { csrf, fault: 'shop.errors', on: 'true' };
    expect((await ada.get('/test-bench/fault?fault=shop.errors&on=true')).text).toContain('What will happen');
    expect((await ada.post('/test-bench/fault', fault)).status).toBe(303);
    expect((await ada.get('/test-bench')).text).toContain('Broken now: 1 of 14.');
    expect((await ada.post('/test-bench/repair', { csrf })).status).toBe(303);
    expect((await ada.get('/test-bench')).text).toContain('Everything works.');

    expect((await reader.get('/test-bench')).text).not.toContain('/dashboard/test-bench/');
    const own = await reader.formOf('', '/sign-out');
    expect((await reader.post('/test-bench/fault', { ...fault, csrf: own['csrf'] ?? '' })).status).toBe(403);
  });

  it.each([
    ['nothing answers', {}, /not the sandbox of Dintero, or does not answer/],
    ['it is the gateway itself', { DINTERO_CHECKOUT_URL: 'https://checkout.dintero.com' }, /Dintero itself/],
    ['an account is live', LIVE, /an account is live/],
  ] as const)('is not there where %s: no call, no page, no entry', async (_what, env, why) => {
    const other = await startTestApi(none.store, { ORDER_WEBHOOK_URL: undefined, ...env });
    try {
      for (const [method, path, body] of CALLS)
        expect(await send(other, method, path, body)).toMatchObject({
          status: 404,
          json: { code: 'no_sandbox', detail: expect.stringMatching(why) },
        });
      const visitor = await Visitor.signedIn(other, API_KEY);
      expect((await visitor.get('')).text).not.toContain('/dashboard/test-bench');
      expect((await visitor.get('/test-bench')).status).toBe(404);
    } finally {
      await other.stop();
    }
  });
});
