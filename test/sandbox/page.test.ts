import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  aSession,
  openSession,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from './sandbox-client.ts';

let client: SandboxClient;
let receiver: Receiver;

beforeEach(async () => {
  [client, receiver] = await Promise.all([startSandbox(), startReceiver()]);
});

afterEach(() => Promise.all([client.close(), receiver.close()]));

const submit = (id: string, fields: Record<string, string>) =>
  client.call('POST', `/v1/view/${id}`, new URLSearchParams(fields).toString());

describe('sandbox checkout page', () => {
  it("shows reference, lines and amount and runs no script from a shop's texts", async () => {
    const script = '<script>alert(1)</script>"\'&';
    const items = [{ id: 'a', line_id: '1', amount: 29990, description: script }];
    const order = { amount: 29990, currency: 'NOK', merchant_reference: script, items };
    const { body } = await client.api('POST', '/v1/sessions-profile', aSession({ order }));
    const page = await client.call('GET', `/v1/view/${body.id}`);
    expect(page.status).toBe(200);
    expect(page.body).not.toContain('<script>');
    expect(page.body.split('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;')).toHaveLength(3);
    expect(page.body).toContain('NOK 299.90');
  });

  it('pays and sends the browser back with 303', async () => {
    const id = await openSession(client);
    const { status, headers } = await submit(id, { outcome: 'authorize', delay: '0' });
    expect(status).toBe(303);
    expect(headers.get('location')).toMatch(
      /^https:\/\/shop\.example\/return\?key=a%20b&transaction_id=T12345678\./,
    );
    expect((await client.call('GET', `/v1/view/${id}`)).body).toContain('already ended: AUTHORIZED');
  });

  it('stays when the tab is closed or the payment may be tried again', async () => {
    const id = await openSession(client);
    const failed = await submit(id, { outcome: 'pay_failed' });
    const closed = await submit(id, { outcome: 'close' });
    expect(failed.headers.get('location')).toBe(`/v1/view/${id}?notice=pay_failed`);
    expect([closed.status, closed.headers.get('location')]).toEqual([200, null]);
    expect((await submit(id, { outcome: 'authorize' })).status).toBe(409);
  });

  it('misbehaves as selected', async () => {
    const id = await openSession(client, `${receiver.url}/cb`);
    await submit(id, {
      outcome: 'on_hold',
      together: 'yes',
      wrongAmount: 'yes',
      resolveTo: 'FAILED',
      resolveAfter: '0',
    });
    await until(() => receiver.received.length === 3);
    const { body } = await client.call('GET', `/__sim/sessions/${id}`);
    expect(body.transaction).toMatchObject({ status: 'FAILED', amount: 30090 });
  });

  it('pays with the selected method, or with one that suits the outcome', async () => {
    const paidBy = async (fields: Record<string, string>): Promise<string> => {
      const id = await openSession(client);
      await submit(id, fields);
      return (await client.call('GET', `/__sim/sessions/${id}`)).body.transaction.payment_product_type;
    };
    const page = await client.call('GET', `/v1/view/${await openSession(client)}`);
    expect(page.body).toContain('<option>klarna.klarna</option>');
    expect(await paidBy({ outcome: 'authorize', product: 'klarna.klarna' })).toBe('klarna.klarna');
    expect(await paidBy({ outcome: 'capture', product: '' })).toBe('swish.swish');
  });

  it('makes a later operation go wrong as selected', async () => {
    const id = await openSession(client);
    await submit(id, { outcome: 'authorize', captureTrouble: 'unavailable', refundTrouble: '' });
    const { body } = await client.call('GET', `/__sim/sessions/${id}`);
    const path = `/v1/transactions/${body.transaction.id}/capture`;
    const statuses: number[] = [];
    for (let call = 0; call < 3; call++) {
      statuses.push((await client.api('POST', path, { amount: 1 })).status);
    }
    expect(statuses).toEqual([503, 503, 200]);
  });

  it('fails without a transaction and auto-captures late', async () => {
    const failed = await openSession(client);
    await submit(failed, { outcome: 'fail', noTransaction: 'yes' });
    const request = aSession({ configuration: { auto_capture: true } });
    const captured = (await client.api('POST', '/v1/sessions-profile', request)).body.id;
    await submit(captured, {
      outcome: 'authorize',
      autoCapture: 'after_callback',
      autoCaptureAfter: '86400',
    });
    const transactions = await Promise.all(
      [failed, captured].map(
        async (id) => (await client.call('GET', `/__sim/sessions/${id}`)).body.transaction,
      ),
    );
    expect(transactions).toMatchObject([null, { status: 'AUTHORIZED' }]);
  });

  const DECLINED = '4000 3000 0000 0006';
  const backButton = 'value="fail">Go back to the shop';

  it.each(['card', 'authorize'])(
    'lets the payer try another card after a declined one (button %s; Enter presses the first one)',
    async (outcome) => {
      const id = await openSession(client, `${receiver.url}/cb`);
      const declined = await submit(id, { outcome, card: DECLINED });
      expect([declined.status, declined.headers.get('location')]).toEqual([
        303,
        `/v1/view/${id}?notice=card_declined`,
      ]);
      const page = await client.call('GET', `/v1/view/${id}?notice=card_declined`);
      expect(page.body).toContain('The card was declined');
      expect(page.body).toContain(backButton);
      expect((await client.call('GET', `/__sim/sessions/${id}`)).body.transaction).toBeNull();
      const paid = await submit(id, { outcome, card: '4000 0000 0000 0002' });
      expect(paid.headers.get('location')).toContain('transaction_id=');
      await until(() => receiver.received.length === 1);
    },
  );

  it('names the test cards for an unknown number, and makes no attempt', async () => {
    const id = await openSession(client);
    const { headers } = await submit(id, { outcome: 'card', card: '4111 1111' });
    const page = await client.call('GET', headers.get('location') ?? '');
    expect(page.body).toContain('This number is not a test card (4000 0000 0000 0002 pays).');
    expect(page.body).toContain(backButton);
    const { events } = (await client.call('GET', `/__sim/sessions/${id}`)).body.session;
    expect(events.map(({ name }: { name: string }) => name)).not.toContain('PAY_FAILED');
  });

  it('lets the payer return to the shop after a declined card: then the payment has failed', async () => {
    const id = await openSession(client);
    await submit(id, { outcome: 'card', card: DECLINED });
    const back = await submit(id, { outcome: 'fail' });
    expect(back.headers.get('location')).toContain('error=failed');
    const page = await client.call('GET', `/v1/view/${id}?notice=card_declined`);
    expect(page.body).toContain('already ended: FAILED');
    expect(page.body).not.toContain(backButton);
  });

  it('sends no callback and no unknown outcome', async () => {
    const id = await openSession(client, `${receiver.url}/cb`);
    const unknown = await submit(id, { outcome: 'explode' });
    await submit(id, { outcome: 'authorize', noCallback: 'yes' });
    expect(unknown.status).toBe(400);
    expect((await client.call('GET', `/__sim/callbacks?sessionId=${id}`)).body).toEqual([]);
  });

  it('is 404 for an unknown session', async () => {
    expect((await client.call('GET', '/v1/view/T12345678.nobody')).status).toBe(404);
  });
});
