/**
 * Contract §2, DINTERO_ALLOWED_IPS behind TRUST_PROXY proxies: what an address may change, and what it may
 * not change.
 */
import { jest, afterEach, describe, expect, it } from '@jest/globals';
import { listDeliveries } from '../../../src/store/lists.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import {
  aCallback,
  startTestApi,
  type Answer,
  type CallbackChanges,
  type TestApi,
} from '../../support/api.ts';
import { aPayment } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const LISTED = '198.51.100.7,203.0.113.0/24,2001:db8::7,2001:db8:1::/48,::ffff:192.0.2.9';

describe('a callback from an address', () => {
  const at = useTestApi();
  let api: TestApi | undefined;
  afterEach(async () => {
    await api?.stop();
    api = undefined;
  });

  const open = async (env: NodeJS.ProcessEnv): Promise<TestApi> =>
    (api = await startTestApi(at.store, { DINTERO_ALLOWED_IPS: LISTED, ...env }));
  const call = (
    running: TestApi,
    payment: PaymentRow,
    forwarded: string | null,
    changes: CallbackChanges = {},
  ): Promise<Answer> => {
    const { method, target, headers } = aCallback(payment, changes);
    return running.send(method, target, {
      headers: { ...headers, ...(forwarded !== null && { 'x-forwarded-for': forwarded }) },
    });
  };
  const kept = async ({ id }: PaymentRow) =>
    (await listDeliveries(at.store.db, { payment: id, limit: 50 })).rows;
  const counted = async (running: TestApi, labels: string): Promise<number> => {
    const { text } = await running.send('GET', '/metrics');
    const line = text
      .split('\n')
      .find((each) => each.startsWith(`paidonce_deliveries_total{gateway="dintero",${labels}}`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };

  it.each([
    ['the one listed', '198.51.100.7'],
    ['of a listed network', '203.0.113.200'],
    ['as a socket of both families writes it', '::ffff:198.51.100.7'],
    ['of a listed network, as such a socket writes it', '::FFFF:203.0.113.9'],
    ['written in hexadecimal', '::ffff:c633:6407'],
    ['listed as IPv6 but written as IPv4', '192.0.2.9'],
    ['with a port', '198.51.100.7:51234'],
    ['of IPv6', '2001:db8::7'],
    ['of IPv6 in its long form', '2001:0db8:0000:0000:0000:0000:0000:0007'],
    ['of a listed network of IPv6', '2001:db8:1:2::3'],
    ['of IPv6 with a port', '[2001:db8::7]:443'],
  ])('that is listed (%s) is accepted', async (_, ip) => {
    const running = await open({ TRUST_PROXY: '1', DINTERO_IP_POLICY: 'refuse' });
    expect(await call(running, await aPayment(at.store.db), ip)).toMatchObject({
      status: 200,
      json: { result: 'accepted' },
    });
  });

  it.each([
    ['another', '198.51.100.8'],
    ['beside a listed network', '203.0.114.1'],
    ['another, as a socket of both families writes it', '::ffff:198.51.100.8'],
    ['another of IPv6', '2001:db8::8'],
    ['beside a listed network of IPv6', '2001:db8:2::1'],
    ['an invalid address', 'unknown'],
    ['a host name', 'dintero.example'],
    ['too long', `198.51.100.7${'0'.repeat(300)}`],
  ])('that is not listed (%s) is refused where the policy is to refuse', async (_, ip) => {
    const running = await open({ TRUST_PROXY: '1', DINTERO_IP_POLICY: 'refuse' });
    expect(await call(running, await aPayment(at.store.db), ip)).toMatchObject({
      status: 403,
      json: { code: 'source_not_allowed', status: 403 },
    });
  });

  it.each([
    ['no proxy, and a forged header', '0', '198.51.100.7', 403],
    ['no proxy, and no header', '0', null, 403],
    ['one proxy that wrote it', '1', '198.51.100.7', 200],
    ['one proxy, and a forged one before it', '1', '1.1.1.1, 198.51.100.7', 200],
    ['one proxy, and a forged listed one before it', '1', '198.51.100.7, 1.1.1.1', 403],
    ['one proxy that wrote nothing', '1', null, 403],
    ['two proxies', '2', '198.51.100.7, 10.0.0.1', 200],
    ['two proxies, and a forged one before it', '2', '1.1.1.1, 198.51.100.7, 10.0.0.1', 200],
    ['two proxies, and a forged listed one before it', '2', '198.51.100.7, 1.1.1.1, 10.0.0.1', 403],
    ['two proxies, and a forged empty one before it', '2', ',, 198.51.100.7,10.0.0.1', 200],
  ])('behind %s is known by it', async (_, proxies, forwarded, status) => {
    const running = await open({ TRUST_PROXY: proxies, DINTERO_IP_POLICY: 'refuse' });
    expect((await call(running, await aPayment(at.store.db), forwarded)).status).toBe(status);
  });

  it('of this machine is accepted where it is listed, with a proxy or without', async () => {
    const running = await open({ DINTERO_ALLOWED_IPS: '127.0.0.0/8', DINTERO_IP_POLICY: 'refuse' });
    expect(await call(running, await aPayment(at.store.db), '1.1.1.1')).toMatchObject({ status: 200 });
  });

  it('is not checked where no address is listed', async () => {
    const running = await open({ DINTERO_ALLOWED_IPS: undefined, DINTERO_IP_POLICY: 'refuse' });
    expect(await call(running, await aPayment(at.store.db), null)).toMatchObject({ status: 200 });
  });

  it('that is not listed is counted, warned of and accepted, unless the policy is to refuse', async () => {
    const running = await open({ TRUST_PROXY: '1' });
    const warn = jest.spyOn(running.service.log, 'warn');
    const payment = await aPayment(at.store.db);
    expect(await call(running, payment, '1.1.1.1')).toMatchObject({
      status: 200,
      json: { result: 'accepted' },
    });
    expect(await call(running, payment, 'unknown', { age: 4_000 })).toMatchObject({ status: 401 });
    await until('both are signalled', () => running.runs.callbacks.length === 2);
    expect(await kept(payment)).toMatchObject([{ outcome: 'accepted' }, { outcome: 'accepted' }]);
    expect(await counted(running, 'outcome="foreign_source",reason="not_listed"')).toBe(1);
    expect(await counted(running, 'outcome="foreign_source",reason="not_an_address"')).toBe(1);
    expect(await counted(running, 'outcome="accepted"')).toBe(1);
    expect(warn).toHaveBeenCalledWith(
      { gateway: 'dintero', reason: 'not_listed' },
      expect.stringMatching(/not on DINTERO_ALLOWED_IPS; check that list and TRUST_PROXY/),
    );
    for (let index = 0; index < 20; index += 1) await call(running, await aPayment(at.store.db), '1.1.1.1');
    expect(await counted(running, 'outcome="foreign_source",reason="not_listed"')).toBe(21);
    expect(warn.mock.calls.length).toBeLessThanOrEqual(6);
  });

  it('that is refused is kept with that reason, counted by the reason, and only pokes the session that it names', async () => {
    const running = await open({ TRUST_PROXY: '1', DINTERO_IP_POLICY: 'refuse' });
    const payment = await aPayment(at.store.db);
    for (const age of [0, 4_000]) {
      const answer = await call(running, payment, '1.1.1.1', { age, delivery: `taken-${age}` });
      expect(answer).toMatchObject({ status: 403, json: { code: 'source_not_allowed' } });
    }
    await until('both are kept', async () => (await kept(payment)).length === 2);
    for (const row of await kept(payment))
      expect(row).toMatchObject({ outcome: 'refused', reason: 'source_not_allowed', eventId: null });
    await until('it is poked', () => running.runs.pokes.length === 2);
    expect(running.runs.pokes[0]).toEqual({
      orderReference: payment.orderReference,
      n: 1,
      why: 'unproved_callback',
    });
    expect(running.runs.callbacks).toEqual([]);
    expect(await counted(running, 'outcome="refused",reason="source_not_allowed"')).toBe(2);
    const genuine = await call(running, payment, '198.51.100.7', { delivery: 'taken-0' });
    expect(genuine).toMatchObject({ status: 200, json: { result: 'accepted' } });
  });

  it('that is not listed is refused for its signature where that is wrong, and 400 where it names no session', async () => {
    const running = await open({ TRUST_PROXY: '1', DINTERO_IP_POLICY: 'refuse' });
    const payment = await aPayment(at.store.db);
    expect(await call(running, payment, '1.1.1.1', { secret: 'wrong' })).toMatchObject({
      status: 401,
      json: { code: 'bad_signature' },
    });
    expect(await counted(running, 'outcome="refused",reason="wrong_signature"')).toBe(1);
    expect(await counted(running, 'outcome="foreign_source",reason="not_listed"')).toBe(0);
    expect(await running.send('GET', '/callbacks/dintero')).toMatchObject({ status: 400 });
  });
});
