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

interface Paid {
  readonly sessionId: string;
  readonly transactionId: string | null;
  readonly returnUrl: string | null;
}

async function pay(payment: object, query = '', more: object = {}): Promise<Paid> {
  const url = { return_url: 'https://shop.example/return', callback_url: `${receiver.url}/cb?${query}` };
  const { body } = await client.api('POST', '/v1/sessions-profile', aSession({ url, ...more }));
  return (await client.call('POST', `/__sim/sessions/${body.id}/pay`, payment)).body;
}

const read = async (id: string | null) => (await client.api('GET', `/v1/transactions/${id}`)).body;
const parameters = () => receiver.received.map(({ target }) => new URL(target, receiver.url).searchParams);
const received = (count: number) => until(() => receiver.received.length >= count);

/** Due callbacks are sent and answered before this resolves. */
async function quiet(): Promise<void> {
  await until(async () => {
    const { body } = await client.call('GET', '/__sim/state');
    return body.callbacks.pending === undefined;
  });
}

describe('sandbox Backoffice', () => {
  it('is reported by report_event, and by nothing else', async () => {
    const events = 'report_event=CAPTURE&report_event=REFUND';
    const { transactionId: id } = await pay({ outcome: 'authorize', product: 'vipps' }, events);
    const act = (kind: string, body: object) =>
      client.call('POST', `/__sim/transactions/${id}/${kind}`, body);
    await received(1);
    await act('capture', { amount: 10000 });
    await received(2);
    await act('refund', { amount: 100, refund_reference: 'by phone' });
    await received(3);
    await act('void', {});
    await quiet();
    expect(parameters().map((query) => [query.get('event'), query.get('event_id')])).toEqual([
      [null, null],
      ['CAPTURE', '2'],
      ['REFUND', '3'],
    ]);
    expect((await read(id)).events.at(-2)).toMatchObject({
      created_by: 'backoffice',
      event_reference: 'by phone',
    });
  });

  it('refuses impossible operations as Dintero does', async () => {
    const { transactionId: id } = await pay({ outcome: 'authorize' });
    const refused = await client.call('POST', `/__sim/transactions/${id}/capture`, { amount: 29991 });
    expect([refused.status, refused.body.error.code]).toEqual([400, 'INVALID_AMOUNT']);
  });
});

describe('sandbox error callback', () => {
  it.each([
    ['decline', 'authorization'],
    ['fail', 'failed'],
    ['cancel', 'cancelled'],
  ])('after %s has error %s and no transaction', async (outcome, error) => {
    const without = outcome === 'cancel' ? {} : { transaction: false };
    const paid = await pay({ outcome, ...without }, 'report_error=true&method=POST');
    await received(1);
    const [query] = parameters();
    expect(paid.transactionId).toBeNull();
    expect(paid.returnUrl).toContain(`error=${error}`);
    expect([query?.get('error'), query?.has('transaction_id')]).toEqual([error, false]);
    expect(receiver.received[0]?.body).toBe('');
  });

  it('leaves a session open for another attempt, unless the payer cancelled', async () => {
    const { sessionId } = await pay({ outcome: 'decline', transaction: false });
    const paid = await client.call('POST', `/__sim/sessions/${sessionId}/pay`, { outcome: 'authorize' });
    expect((await read(paid.body.transactionId)).status).toBe('AUTHORIZED');
    const refused = await client.call('POST', `/__sim/sessions/${await openSession(client)}/pay`, {
      outcome: 'authorize',
      transaction: false,
    });
    expect(refused.status).toBe(400);
  });
});

describe('sandbox auto-capture', () => {
  const asked = { configuration: { auto_capture: true } };
  const names = async (id: string | null) =>
    (await read(id)).events.map((event: { event: string; success: boolean }) => [event.event, event.success]);

  it('comes before the callback, at once or with the callback withheld until then', async () => {
    const atOnce = await pay({ outcome: 'authorize', callback: false }, '', asked);
    expect(await names(atOnce.transactionId)).toEqual([
      ['INITIALIZE', true],
      ['AUTHORIZE', true],
      ['CAPTURE', true],
    ]);
    const autoCapture = { mode: 'before_callback', afterMs: 700 };
    const late = await pay({ outcome: 'authorize', autoCapture }, 'method=POST', asked);
    expect((await read(late.transactionId)).status).toBe('AUTHORIZED');
    await received(1);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ status: 'CAPTURED' });
    expect(parameters()[0]?.has('event')).toBe(false);
  });

  it('comes after the callback, and is reported by report_event', async () => {
    await client.call('POST', '/__sim/faults', { autoCapture: { mode: 'after_callback', afterMs: 50 } });
    const paid = await pay({ outcome: 'authorize' }, 'method=POST&report_event=CAPTURE', asked);
    await received(2);
    const statuses = receiver.received.map(({ body }) => JSON.parse(body).status);
    expect(statuses).toEqual(['AUTHORIZED', 'CAPTURED']);
    expect(parameters()[1]?.get('event')).toBe('CAPTURE');
    expect((await read(paid.transactionId)).events.at(-1).created_by).toBe('auto-capture');
  });

  it('fails, returns with error=capture, and may succeed later', async () => {
    const never = await pay({ outcome: 'authorize', autoCapture: { mode: 'fails' } }, '', asked);
    const later = await pay({ outcome: 'authorize', autoCapture: { mode: 'fails', afterMs: 30 } }, '', asked);
    expect(never.returnUrl).toContain('error=capture');
    expect(never.returnUrl).toContain(`transaction_id=${never.transactionId}`);
    await until(async () => (await read(later.transactionId)).status === 'CAPTURED');
    expect((await names(never.transactionId)).at(-1)).toEqual(['CAPTURE', false]);
    expect((await read(never.transactionId)).status).toBe('AUTHORIZED');
  });

  it('is done for sessions that ask for it, or for the whole account', async () => {
    const not = await pay({ outcome: 'authorize' });
    await client.call('POST', '/__sim/faults', { autoCapture: { mode: 'before_callback', forAll: true } });
    const all = await pay({ outcome: 'authorize' });
    expect((await read(not.transactionId)).status).toBe('AUTHORIZED');
    expect((await read(all.transactionId)).status).toBe('CAPTURED');
  });

  it('fails first and succeeds later with its test card', async () => {
    await client.call('POST', '/__sim/faults', { cardTimeoutMs: 20 });
    const paid = await pay({ card: '4100000000000035' }, '', asked);
    await until(async () => (await read(paid.transactionId)).status === 'CAPTURED');
    expect((await names(paid.transactionId)).slice(-2)).toEqual([
      ['CAPTURE', false],
      ['CAPTURE', true],
    ]);
  });

  it('is skipped where the merchant was faster', async () => {
    const autoCapture = { mode: 'after_callback', afterMs: 700 };
    const { transactionId: id } = await pay({ outcome: 'authorize', autoCapture }, '', asked);
    await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 29990 });
    const other = await pay({ outcome: 'authorize', autoCapture }, '', asked);
    await until(async () => (await read(other.transactionId)).status === 'CAPTURED');
    expect(await names(id)).toHaveLength(3);
  });
});

describe('sandbox authorization that runs out', () => {
  it('shows the configured status, once', async () => {
    const { transactionId: id } = await pay({ outcome: 'authorize' });
    const change = { status: 'AUTHORIZATION_VOIDED' };
    const { body } = await client.call('POST', `/__sim/transactions/${id}/change`, change);
    const again = await client.call('POST', `/__sim/transactions/${id}/change`, change);
    expect([body.status, again.status]).toEqual(['AUTHORIZATION_VOIDED', 409]);
  });

  it('may look valid while captures fail', async () => {
    const { transactionId: id } = await pay({ outcome: 'authorize' });
    const faults = { capture: { result: 'failure' }, void: { result: 'failure' } };
    await client.call('POST', `/__sim/transactions/${id}/faults`, faults);
    const { status, body } = await client.api('POST', `/v1/transactions/${id}/capture`, { amount: 5 });
    expect([status, body.status, body.events.at(-1).success]).toEqual([200, 'AUTHORIZED', false]);
  });

  it('may do that by itself', async () => {
    const resolve = { status: 'AUTHORIZATION_VOIDED', afterMs: 20 };
    const { transactionId: id } = await pay({ outcome: 'authorize', resolve });
    await until(async () => (await read(id)).status === 'AUTHORIZATION_VOIDED');
  });
});
