/** Contract §6, against a real endpoint and a real store. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import { attemptUpdate, retryDelay, type Attempted } from '../../src/updates/attempt-update.ts';
import type { MerchantEndpoint } from '../../src/updates/signed-message.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import type { RecordRequest } from '../../src/store/record-finding/record-request.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import {
  claimAttempt,
  finishAttempt,
  pageOfAttempts,
  type ClaimedAttempt,
} from '../../src/store/update-attempts.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { aFinding, aPayment, aRecord, aTransaction, TELLS } from '../support/builders.ts';
import { startShop, type Received, type Shop } from '../support/shop.ts';
import { until } from '../support/until.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const SECRETS = ['newest', 'older.'].map(
  (name) => `whsec_${Buffer.from(`${name} webhook secret of 32 b`).toString('base64')}`,
);

describe('an attempt to send an update', () => {
  let store: TestStore;
  let shop: Shop;
  let effectId: string;
  const attempts: string[] = [];
  beforeAll(async () => {
    [store, shop] = [await openTestStore(), await startShop()];
  }, 180_000);
  afterAll(async () => {
    await store.close();
    await shop.close();
  });
  beforeEach(async () => {
    shop.received.length = 0;
    attempts.length = 0;
    shop.answer = (response) => response.writeHead(204).end();
    const payment = await aPayment(store.db);
    const recorded = await recordFinding(store.db, aRecord(payment), TELLS);
    effectId = recorded.effects[0] ?? '';
  });

  /** A later attempt comes when it is due, as with Temporal. */
  async function attempt(
    n = 1,
    changes: Partial<MerchantEndpoint> = {},
    id = effectId,
    begunAt = 0,
  ): Promise<Attempted> {
    if (n > 1) await store.db.update(outbox).set({ nextAttemptAt: sql`now()` });
    const endpoint = { url: `${shop.url}/hook`, timeoutMs: 1_000, secrets: SECRETS, ...changes };
    const onAttempt = (type: string, outcome: string) => attempts.push(`${type} ${outcome}`);
    const signal = new AbortController().signal;
    return attemptUpdate({ db: store.db, endpoint, onAttempt }, id, { teller: null, begunAt, signal });
  }

  /** The update of a record. */
  const newUpdate = async (record: RecordRequest): Promise<string> =>
    (await recordFinding(store.db, record, TELLS)).effects[0] ?? '';

  const ended = (state: string) => ({ kind: 'ended', state });

  async function failureOf(running: Promise<Attempted>): Promise<Attempted & { kind: 'failed' }> {
    const attempted = await running;
    expect(attempted.kind).toBe('failed');
    return attempted as Attempted & { kind: 'failed' };
  }

  async function waitOf(running: Promise<Attempted>): Promise<Attempted & { kind: 'not_now' }> {
    const attempted = await running;
    expect(attempted.kind).toBe('not_now');
    return attempted as Attempted & { kind: 'not_now' };
  }

  it('succeeds with 2xx, with headers that the reference library verifies with either secret', async () => {
    expect(await attempt()).toEqual(ended('delivered'));
    const [update] = shop.received as [Received];
    expect(update).toMatchObject({ method: 'POST', url: '/hook' });
    expect(update.headers['webhook-id']).toBe(effectId);
    expect(update.headers['content-type']).toBe('application/json');
    expect(String(update.headers['webhook-signature']).split(' ')).toHaveLength(2);
    const headers = update.headers as Record<string, string>;
    for (const secret of SECRETS)
      expect(new Webhook(secret).verify(update.body, headers)).toMatchObject({ type: 'order.paid' });
    expect(() => new Webhook(SECRETS[0] ?? '').verify(`${update.body} `, headers)).toThrow();
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'delivered',
      attempts: 1,
      lastAnswer: '204',
    });
    expect(attempts).toEqual(['order.paid delivered']);
  });

  it.each(['kortet ble avvist \u2603', '\u{1f4b3}', 'no\r\nsuch: header'])(
    'succeeds although the gateway says %j',
    async (words) => {
      const payment = await aPayment(store.db);
      const finding = aFinding('FAILED', { pays: false, reason: words, cause: words });
      const { effects } = await recordFinding(store.db, aRecord(payment, { finding }), TELLS);
      expect(await attempt(1, {}, effects[0])).toEqual(ended('delivered'));
      const [{ headers, body }] = shop.received as [Received];
      expect(headers['webhook-id']).toMatch(/^[!-~]+$/);
      expect(new Webhook(SECRETS[0] ?? '').verify(body, headers as Record<string, string>)).toBeDefined();
    },
  );

  it.each(['/hook/', '/hook?token=a%2Fb', '/%7Eshop//hook', '/'])(
    'calls the URL unchanged: %s',
    async (path) => {
      expect(await attempt(1, { url: `${shop.url}${path}` })).toEqual(ended('delivered'));
      expect(shop.received[0]?.url).toBe(path);
    },
  );

  it.each([
    ['user:pass@', 'user:pass'],
    ['user@', 'user:'],
    [':only@', ':only'],
    ['a%40b:c%3Ad%2Fe@', 'a@b:c:d/e'],
    ['user:100%@', 'user:100%'],
  ])('sends %s as Basic authentication', async (given, credentials) => {
    const url = `${shop.url}/hook`.replace('//', `//${given}`);
    expect(await attempt(1, { url })).toEqual(ended('delivered'));
    const { authorization } = shop.received[0]?.headers ?? {};
    expect(authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`);
  });

  it('has neither the credentials nor the query in its error when no server answers', async () => {
    const failure = await failureOf(attempt(1, { url: 'http://user:hush-hush@127.0.0.1:1/hook?token=hush' }));
    const { lastAnswer } = (await readUpdate(store.db, effectId)) ?? {};
    const { rows } = await pageOfAttempts(store.db, effectId, { limit: 10 });
    expect(rows).toHaveLength(1);
    expect(JSON.stringify([failure.words, lastAnswer, rows])).not.toMatch(/hush/);
  });

  it('sends the same id and the same bytes with every attempt', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(attempt(1));
    await failureOf(attempt(2));
    const [first, second] = shop.received as [Received, Received];
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  });

  it.each([300, 301, 302, 307, 400, 401, 404, 429, 500, 503])('is repeated after %d', async (status) => {
    shop.answer = (response) => response.writeHead(status, { location: `${shop.url}/elsewhere` }).end();
    const failure = await failureOf(attempt(1));
    expect(failure).toMatchObject({ retryAfterMs: 1_000 });
    expect(shop.received).toHaveLength(1);
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'pending',
      attempts: 1,
      lastAnswer: String(status),
    });
    expect(attempts).toEqual(['order.paid failed']);
  });

  it('is repeated after 1, 5, 15 and 60 s, then at doubling intervals of at most an hour', () => {
    const delays = Array.from({ length: 14 }, (_, index) => retryDelay(index + 1) / 1_000);
    expect(delays).toEqual([1, 5, 15, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600, 3_600]);
    expect(retryDelay(2_000)).toBe(3_600_000);
  });

  it('returns the delay before the next one', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await store.db.update(outbox).set({ tries: 3 });
    expect(await failureOf(attempt(4))).toMatchObject({ retryAfterMs: 60_000 });
  });

  it('is repeated when no server listens', async () => {
    const failure = await failureOf(attempt(1, { url: 'http://127.0.0.1:9/' }));
    expect(failure.words).toMatch(/ECONNREFUSED|nothing/);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'pending', attempts: 1 });
  });

  it('is repeated when no answer arrives within its time limit', async () => {
    shop.answer = () => undefined;
    const begun = performance.now();
    await failureOf(attempt());
    expect(performance.now() - begun).toBeGreaterThan(900);
    expect(performance.now() - begun).toBeLessThan(3_000);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ lastAnswer: 'nothing within 1 s' });
  }, 15_000);

  it('does not wait for a body that never ends', async () => {
    shop.answer = (response) => {
      response.writeHead(200);
      response.write('and');
    };
    const begun = performance.now();
    expect(await attempt()).toEqual(ended('delivered'));
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it('is made once by any number of parallel callers', async () => {
    const told = await Promise.all(Array.from({ length: 10 }, () => attempt()));
    const [heard, ...waiting] = told.sort((left, right) => left.kind.localeCompare(right.kind));
    expect(heard).toEqual(ended('delivered'));
    // The last ones may come when it is over.
    for (const one of waiting) if (one.kind !== 'not_now') expect(one).toEqual(ended('delivered'));
    expect(shop.received).toHaveLength(1);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 1 });
  });

  it("waits for as long as another process's attempt may take, and ends when that one was acknowledged", async () => {
    const claimed = await claimAttempt(store.db, effectId, 7_000);
    const { waitMs } = await waitOf(attempt());
    expect(waitMs).toBeGreaterThan(5_000);
    expect(waitMs).toBeLessThanOrEqual(7_000);
    const sent = { status: 200, error: null, ms: 1, answer: null };
    await finishAttempt(store.db, claimed as ClaimedAttempt, sent, {
      state: 'delivered',
      lastAnswer: '200',
      retryAfterMs: 0,
    });
    expect(await attempt()).toEqual(ended('delivered'));
    expect(shop.received).toEqual([]);
  });

  it('waits for the delay after a failed one, as every other caller does', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(attempt());
    const { waitMs } = await waitOf(attempt());
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect(shop.received).toHaveLength(1);
  });

  it("replaces one that a killed process has begun, once that one can't be under way any more", async () => {
    await claimAttempt(store.db, effectId, 0);
    expect(await attempt()).toEqual(ended('delivered'));
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 2 });
  });

  it('ends after its time limit, for any number of garbage collections', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    shop.answer = () => undefined;
    const collecting = setInterval(() => collect(), 50);
    const failure = await failureOf(attempt(1, { timeoutMs: 1_000 })).finally(() =>
      clearInterval(collecting),
    );
    expect(failure.words).toContain('nothing within 1 s');
  }, 10_000);

  it('renews its claim for as long as the shop takes, so that no other attempt begins', async () => {
    let answer = () => {};
    shop.answer = (response) => (answer = () => response.writeHead(200).end());
    const told = attempt(1, { timeoutMs: 10_000 });
    await until('the shop is asked', () => shop.received.length === 1, 10_000);
    const heldUntil = async () => Number((await readUpdate(store.db, effectId))?.claimedUntil);
    const first = await heldUntil();
    await until('the claim is renewed', async () => (await heldUntil()) > first + 500, 4_000);
    await waitOf(attempt());
    answer();
    expect(await told).toEqual(ended('delivered'));
    expect(shop.received).toHaveLength(1);
    expect((await readUpdate(store.db, effectId))?.attempts).toBe(1);
  }, 15_000);

  it("ends where its claim can't be renewed, and another attempt may begin", async () => {
    shop.answer = () => undefined;
    const told = failureOf(attempt(1, { timeoutMs: 10_000 }));
    await until('the shop is asked', () => shop.received.length === 1, 10_000);
    await store.db
      .update(outbox)
      .set({ claimedUntil: new Date(0) })
      .where(eq(outbox.effectId, effectId));
    const begun = performance.now();
    expect((await told).words).toContain('the claim has expired');
    expect(performance.now() - begun).toBeLessThan(4_900);
  }, 15_000);

  it('is kept with its time, its answer and its duration', async () => {
    shop.answer = (response) => response.writeHead(500).end('<h1>no\u0000\r\n such \ud83d\ude00</h1>');
    await failureOf(attempt());
    await failureOf(attempt(2, { url: 'http://127.0.0.1:9/' }));
    const { rows } = await pageOfAttempts(store.db, effectId, { limit: 9 });
    expect(rows).toMatchObject([
      { n: 2, status: null, error: expect.stringMatching(/^nothing: ./), answer: null },
      { n: 1, status: 500, error: null, answer: '<h1>no such \ud83d\ude00</h1>' },
    ]);
    for (const { ms, at } of rows) {
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(Date.now() - at.getTime()).toBeLessThan(60_000);
    }
  });

  it('keeps 200 characters of any answer, and reads little more', async () => {
    let written = 0;
    shop.answer = (response) => {
      response.writeHead(503);
      const more = () => {
        written += 65_536;
        if (!response.destroyed && written < 50_000_000)
          response.write(Buffer.alloc(65_536, 0xff), () => void setImmediate(more));
      };
      more();
    };
    await failureOf(attempt());
    const { rows } = await pageOfAttempts(store.db, effectId, { limit: 9 });
    expect(rows[0]?.answer).toBe('\ufffd'.repeat(200));
    expect(written).toBeLessThan(5_000_000);
  });

  it('is the last one after 410', async () => {
    shop.answer = (response) => response.writeHead(410).end();
    expect(await attempt()).toEqual(ended('gone'));
    expect(await attempt(2)).toEqual(ended('gone'));
    expect(shop.received).toHaveLength(1);
  });

  it('is the last one after three days, and not a minute before', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    const age = (interval: string) =>
      store.db
        .update(outbox)
        .set({ createdAt: sql`now() - ${interval}::interval` })
        .where(eq(outbox.effectId, effectId));
    await age('71 hours 59 minutes');
    await failureOf(attempt());
    await age('72 hours 1 minute');
    expect(await attempt(2)).toEqual(ended('gave_up'));
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'gave_up',
      lastAnswer: '500',
      attempts: 2,
    });
  });

  it('may be made for three more days by a run that was woken late', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await store.db.update(outbox).set({ createdAt: sql`now() - interval '20 days'` });
    await failureOf(attempt(1, {}, effectId, Date.now() - 71 * 3_600_000));
    expect(await attempt(2, {}, effectId, Date.now() - 73 * 3_600_000)).toEqual(ended('gave_up'));
  });

  it('ends with its own signal, so that a stopping worker need not wait for a shop', async () => {
    shop.answer = () => undefined;
    const stopping = new AbortController();
    const endpoint = { url: shop.url, timeoutMs: 10_000, secrets: SECRETS };
    const telling = { teller: 'run-1', begunAt: 0, signal: stopping.signal };
    const told = attemptUpdate({ db: store.db, endpoint }, effectId, telling);
    await until('the shop is asked', () => shop.received.length === 1, 10_000);
    stopping.abort(new Error('the worker stops'));
    expect((await failureOf(told)).words).toContain('the worker stops');
    expect(await readUpdate(store.db, effectId)).toMatchObject({ teller: 'run-1', claimedUntil: null });
  }, 15_000);

  it('is not made once the update was delivered', async () => {
    await attempt();
    expect(await attempt(2)).toEqual(ended('delivered'));
    expect(shop.received).toHaveLength(1);
  });

  it('is not made for a failure when the order has been paid since', async () => {
    const payment = await aPayment(store.db);
    const declined = await newUpdate(aRecord(payment, { finding: aFinding('DECLINED') }));
    const paid = await newUpdate(aRecord(payment, { key: 'b' }));
    expect(await attempt(1, {}, declined)).toEqual(ended('superseded'));
    expect(shop.received).toEqual([]);
    expect(await attempt(1, {}, paid)).toEqual(ended('delivered'));
  });

  it('is made for order.paid even when the order has moved on since', async () => {
    const payment = await aPayment(store.db);
    const paid = await newUpdate(aRecord(payment));
    await newUpdate(aRecord(payment, { finding: aFinding('VOIDED', { pays: true }), key: 'b' }));
    expect(await attempt(1, {}, paid)).toEqual(ended('delivered'));
  });

  it('waits for the first attempt at an earlier update of the order, and for no other', async () => {
    const payment = await aPayment(store.db);
    const paid = await newUpdate(aRecord(payment));
    const transaction = aTransaction(payment, { status: 'CAPTURED', capturedMinor: payment.amount });
    const captured = aFinding('CAPTURED', { pays: true });
    const later = await newUpdate(aRecord(payment, { finding: captured, transaction, key: 'b' }));
    expect(await waitOf(attempt(1, {}, later))).toMatchObject({ waitMs: 100 });
    expect(shop.received).toEqual([]);
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(attempt(1, {}, paid));
    expect(await failureOf(attempt(7, {}, later))).toMatchObject({ retryAfterMs: 1_000 });
    expect(shop.received).toHaveLength(2);
  });

  it('sends nothing without an endpoint, says so, and keeps the update', async () => {
    const telling = { teller: null, begunAt: 0, signal: new AbortController().signal };
    const attemptNowhere = () => attemptUpdate({ db: store.db, endpoint: null }, effectId, telling);
    expect(await attemptNowhere()).toEqual(ended('off'));
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      lastAnswer: 'ORDER_WEBHOOK_URL is not set',
    });
    expect(await attempt()).toEqual(ended('delivered'));
    expect(await attemptNowhere()).toEqual(ended('delivered'));
  });

  it('reports an unknown update as ended', async () => {
    expect(await attempt(1, {}, 'none')).toEqual(ended('off'));
  });
});
