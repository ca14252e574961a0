/**
 * `POST /callbacks/dintero/account`, contract §4: deliveries made by hand, and those that the sandbox sends.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { signBody } from '../../../src/gateways/dintero/body-signature.ts';
import { listDeliveries } from '../../../src/store/lists.ts';
import { recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { openSession, startSandbox, type SandboxClient } from '../../sandbox/sandbox-client.ts';
import { SECRETS, type Answer } from '../../support/api.ts';
import { ACCOUNT, aPayment, aSessionId } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

const HOOK_SECRETS = ['newest-hook-secret', 'older-hook-secret'] as const;
const TARGET = '/callbacks/dintero/account';

describe('an account webhook of Dintero', () => {
  const at = useTestApi({ DINTERO_WEBHOOK_SECRETS: HOOK_SECRETS.join(',') });
  let payment: PaymentRow;
  const opened = async (sessionId = aSessionId()): Promise<PaymentRow> => {
    const made = await aPayment(at.store.db);
    const session = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
    await recordOpened(at.store.db, made.id, session);
    return { ...made, sessionId };
  };
  beforeEach(async () => {
    await at.store.db.delete(deliveries);
    payment = await opened();
    at.api.runs.callbacks.length = 0;
    at.api.runs.pokes.length = 0;
  });

  const anEnvelope = (changes: Record<string, unknown> = {}, of = payment.sessionId) => ({
    account_id: ACCOUNT,
    event: 'checkout_transaction',
    event_delivery: `delivery-${of}`,
    transaction: {
      id: `${ACCOUNT}.of-${of?.slice(-10)}`,
      session_id: of,
      status: 'AUTHORIZED',
      updated_at: '2026-11-21T12:00:00Z',
    },
    ...changes,
  });
  const send = (body: unknown, secret: string | null = HOOK_SECRETS[0], method = 'POST'): Promise<Answer> => {
    const bytes = typeof body === 'string' ? body : JSON.stringify(body);
    const headers = secret === null ? {} : { 'event-signature': signBody(bytes, secret) };
    return at.api.send(method, TARGET, { body: bytes, headers });
  };
  const log = async () => (await listDeliveries(at.store.db, { limit: 200 })).rows;
  const counted = async (labels: string): Promise<number> => {
    const { text } = await at.api.send('GET', '/metrics');
    const line = text.split('\n').find((each) => each.includes(`{gateway="dintero",${labels}}`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };

  it('finds its payment by the session and signals the same run as any callback', async () => {
    expect(await send(anEnvelope())).toMatchObject({ status: 200, json: { result: 'accepted' } });
    await until('it is signalled', () => at.api.runs.callbacks.length === 1);
    expect(at.api.runs.callbacks[0]).toMatchObject({
      payment: { paymentId: payment.id, orderReference: payment.orderReference, n: 1, gateway: 'dintero' },
      signal: {
        eventId: `account/delivery-${payment.sessionId}`,
        claim: { sessionId: payment.sessionId, transactionId: expect.stringContaining('.of-') },
      },
    });
    expect(await log()).toMatchObject(
      [{ outcome: 'accepted', paymentId: payment.id, secret: /^[0-9a-f]{8}$/ }].map(({ secret, ...row }) => ({
        ...row,
        secret: expect.stringMatching(secret),
      })),
    );
  });

  it('is a duplicate when Dintero sends it again, whichever secret signs', async () => {
    await send(anEnvelope());
    await until('it is marked as signalled', async () => (await log())[0]?.state === 'signalled');
    const [first] = await log();
    const again = await send(anEnvelope(), HOOK_SECRETS[1]);
    expect(again).toMatchObject({ status: 200, json: { result: 'duplicate' } });
    expect(at.api.runs.callbacks).toHaveLength(1);
    const [second] = await log();
    expect(second).toMatchObject({ receipts: 2 });
    expect(second?.secret).not.toBe(first?.secret);
    expect(await counted('kind="account",secret="1"')).toBeGreaterThan(0);
  });

  it('about a session that the store does not know is ignored, kept as foreign, counted, and changes nothing else', async () => {
    const before = await counted('outcome="ignored",reason="foreign"');
    const foreign = aSessionId();
    expect(await send(anEnvelope({}, foreign))).toMatchObject({ status: 200, json: { result: 'ignored' } });
    expect(await log()).toMatchObject([
      { outcome: 'ignored', paymentId: null, reason: `foreign: session ${foreign} is none of ours` },
    ]);
    expect(await counted('outcome="ignored",reason="foreign"')).toBe(before + 1);
    expect(at.api.runs.callbacks).toEqual([]);
    expect(at.api.runs.pokes).toEqual([]);
  });

  it('of another shop that runs paidonce too is foreign, although its metadata names a payment in our form', async () => {
    const metadata = {
      ext_paidonce_payment: payment.id,
      ext_paidonce_order: payment.orderReference,
      ext_paidonce_n: payment.n,
    };
    const { transaction } = anEnvelope({}, aSessionId());
    const body = anEnvelope({ transaction: { ...transaction, metadata } });
    expect(await send(body)).toMatchObject({ status: 200, json: { result: 'ignored' } });
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each([
    ['a ping', { event: 'ping', transaction: undefined }, 'ping'],
    ['an unknown event', { event: 'checkout_teleport' }, 'ping'],
    ['another account', { account_id: 'T99999999' }, 'unclear'],
    [
      'a transaction of another account',
      { transaction: { id: 'P87654321.a', session_id: 'P87654321.b' } },
      'unclear',
    ],
    ['no transaction', { transaction: null }, 'unclear'],
  ])('with %s is ignored and kept', async (_, changes, reason) => {
    expect(await send(anEnvelope(changes))).toMatchObject({ status: 200, json: { result: 'ignored' } });
    expect(await log()).toMatchObject([{ outcome: 'ignored', reason }]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each([
    ['truncated', (whole: string) => whole.slice(0, whole.length / 2)],
    ['half a million nested arrays', () => '['.repeat(500_000) + ']'.repeat(500_000)],
    ['not JSON', () => '<xml/>'],
    ['empty', () => ''],
  ])('with a valid signature that is %s is ignored and alarmed, fast', async (_, made) => {
    const alarm = jest.spyOn(at.api.service.log, 'error');
    const answer = await send(made(JSON.stringify(anEnvelope())));
    expect(answer).toMatchObject({ status: 200, json: { result: 'ignored' } });
    expect(answer.ms).toBeLessThan(3_000);
    expect(await log()).toMatchObject([{ outcome: 'ignored', reason: 'unclear' }]);
    expect(alarm).toHaveBeenCalledWith(expect.anything(), 'validly signed, but not understood');
  });

  it.each([
    ['not signed', null, 'no_signature'],
    ['signed by a stranger', 'a-strangers-secret', 'wrong_signature'],
    ['signed with the secret of the callbacks', SECRETS[0], 'wrong_signature'],
  ])('that is %s is refused, and only pokes the session that it names', async (_, secret, reason) => {
    expect(await send(anEnvelope(), secret)).toMatchObject({ status: 401, json: { code: 'bad_signature' } });
    await until(
      'it is kept and poked',
      async () => (await log()).length === 1 && at.api.runs.pokes.length === 1,
    );
    expect(await log()).toMatchObject([
      { outcome: 'refused', reason, paymentId: payment.id, eventId: null, secret: null },
    ]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each(['GET', 'PUT', 'DELETE'])('by %s is 405 with the allowed methods', async (method) => {
    const answer = await send(anEnvelope(), HOOK_SECRETS[0], method);
    expect(answer).toMatchObject({
      status: 405,
      headers: { allow: 'POST' },
      json: { code: 'method_not_allowed' },
    });
  });

  it('over 1 MiB is 413, before its signature is checked', async () => {
    expect(await send('x'.repeat(1024 * 1024 + 1), null)).toMatchObject({ status: 413 });
  });

  it.each(['/callbacks/dintero/account/', '/callbacks/dintero/ACCOUNT', '/callbacks/dintero//account'])(
    'is never redirected: %s',
    async (target) => {
      const body = JSON.stringify(anEnvelope());
      const headers = { 'event-signature': signBody(body, HOOK_SECRETS[0]) };
      const { status } = await at.api.send('POST', target, { body, headers });
      expect(status < 300 || status >= 400).toBe(true);
    },
  );

  it.each(['down', 'hanging'] as const)(
    'is 503 while the store is %s, since only the store knows its payment',
    async (mood) => {
      at.api.troubles.mood = mood;
      const answer = await send(anEnvelope());
      expect(answer).toMatchObject({
        status: 503,
        headers: { 'retry-after': '1' },
        json: { code: 'unavailable', detail: expect.stringMatching(/it alone knows/) },
      });
      expect(answer.ms).toBeLessThan(1_000);
      expect(at.api.runs.callbacks).toEqual([]);
    },
  );

  it('is accepted while Temporal is down, and left to the forwarder', async () => {
    at.api.runs.temporal = 'down';
    expect(await send(anEnvelope())).toMatchObject({ status: 200, json: { result: 'accepted' } });
    expect(await log()).toMatchObject([{ state: 'received' }]);
  });

  it('causes no read where it is foreign, for any number of them', async () => {
    const gateway = at.api.service.gateways.named('dintero');
    const reads = (['readPayment', 'readSession', 'findSessions'] as const).map((name) =>
      jest.spyOn(gateway, name),
    );
    const before = await counted('outcome="ignored",reason="foreign"');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        send(anEnvelope({ event_delivery: `f-${index}` }, aSessionId())),
      ),
    );
    expect(new Set(answers.map(({ json }) => json.result as string))).toEqual(new Set(['ignored']));
    expect(await counted('outcome="ignored",reason="foreign"')).toBe(before + 100);
    expect(at.api.runs.callbacks).toEqual([]);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  describe('as the sandbox sends it', () => {
    let sandbox: SandboxClient;
    let subscription: string;
    beforeAll(async () => {
      sandbox = await startSandbox();
      const url = `http://127.0.0.1:${at.api.port}${TARGET}`;
      const { body } = await sandbox.api('POST', `/v1/accounts/${ACCOUNT}/hooks/subscriptions`, {
        config: { url, secret: HOOK_SECRETS[1] },
        events: ['checkout_transaction', 'checkout_authorization'],
      });
      subscription = body.id;
    });
    afterAll(() => sandbox.close());

    const states = async (): Promise<string[]> =>
      (await sandbox.call('GET', '/__sim/hooks/deliveries')).body.map(
        ({ state }: { state: string }) => state,
      );
    const delivered = () =>
      until('everything is delivered', async () => (await states()).every((state) => state !== 'pending'));
    const paid = async (): Promise<{ row: PaymentRow; transactionId: string }> => {
      const sessionId = await openSession(sandbox);
      const row = await opened(sessionId);
      const { body } = await sandbox.call('POST', `/__sim/sessions/${sessionId}/pay`, {
        outcome: 'authorize',
      });
      await delivered();
      return { row, transactionId: body.transactionId };
    };

    it('is accepted for every change of a payment of ours, with the operation in its claim', async () => {
      const { row, transactionId } = await paid();
      await sandbox.call('POST', `/__sim/transactions/${transactionId}/capture`, { amount: 29990 });
      await delivered();
      await until('they are signalled', () => at.api.runs.callbacks.length >= 3);
      const claims = at.api.runs.callbacks.map(({ payment: to, signal }) => ({ ...to, ...signal.claim }));
      for (const claim of claims) expect(claim).toMatchObject({ paymentId: row.id, transactionId });
      expect(claims.map(({ event }) => event)).toContain('CAPTURE');
      expect(new Set(await states())).toEqual(new Set(['delivered']));
    });

    it('is ignored with 200 for the payments of other shops and for pings', async () => {
      const sessionId = await openSession(sandbox);
      await sandbox.call('POST', `/__sim/sessions/${sessionId}/pay`, { outcome: 'authorize' });
      await sandbox.api('POST', `/v1/accounts/${ACCOUNT}/hooks/subscriptions/${subscription}/ping`);
      await delivered();
      expect(new Set((await log()).map(({ outcome }) => outcome))).toEqual(new Set(['ignored']));
      expect(new Set(await states())).toEqual(new Set(['delivered']));
      expect(at.api.runs.callbacks).toEqual([]);
    });

    it.each([
      ['about another account', { accountId: 'T99999999' }],
      ['truncated', { truncate: true }],
      ['of nothing but arrays', { nested: 500_000 }],
      ['of an unknown event', { event: 'checkout_teleport' }],
    ])('is ignored and never retried when it is %s', async (_, plan) => {
      const { transactionId } = await paid();
      await until('its own are signalled', () => at.api.runs.callbacks.length >= 2);
      at.api.runs.callbacks.length = 0;
      await sandbox.call('POST', `/__sim/hooks/${subscription}/send`, { transactionId, ...plan });
      await delivered();
      expect((await log())[0]).toMatchObject({ outcome: 'ignored' });
      expect(new Set(await states())).toEqual(new Set(['delivered']));
      expect(at.api.runs.callbacks).toEqual([]);
    });

    it('with an old state of the transaction causes one more look and nothing else', async () => {
      const { row, transactionId } = await paid();
      await sandbox.call('POST', `/__sim/hooks/${subscription}/send`, { transactionId, staleMs: 60_000 });
      await delivered();
      expect((await log())[0]).toMatchObject({ outcome: 'accepted', paymentId: row.id });
    });
  });
});
