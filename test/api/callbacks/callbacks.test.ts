/** Contract §4, row by row. */
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { listDeliveries } from '../../../src/store/lists.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { claimPayment } from '../../../src/store/claim-payment.ts';
import { claimOperation } from '../../../src/store/operations.ts';
import { markSending } from '../../../src/store/operation-attempts.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { recordOpened, type PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { aCallback, SECRETS, startTestApi, type Answer, type CallbackChanges } from '../../support/api.ts';
import {
  aNewPayment,
  aFinding,
  aPayment,
  aRecord,
  aSessionId,
  aTransaction,
  handled,
  TELLS,
} from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';
import { until } from '../../support/until.ts';

describe('a callback of Dintero', () => {
  const at = useTestApi();
  let payment: PaymentRow;
  beforeEach(async () => {
    await at.store.db.delete(deliveries);
    payment = { ...(await aPayment(at.store.db)), sessionId: aSessionId() };
    const { sessionId } = payment;
    await recordOpened(at.store.db, payment.id, {
      sessionId: sessionId ?? '',
      checkoutUrl: 'https://c.example',
      runId: 'r',
      text: 'x',
    });
    at.api.runs.callbacks.length = 0;
    at.api.runs.pokes.length = 0;
  });

  const callback = (changes: CallbackChanges = {}, of = payment): Promise<Answer> => {
    const { method, target, headers } = aCallback(of, changes);
    return at.api.send(method, target, { headers });
  };
  const log = async () => (await listDeliveries(at.store.db, { limit: 200 })).rows;
  const signalled = (count: number) =>
    until(`${count} callbacks are signalled`, () => at.api.runs.callbacks.length === count);

  it('that is copied again and again with new delivery ids is counted beyond a burst', async () => {
    const { method, target, headers } = aCallback(payment);
    const copies = await Promise.all(
      Array.from({ length: 19 }, (_, index) =>
        at.api.send(method, target, { headers: { ...headers, 'event-delivery': `made-up-${index}` } }),
      ),
    );
    expect(copies.map(({ status }) => status)).toEqual(Array<number>(19).fill(200));
    const results = copies.map(({ json }) => (json as { result: string }).result);
    expect(results.filter((result) => result === 'accepted')).toHaveLength(5);
    const rows = await log();
    expect(rows).toHaveLength(5);
    expect(rows.reduce((sum, { receipts }) => sum + receipts, 0)).toBe(19);
    await signalled(5);
    // With a new signature it is new, like the gateway's own retries.
    expect((await callback({ age: 60, delivery: 'signed-again' })).json).toEqual({ result: 'accepted' });
  });

  it('that is verified and new is accepted, stored and signalled with its claim', async () => {
    const answer = await callback({ delivery: 'delivery-1' });
    expect(answer).toMatchObject({ status: 200, json: { result: 'accepted' } });
    await signalled(1);
    expect(at.api.runs.callbacks[0]).toMatchObject({
      payment: { paymentId: payment.id, orderReference: payment.orderReference, n: 1, gateway: 'dintero' },
      signal: { eventId: 'delivery-1', claim: { sessionId: payment.sessionId } },
    });
    expect(await log()).toMatchObject([
      { outcome: 'accepted', paymentId: payment.id, eventId: 'delivery-1' },
    ]);
    await until('it is marked as signalled', async () => (await log())[0]?.state === 'signalled');
  });

  describe('about a capture', () => {
    const event = (of: PaymentRow, id: string) =>
      callback({ query: { transaction_id: aTransaction(of).transactionId, event: 'CAPTURE', event_id: id } });

    /** An operation that was sent and whose answer is not recorded yet; the returned function records it. */
    async function captureUnderWay(): Promise<() => Promise<unknown>> {
      const { db } = at.store;
      await recordFinding(db, aRecord(payment, { transaction: aTransaction(payment) }), TELLS);
      const wanted = { paymentId: payment.id, kind: 'capture', reference: 'c1', bodyHash: '' } as const;
      const { operation } = await claimOperation(db, {
        ...wanted,
        wanted: null,
        finalCapture: false,
        cause: 'merchant',
      });
      await markSending(db, operation.id, payment.amount);
      const capturedMinor = payment.amount;
      const shown = { kind: 'capture', reference: 'c1', amountMinor: capturedMinor, state: 'done' } as const;
      const transaction = aTransaction(payment, {
        status: 'CAPTURED',
        capturedMinor,
        operations: [shown],
        knownEvents: ['2/CAPTURE'],
      });
      const finding = aFinding('CAPTURED', { pays: true });
      return () => recordFinding(db, aRecord(payment, { finding, transaction }), TELLS);
    }

    it('of our own starts no run, before or after its record, and is noted', async () => {
      const record = await captureUnderWay();
      expect(await event(payment, '2')).toMatchObject({ status: 200, json: { result: 'accepted' } });
      await record();
      expect(await event(payment, '2')).toMatchObject({ status: 200, json: { result: 'duplicate' } });
      await until('both are handled', async () => (await log()).every(({ state }) => state === 'handled'));
      await event(payment, '9');
      await signalled(1);
      expect(at.api.runs.callbacks).toMatchObject([{ signal: { claim: { eventRef: '9/CAPTURE' } } }]);
      const notes = await readTimeline(at.store.db, payment.id);
      expect(notes.filter(({ kind }) => kind === 'delivery')).toHaveLength(1);
    });

    it('by another client is looked at within a second, also while an operation of ours is under way', async () => {
      const record = await captureUnderWay();
      const begun = performance.now();
      await event(payment, '3');
      await record();
      await signalled(1);
      expect(performance.now() - begun).toBeLessThan(1_500);
      expect(at.api.runs.callbacks).toMatchObject([{ signal: { claim: { eventRef: '3/CAPTURE' } } }]);
      await event(payment, '4');
      await signalled(2);
    });

    it('is looked at where the record of our own operation never comes', async () => {
      await captureUnderWay();
      await event(payment, '2');
      await signalled(1);
    });
  });

  it('may come by POST, and its body is never read', async () => {
    const { method, target, headers } = aCallback(payment, { method: 'POST' });
    const answer = await at.api.send(method, target, { headers, body: '{"status":"AUTHORIZED' });
    expect(answer).toMatchObject({ status: 200, json: { result: 'accepted' } });
    expect((await log())[0]?.body.toString()).toBe('{"status":"AUTHORIZED');
  });

  it('may come by GET with a body', async () => {
    const { method, target, headers } = aCallback(payment);
    expect(await at.api.send(method, target, { headers, body: 'what for?' })).toMatchObject({ status: 200 });
  });

  it('is a duplicate and not signalled when its delivery id was seen before', async () => {
    await callback({ delivery: 'delivery-1' });
    await signalled(1);
    await until('it is marked as signalled', async () => (await log())[0]?.state === 'signalled');
    const again = await callback({ delivery: 'delivery-1' });
    expect(again).toMatchObject({ status: 200, json: { result: 'duplicate' } });
    expect(at.api.runs.callbacks).toHaveLength(1);
  });

  it('is accepted once when ten copies arrive at the same moment', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => callback({ delivery: 'same' })));
    const results = answers.map(({ json }) => json.result as string);
    expect(results.filter((result) => result === 'accepted')).toHaveLength(1);
    expect(results.filter((result) => result === 'duplicate')).toHaveLength(9);
  });

  it('is a duplicate and not signalled when it has the same content and the payment is settled', async () => {
    await callback({ delivery: 'first' });
    await signalled(1);
    const [row] = await log();
    const done = handled({
      ...(row as object),
      eventId: 'first',
      contentHash: row?.contentHash ?? '',
      claim: {},
    } as never);
    await recordFinding(at.store.db, aRecord(payment, { deliveries: [done] }), TELLS);
    expect((await callback({ delivery: 'second' })).json).toEqual({ result: 'duplicate' });
    expect(at.api.runs.callbacks).toHaveLength(1);
  });

  it('is accepted when it has the same content and the payment is still open', async () => {
    await callback({ delivery: 'first' });
    expect((await callback({ delivery: 'second' })).json).toEqual({ result: 'accepted' });
    await signalled(2);
  });

  it('is accepted for a payment of ours that the store does not know', async () => {
    const lost = { id: 'pay_lost', orderReference: 'lost-order', n: 4, sessionId: aSessionId() };
    expect((await callback({}, lost as PaymentRow)).json).toEqual({ result: 'accepted' });
    await signalled(1);
    expect(at.api.runs.callbacks[0]?.payment).toMatchObject({ paymentId: 'pay_lost', n: 4 });
  });

  it('without a payment of ours is ignored, stored as foreign and never signalled', async () => {
    const foreign = { payment: undefined, order: undefined, n: undefined };
    expect((await callback({ query: foreign })).json).toEqual({ result: 'ignored' });
    expect(await log()).toMatchObject([
      { outcome: 'ignored', paymentId: null, reason: expect.stringMatching(/foreign/) },
    ]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it.each([
    ['two transaction ids', { rawQuery: '&transaction_id=T12345678.other' }],
    ['two session ids', { rawQuery: '&session_id=T12345678.other' }],
    ['another order than the payment has', { query: { merchant_reference: 'another' } }],
    ['a transaction of another account', { query: { transaction_id: 'T99999999.abc' } }],
    ['an id of over 200 characters', { query: { transaction_id: `T12345678.${'a'.repeat(200)}` } }],
  ])('that has a valid signature but %s is ignored, stored and not signalled', async (_, changes) => {
    expect(await callback(changes)).toMatchObject({ status: 200, json: { result: 'ignored' } });
    expect(await log()).toMatchObject([{ outcome: 'ignored', reason: 'unclear' }]);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it('may be signed with the older of two secrets', async () => {
    expect((await callback({ secret: SECRETS[1] })).json).toEqual({ result: 'accepted' });
  });

  it.each([
    ['without a signature', { secret: null }],
    ['with a wrong signature', { secret: 'not-a-secret-of-ours' }],
  ])('%s is 401, kept as refused, and pokes the session that it names', async (_, changes) => {
    const answer = await callback({ ...changes, delivery: 'forged' });
    expect(answer).toMatchObject({ status: 401, json: { code: 'bad_signature', status: 401 } });
    await until('it is poked', () => at.api.runs.pokes.length === 1);
    expect(at.api.runs.pokes).toEqual([
      { orderReference: payment.orderReference, n: 1, why: 'unproved_callback' },
    ]);
    await until('it is kept', async () => (await log()).length === 1);
    expect(await log()).toMatchObject([{ outcome: 'refused', eventId: null }]);
    expect(at.api.runs.callbacks).toEqual([]);
    expect((await callback({ delivery: 'forged' })).json).toEqual({ result: 'accepted' });
  });

  it('that is forged wakes no payment where it has an order number and an invented payment id', async () => {
    const other = await aPayment(at.store.db);
    for (const madeUp of ['pay_madeup1', 'pay_madeup2', other.id])
      await callback({ secret: 'wrong', query: { payment: madeUp } });
    await callback({ secret: 'wrong', query: { n: '2' } });
    await until('all of them are kept', async () => (await log()).length === 4);
    await callback({ secret: 'wrong' });
    await until('the one that names it pokes it', () => at.api.runs.pokes.length === 1);
  });

  it('that is forged pokes a session once within some seconds, for any number of copies', async () => {
    for (let index = 0; index < 8; index += 1) await callback({ secret: 'wrong' });
    await until('all of them are kept', async () => (await log()).length === 8);
    expect(at.api.runs.pokes).toHaveLength(1);
  });

  it.each([8, -8])(
    'with a valid signature that is %d days old is kept as refused, and pokes',
    async (days) => {
      const answer = await callback({ age: days * 24 * 3_600, delivery: 'ancient' });
      expect(answer).toMatchObject({ status: 401, json: { code: 'stale_signature' } });
      expect(answer.json.detail).toContain('the callback was not acted on');
      await until('it is poked', () => at.api.runs.pokes.length === 1);
      await until('it is kept', async () => (await log()).length === 1);
      expect(await log()).toMatchObject([{ outcome: 'refused', reason: 'signed_long_ago', eventId: null }]);
      expect(at.api.runs.callbacks).toEqual([]);
    },
  );

  it('that is not verified is kept with 4 KiB of its body', async () => {
    const { method, target, headers } = aCallback(payment, { method: 'POST' });
    await at.api.send(method, target, { headers, body: Buffer.alloc(1024 * 1024, 65) });
    await until('it is kept', async () => (await log()).length === 1);
    expect((await log())[0]?.body).toHaveLength(4_096);
  });

  it.each([
    ['old', 301],
    ['in the future', -302],
  ])(
    'with a valid signature but a time that is %s has its whole effect and is answered 401',
    async (_, age) => {
      const answer = await callback({ age, delivery: 'late' });
      expect(answer).toMatchObject({ status: 401, json: { code: 'stale_signature' } });
      await signalled(1);
      expect(await log()).toMatchObject([{ outcome: 'accepted', eventId: 'late' }]);
    },
  );

  it('with a signature that is 299 s old is fresh', async () => {
    expect(await callback({ age: 299 })).toMatchObject({ status: 200 });
  });

  it('that is stale is 503 when neither the store nor Temporal can take it', async () => {
    at.api.troubles.mood = 'down';
    at.api.runs.temporal = 'down';
    expect(await callback({ age: 4_000 })).toMatchObject({ status: 503, json: { code: 'unavailable' } });
  });

  it('without a signature and without a session is 400', async () => {
    expect(await at.api.send('GET', '/callbacks/dintero')).toMatchObject({
      status: 400,
      json: { code: 'malformed' },
    });
    expect(await at.api.send('GET', '/callbacks/dintero?a=%00')).toMatchObject({ status: 400 });
  });

  it.each(['HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('by %s is 405', async (method) => {
    const { target, headers } = aCallback(payment, { method });
    const answer = await at.api.send(method, target, { headers });
    expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, POST' } });
    expect(await log()).toEqual([]);
  });

  it('is checked for its size before its method, and for its method before its form', async () => {
    const large = Buffer.alloc(1024 * 1024 + 1);
    expect((await at.api.send('PUT', '/callbacks/dintero', { body: large })).json.code).toBe('too_large');
    expect((await at.api.send('POST', '/callbacks/dintero', { body: large })).status).toBe(413);
    expect((await at.api.send('PUT', '/callbacks/dintero')).json.code).toBe('method_not_allowed');
  });

  it('with a body of exactly 1 MiB is accepted', async () => {
    const { method, target, headers } = aCallback(payment, { method: 'POST' });
    const body = Buffer.alloc(1024 * 1024, 1);
    expect(await at.api.send(method, target, { headers, body })).toMatchObject({ status: 200 });
  });

  it('to a gateway that is not configured is 404', async () => {
    expect(await at.api.send('POST', '/callbacks/stripe')).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    });
    expect(await at.api.send('POST', '/callbacks/%E0%A4%A')).toMatchObject({ status: 404 });
  });

  it('with an endless body is cut off at 1 MiB, and the service continues', async () => {
    const { target, headers } = aCallback(payment, { method: 'POST' });
    const { received, written } = await sendEndlessBody(at.api.port, target, headers);
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
    expect(written).toBeLessThan(64 * 1024 * 1024);
    expect(await callback()).toMatchObject({ status: 200 });
  });

  describe('while the store or Temporal is away', () => {
    it.each(['down', 'hanging', 'slow'] as const)(
      'is accepted within a second with the store %s',
      async (mood) => {
        at.api.troubles.mood = mood;
        const answer = await callback();
        expect(answer).toMatchObject({ status: 200, json: { result: 'accepted' } });
        expect(answer.ms).toBeLessThan(1_000);
        expect(at.api.runs.callbacks).toHaveLength(1);
      },
    );

    it.each(['down', 'hanging'] as const)(
      'is accepted within a second with Temporal %s, and left to the forwarder',
      async (mood) => {
        at.api.runs.temporal = mood;
        const answer = await callback();
        expect(answer).toMatchObject({ status: 200, json: { result: 'accepted' } });
        expect(answer.ms).toBeLessThan(1_000);
        at.api.runs.temporal = 'well';
        expect(await log()).toMatchObject([{ state: 'received' }]);
      },
    );

    it.each([
      ['down', 'down'],
      ['down', 'hanging'],
      ['hanging', 'down'],
      ['hanging', 'hanging'],
      ['slow', 'hanging'],
    ] as const)('is 503 within a second with the store %s and Temporal %s', async (mood, temporal) => {
      at.api.troubles.mood = mood;
      at.api.runs.temporal = temporal;
      const answer = await callback();
      expect(answer).toMatchObject({
        status: 503,
        json: { code: 'unavailable' },
        headers: { 'retry-after': '1' },
      });
      expect(answer.ms).toBeLessThan(1_000);
    });

    it('that is not ours is 503 with the store down, since only the store could keep it', async () => {
      at.api.troubles.mood = 'down';
      const foreign = { payment: undefined, order: undefined, n: undefined };
      expect(await callback({ query: foreign })).toMatchObject({ status: 503 });
    });

    it("that is forged wakes no payment with the store down, since its payment can't be looked up", async () => {
      at.api.troubles.mood = 'down';
      expect(await callback({ secret: 'wrong' })).toMatchObject({ status: 401 });
      at.api.troubles.mood = 'well';
      await callback({ secret: 'wrong' });
      await until('the next one pokes it', () => at.api.runs.pokes.length === 1);
    });
  });

  describe('limits', () => {
    afterEach(() => void jest.restoreAllMocks());

    /** The limits see the same moment, no matter how long the requests take. */
    const stopTheClock = () => jest.spyOn(performance, 'now').mockReturnValue(Math.ceil(performance.now()));

    it('refuse with 503 the 21st verified delivery of a session within a second, and none of another session', async () => {
      stopTheClock();
      const answers = await Promise.all(
        Array.from({ length: 120 }, (_, index) => callback({ delivery: `d${index}`, age: index })),
      );
      const limited = 'more than 20 callbacks a second for one payment; send the callback again later';
      expect(tally(answers.map(({ status, json }) => `${status} ${json.result ?? json.detail}`))).toEqual({
        '200 accepted': 20,
        [`503 ${limited}`]: 100,
      });
      const refused = answers.filter(({ status }) => status === 503);
      expect(refused[0]).toMatchObject({ json: { code: 'unavailable' }, headers: { 'retry-after': '1' } });
      // A refused callback of an earlier test may be stored late.
      const verified = async () => (await log()).filter(({ outcome }) => outcome !== 'refused');
      await until('the others are stored', async () => (await verified()).length >= 20);
      expect(await verified()).toHaveLength(20);
      const other = await claimPayment(at.store.db, aNewPayment());
      if (other.kind !== 'created') throw new Error(other.kind);
      expect(await callback({}, other.payment)).toMatchObject({ status: 200 });
    });

    it('keep 50 refused deliveries at once, and never delay a verified one', async () => {
      stopTheClock();
      const fresh = await startTestApi(at.store);
      const forged = aCallback(payment, { secret: 'wrong' });
      const answers = await Promise.all(
        Array.from({ length: 120 }, () =>
          fresh.send(forged.method, forged.target, { headers: forged.headers }),
        ),
      );
      const genuine = aCallback(payment);
      const verified = await fresh.send(genuine.method, genuine.target, { headers: genuine.headers });
      await fresh.stop();
      expect(answers.every(({ status }) => status === 401)).toBe(true);
      expect(verified.status).toBe(200);
      expect((await log()).filter(({ outcome }) => outcome === 'refused')).toHaveLength(50);
    });

    it('keep at most 4 KiB of a refused delivery', async () => {
      const { target, headers } = aCallback(payment, {
        method: 'POST',
        secret: 'wrong',
        query: { x: 'y'.repeat(9_000) },
      });
      const long = Object.fromEntries(
        Array.from({ length: 40 }, (_, at) => [`x-${at}-${'h'.repeat(100)}`, 'v']),
      );
      await at.api.send('POST', target, {
        headers: { ...headers, ...long, 'user-agent': 'u'.repeat(999) },
        body: Buffer.alloc(100_000, 65),
      });
      await until('it is kept', async () => (await log()).length === 1);
      const [row] = await log();
      const size = (row?.body.length ?? 0) + (row?.target.length ?? 0) + JSON.stringify(row?.headers).length;
      expect(size).toBeLessThanOrEqual(4 * 1024);
      expect(row?.body.length).toBeGreaterThan(0);
    });
  });
});

function tally(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** Sends chunks until the other side closes; resolves with its answer and the number of bytes written. */
function sendEndlessBody(
  port: number,
  target: string,
  headers: Record<string, string>,
): Promise<{ received: string; written: number }> {
  return new Promise((resolve) => {
    let [received, written] = ['', 0];
    const socket = connect(port, '127.0.0.1');
    const chunk = Buffer.alloc(64 * 1024, 65);
    const more = (): void => {
      while (!socket.destroyed && written < 256 * 1024 * 1024) {
        written += chunk.length;
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        if (!socket.write('\r\n')) break;
      }
    };
    socket.on('drain', more);
    socket.on('data', (data) => (received += data.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve({ received, written }));
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(
      `POST ${target} HTTP/1.1\r\nhost: pay.example\r\ntransfer-encoding: chunked\r\n${lines.join('')}\r\n`,
    );
    more();
  });
}
