import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { signatureHeader } from '../../sandbox/dintero/callbacks/signature.ts';
import {
  ACCOUNT,
  openSession,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from './sandbox-client.ts';

const EVERYTHING = 'report_error=true&report_event=CAPTURE&report_event=REFUND&report_event=VOID';

let client: SandboxClient;
let receiver: Receiver;

beforeEach(async () => {
  [client, receiver] = await Promise.all([startSandbox(), startReceiver()]);
  await client.call('POST', '/__sim/faults', { retryScheduleMs: [5] });
});

afterEach(() => Promise.all([client.close(), receiver.close()]));

async function pay(
  payment: object,
  query = EVERYTHING,
): Promise<{ sessionId: string; transactionId: string }> {
  const sessionId = await openSession(client, `${receiver.url}/cb?tenant=a%20b&${query}`);
  return (await client.call('POST', `/__sim/sessions/${sessionId}/pay`, payment)).body;
}

/** The log of one session once none of its callbacks is pending. */
async function settled(
  sessionId: string,
): Promise<{ state: string; lost: boolean; attempts: { status: number }[] }[]> {
  const read = async () => (await client.call('GET', `/__sim/callbacks?sessionId=${sessionId}`)).body;
  await until(async () => (await read()).every(({ state }: { state: string }) => state !== 'pending'));
  return read();
}

function parameters(at = 0): URLSearchParams {
  return new URL(receiver.received[at]?.target ?? '', receiver.url).searchParams;
}

function isSigned(at = 0, secret = 'sandbox-signature-secret-0001'): boolean {
  const request = receiver.received[at];
  if (request === undefined) return false;
  const { method, target, headers } = request;
  const header = String(headers['dintero-signature']);
  const t = Number(/^t=(\d+)/.exec(header)?.[1]);
  return header === signatureHeader({ secret, account: ACCOUNT, method, url: receiver.url + target, t });
}

describe('sandbox callback', () => {
  it("is the merchant’s URL unchanged with Dintero's parameters, signed", async () => {
    const { sessionId, transactionId } = await pay({ outcome: 'authorize' });
    await settled(sessionId);
    const { body } = await client.api('GET', `/v1/transactions/${transactionId}`);
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.target).toBe(
      `/cb?tenant=a%20b&${EVERYTHING}&transaction_id=${transactionId}&session_id=${sessionId}` +
        `&merchant_reference=order-1&time=${encodeURIComponent(body.created_at)}`,
    );
    expect(receiver.received[0]?.headers['event-delivery']).toMatch(/^[0-9a-f-]{36}$/);
    expect(isSigned()).toBe(true);
  });

  it('renames the session, posts the transaction and embeds the session when asked', async () => {
    const { sessionId, transactionId } = await pay(
      { outcome: 'on_hold' },
      'method=POST&includes=session&sid_parameter_name=sid',
    );
    await settled(sessionId);
    const body = JSON.parse(receiver.received[0]?.body ?? '');
    expect([parameters().get('sid'), parameters().get('session_id')]).toEqual([sessionId, null]);
    expect(body).toMatchObject({ id: transactionId, status: 'ON_HOLD', session: { id: sessionId } });
    expect(isSigned()).toBe(true);
  });

  it.each([
    ['cancel', 'cancelled'],
    ['decline', 'authorization'],
    ['fail', 'failed'],
  ])('about %s comes with error=%s, and only when errors are reported', async (outcome, error) => {
    await settled((await pay({ outcome })).sessionId);
    await settled((await pay({ outcome }, '')).sessionId);
    expect(receiver.received).toHaveLength(1);
    expect(parameters().get('error')).toBe(error);
  });

  it('is sent again when a hold resolves, and for the requested events', async () => {
    const { sessionId, transactionId } = await pay({ outcome: 'on_hold' }, 'report_event=CAPTURE');
    for (const status of ['AUTHORIZED', 'CAPTURED', 'REFUNDED']) {
      await client.call('POST', `/__sim/transactions/${transactionId}/change`, { status });
      await settled(sessionId);
    }
    const events = receiver.received.map((_, at) => [
      parameters(at).get('event'),
      parameters(at).get('event_id'),
    ]);
    expect(events).toEqual([
      [null, null],
      [null, null],
      ['CAPTURE', '3'],
    ]);
    expect(receiver.received[1]?.target).toBe(receiver.received[0]?.target);
  });

  it('is retried with the same delivery id after 5xx, 3xx and a refused connection', async () => {
    receiver.answers.push(500, 302, 503);
    const { sessionId } = await pay({ outcome: 'authorize' });
    const [entry] = await settled(sessionId);
    expect(entry?.attempts.map(({ status }) => status)).toEqual([500, 302, 503, 200]);
    expect(entry?.state).toBe('delivered');
    expect(new Set(receiver.received.map(({ headers }) => headers['event-delivery'])).size).toBe(1);
  });

  it('is lost after one 4xx', async () => {
    receiver.answers.push(404);
    const [entry] = await settled((await pay({ outcome: 'authorize' })).sessionId);
    expect(entry).toMatchObject({ lost: true, attempts: [{ status: 404 }] });
  });

  it('is lost after 20 retries, where a time-out is no answer', async () => {
    await client.call('POST', '/__sim/faults', { callbackTimeoutMs: 1, retryScheduleMs: [0] });
    await receiver.close();
    const [entry] = await settled((await pay({ outcome: 'authorize' })).sessionId);
    expect(entry?.lost).toBe(true);
    expect(entry?.attempts).toHaveLength(21);
    expect(new Set(entry?.attempts.map(({ status }) => status))).toEqual(new Set([null]));
  });

  it('is sent twice, at once or one after the other', async () => {
    await settled((await pay({ outcome: 'authorize', callback: { copies: 2 } })).sessionId);
    await settled((await pay({ outcome: 'authorize', callback: { copies: 2, together: true } })).sessionId);
    expect(receiver.received).toHaveLength(4);
    expect(new Set(receiver.received.map(({ headers }) => headers['event-delivery'])).size).toBe(4);
  });

  it('is forged as planned: signature, time, overrides and order on the wire', async () => {
    const plans = [
      { sign: 'none' },
      { sign: 'wrong' },
      { sign: 'old_secret' },
      { sign: 'other_account' },
      { t: -4000 },
      {
        reorderQuery: true,
        transactionId: 'T12345678.other',
        merchantReference: null,
        query: { extra: ['1', '2'] },
      },
      { method: 'POST', body: { status: 'CAPTURED' }, deliveryId: 'fixed', event: 'CAPTURE', eventId: 7 },
    ];
    const sessionId = await openSession(client, `${receiver.url}/cb?${EVERYTHING}`);
    for (const plan of plans) {
      await client.call('POST', `/__sim/sessions/${sessionId}/callback`, plan);
      await settled(sessionId);
    }
    expect(receiver.received[0]?.headers).not.toHaveProperty('dintero-signature');
    expect(plans.map((_, at) => isSigned(at))).toEqual([false, false, false, false, true, true, true]);
    expect(
      Number(/t=(\d+)/.exec(String(receiver.received[4]?.headers['dintero-signature']))?.[1]),
    ).toBeLessThan(Date.now() / 1000 - 3_900);
    expect(receiver.received[5]?.target).toBe(
      `/cb?transaction_id=T12345678.other&time=${encodeURIComponent(parameters(5).get('time') ?? '')}` +
        `&session_id=${sessionId}&report_event=CAPTURE&report_event=REFUND&report_event=VOID&report_error=true` +
        '&extra=1&extra=2',
    );
    expect(receiver.received[6]).toMatchObject({ body: '{"status":"CAPTURED"}', method: 'POST' });
    expect(receiver.received[6]?.headers['event-delivery']).toBe('fixed');
  });

  it('is never sent when forbidden or switched off, and waiting ones are sent when switched on', async () => {
    await pay({ outcome: 'authorize', callback: false });
    receiver.answers.push(500);
    await client.call('POST', '/__sim/faults', { retryScheduleMs: [2_000] });
    const { sessionId } = await pay({ outcome: 'authorize' });
    await until(() => receiver.received.length === 1);
    await client.call('POST', '/__sim/faults', { callbacks: 'off' });
    const suppressed = await pay({ outcome: 'authorize' });
    expect(await settled(suppressed.sessionId)).toMatchObject([{ state: 'suppressed', attempts: [] }]);
    const [waiting] = (await client.call('GET', `/__sim/callbacks?sessionId=${sessionId}`)).body;
    await until(() => Date.now() > Date.parse(waiting.nextAt) + 50);
    await client.call('POST', '/__sim/faults', { callbacks: 'on' });
    expect(await settled(sessionId)).toMatchObject([{ state: 'delivered' }]);
    expect(receiver.received).toHaveLength(2);
  });
});

it('are sent by the common plan where a call has none', async () => {
  const outcomes = async (payment: object) =>
    (await settled((await pay(payment)).sessionId)).map(({ attempts }) => attempts.length);
  await client.call('POST', '/__sim/faults', { callbackPlan: { copies: 3 } });
  expect(await outcomes({ outcome: 'authorize' })).toEqual([1, 1, 1]);
  expect(await outcomes({ outcome: 'authorize', callback: {} })).toEqual([1]);
  expect(await outcomes({ outcome: 'decline', callback: false })).toEqual([]);
  await client.call('POST', '/__sim/faults', { callbackPlan: null });
  expect(await outcomes({ outcome: 'authorize' })).toEqual([1]);
});
