/** Contract §6, against a real endpoint and a real store. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ApplicationFailure } from '@temporalio/common';
import { eq, sql } from 'drizzle-orm';
import { Webhook } from 'standardwebhooks';
import {
  createUpdateActivities,
  retryDelay,
  type MerchantEndpoint,
} from '../../src/activities/notify-merchant.ts';
import { recordOutcome } from '../../src/store/outcomes.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import {
  claimAttempt,
  finishAttempt,
  pageOfAttempts,
  type ClaimedAttempt,
} from '../../src/store/update-attempts.ts';
import { outbox } from '../../src/store/schema.ts';
import { anActivityRun } from '../support/activity.ts';
import { anOutcome, aPayment, aRecord, TELLS } from '../support/builders.ts';
import { until } from '../support/until.ts';
import { openTestStore, type TestStore } from '../support/store.ts';

const SECRETS = ['newest', 'older.'].map(
  (name) => `whsec_${Buffer.from(`${name} webhook secret of 32 b`).toString('base64')}`,
);

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('telling the merchant', () => {
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
    const recorded = await recordOutcome(store.db, aRecord(payment), TELLS);
    effectId = recorded.untold[0] ?? '';
  });

  /** A later attempt comes when it is due, as with Temporal. */
  async function notify(
    attempt = 1,
    changes: Partial<MerchantEndpoint> = {},
    id = effectId,
    toldSince = 0,
  ): Promise<unknown> {
    if (attempt > 1) await store.db.update(outbox).set({ nextAttemptAt: sql`now()` });
    const endpoint = { url: `${shop.url}/hook`, timeoutMs: 1_000, secrets: SECRETS, ...changes };
    const onAttempt = (type: string, outcome: string) => attempts.push(`${type} ${outcome}`);
    const activities = createUpdateActivities({ db: store.db, endpoint, onAttempt });
    return anActivityRun(attempt, toldSince).run(() => activities.notifyMerchant(id));
  }

  async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
    const failure = await running.then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ApplicationFailure);
    return failure as ApplicationFailure;
  }

  it('is delivered by 2xx, with headers that the reference library verifies by either secret', async () => {
    expect(await notify()).toBe('delivered');
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
    'is delivered although the gateway says %j',
    async (words) => {
      const payment = await aPayment(store.db);
      const outcome = anOutcome('FAILED', { pays: false, reason: words, cause: words });
      const { untold } = await recordOutcome(store.db, aRecord(payment, { outcome }), TELLS);
      expect(await notify(1, {}, untold[0])).toBe('delivered');
      const [{ headers, body }] = shop.received as [Received];
      expect(headers['webhook-id']).toMatch(/^[!-~]+$/);
      expect(new Webhook(SECRETS[0] ?? '').verify(body, headers as Record<string, string>)).toBeDefined();
    },
  );

  it.each(['/hook/', '/hook?token=a%2Fb', '/%7Eshop//hook', '/'])(
    'is called as written: %s',
    async (path) => {
      expect(await notify(1, { url: `${shop.url}${path}` })).toBe('delivered');
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
    expect(await notify(1, { url })).toBe('delivered');
    const { authorization } = shop.received[0]?.headers ?? {};
    expect(authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`);
  });

  it('says nothing of the credentials and the query when nobody answers', async () => {
    const failure = await failureOf(notify(1, { url: 'http://user:hush-hush@127.0.0.1:1/hook?token=hush' }));
    const { lastAnswer } = (await readUpdate(store.db, effectId)) ?? {};
    const { rows } = await pageOfAttempts(store.db, effectId, { limit: 10 });
    expect(rows).toHaveLength(1);
    expect(JSON.stringify([failure.message, lastAnswer, rows])).not.toMatch(/hush/);
  });

  it('sends the same id and the same bytes with every attempt', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(notify(1));
    await failureOf(notify(2));
    const [first, second] = shop.received as [Received, Received];
    expect(second.body).toBe(first.body);
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
  });

  it.each([300, 301, 302, 307, 400, 401, 404, 429, 500, 503])('is tried again after %d', async (status) => {
    shop.answer = (response) => response.writeHead(status, { location: `${shop.url}/elsewhere` }).end();
    const failure = await failureOf(notify(1));
    expect(failure).toMatchObject({ type: 'MERCHANT_UNREACHED', nextRetryDelay: 1_000, nonRetryable: false });
    expect(shop.received).toHaveLength(1);
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'pending',
      attempts: 1,
      lastAnswer: String(status),
    });
    expect(attempts).toEqual(['order.paid failed']);
  });

  it('is tried again after 1, 5, 15 and 60 s, then at doubling intervals of at most an hour', () => {
    const delays = Array.from({ length: 14 }, (_, index) => retryDelay(index + 1) / 1_000);
    expect(delays).toEqual([1, 5, 15, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600, 3_600, 3_600]);
    expect(retryDelay(2_000)).toBe(3_600_000);
  });

  it('hands the delay that is due to the retry', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await store.db.update(outbox).set({ tries: 3 });
    expect(await failureOf(notify(4))).toMatchObject({ nextRetryDelay: 60_000 });
  });

  it('is tried again when nobody is there', async () => {
    const failure = await failureOf(notify(1, { url: 'http://127.0.0.1:9/' }));
    expect(failure.message).toMatch(/ECONNREFUSED|nothing/);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ state: 'pending', attempts: 1 });
  });

  it('is tried again when no answer comes in the time that it has', async () => {
    shop.answer = () => undefined;
    const begun = performance.now();
    await failureOf(notify());
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
    expect(await notify()).toBe('delivered');
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it('is sent once by however many tell it at the same moment', async () => {
    const told = await Promise.allSettled(Array.from({ length: 10 }, () => notify()));
    const [heard, ...waiting] = told.sort((left, right) => left.status.localeCompare(right.status));
    expect(heard).toEqual({ status: 'fulfilled', value: 'delivered' });
    for (const one of waiting) expect(one).toMatchObject({ reason: { type: 'NOT_ITS_TURN' } });
    expect(shop.received).toHaveLength(1);
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 1 });
  });

  it('waits for as long as an attempt of somebody else may take, and ends when that was heard', async () => {
    const claimed = await claimAttempt(store.db, effectId, 7_000);
    const { nextRetryDelay } = await failureOf(notify());
    expect(nextRetryDelay).toBeGreaterThan(5_000);
    expect(nextRetryDelay).toBeLessThanOrEqual(7_000);
    const sent = { status: 200, error: null, ms: 1, answer: null };
    await finishAttempt(store.db, claimed as ClaimedAttempt, sent, {
      state: 'delivered',
      lastAnswer: '200',
      retryAfterMs: 0,
    });
    expect(await notify()).toBe('delivered');
    expect(shop.received).toEqual([]);
  });

  it('waits with everybody else for the delay after an attempt that was not heard', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(notify());
    const { type, nextRetryDelay } = await failureOf(notify());
    expect(type).toBe('NOT_ITS_TURN');
    expect(nextRetryDelay).toBeGreaterThan(0);
    expect(nextRetryDelay).toBeLessThanOrEqual(1_000);
    expect(shop.received).toHaveLength(1);
  });

  it('takes over what a killed process had begun, once it can not be under way any more', async () => {
    await claimAttempt(store.db, effectId, 0);
    expect(await notify()).toBe('delivered');
    expect(await readUpdate(store.db, effectId)).toMatchObject({ attempts: 2 });
  });

  it('is given up after its time, however often garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    shop.answer = () => undefined;
    const collecting = setInterval(() => collect(), 50);
    const failure = await failureOf(notify(1, { timeoutMs: 1_000 })).finally(() => clearInterval(collecting));
    expect(failure.message).toContain('nothing within 1 s');
  }, 10_000);

  it('holds its claim for as long as the shop takes, so that nobody else begins', async () => {
    let answer = () => {};
    shop.answer = (response) => (answer = () => response.writeHead(200).end());
    const told = notify(1, { timeoutMs: 10_000 });
    await until('the shop is asked', () => shop.received.length === 1, 10_000);
    const heldUntil = async () => Number((await readUpdate(store.db, effectId))?.claimedUntil);
    const first = await heldUntil();
    await until('the claim is renewed', async () => (await heldUntil()) > first + 500, 4_000);
    expect(await failureOf(notify())).toMatchObject({ type: 'NOT_ITS_TURN' });
    answer();
    expect(await told).toBe('delivered');
    expect(shop.received).toHaveLength(1);
    expect((await readUpdate(store.db, effectId))?.attempts).toBe(1);
  }, 15_000);

  it('is ended where its claim can not be held any more, and another attempt may begin', async () => {
    shop.answer = () => undefined;
    const told = failureOf(notify(1, { timeoutMs: 10_000 }));
    await until('the shop is asked', () => shop.received.length === 1, 10_000);
    await store.db
      .update(outbox)
      .set({ claimedUntil: new Date(0) })
      .where(eq(outbox.effectId, effectId));
    const begun = performance.now();
    expect((await told).message).toContain('the claim has run out');
    expect(performance.now() - begun).toBeLessThan(4_900);
  }, 15_000);

  it('keeps of each attempt when it was, what came back and how long that took', async () => {
    shop.answer = (response) => response.writeHead(500).end('<h1>no\u0000\r\n such \ud83d\ude00</h1>');
    await failureOf(notify());
    await failureOf(notify(2, { url: 'http://127.0.0.1:9/' }));
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

  it('keeps 200 characters of an answer, whatever it is made of, and reads little more', async () => {
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
    await failureOf(notify());
    const { rows } = await pageOfAttempts(store.db, effectId, { limit: 9 });
    expect(rows[0]?.answer).toBe('\ufffd'.repeat(200));
    expect(written).toBeLessThan(5_000_000);
  });

  it('ends with 410', async () => {
    shop.answer = (response) => response.writeHead(410).end();
    expect(await notify()).toBe('gone');
    expect(await notify(2)).toBe('gone');
    expect(shop.received).toHaveLength(1);
  });

  it('gives up after three days, and not a minute before', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    const age = (interval: string) =>
      store.db
        .update(outbox)
        .set({ createdAt: sql`now() - ${interval}::interval` })
        .where(eq(outbox.effectId, effectId));
    await age('71 hours 59 minutes');
    await failureOf(notify());
    await age('72 hours 1 minute');
    expect(await notify(2)).toBe('gave_up');
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'gave_up',
      lastAnswer: '500',
      attempts: 2,
    });
  });

  it('is tried for three days more by a run that was woken to tell it late', async () => {
    shop.answer = (response) => response.writeHead(500).end();
    await store.db.update(outbox).set({ createdAt: sql`now() - interval '20 days'` });
    await failureOf(notify(1, {}, effectId, Date.now() - 71 * 3_600_000));
    expect(await notify(2, {}, effectId, Date.now() - 73 * 3_600_000)).toBe('gave_up');
  });

  it('is not sent again once it was delivered', async () => {
    await notify();
    expect(await notify(2)).toBe('delivered');
    expect(shop.received).toHaveLength(1);
  });

  it('does not send the news of a failure when the order has been paid since', async () => {
    const payment = await aPayment(store.db);
    await recordOutcome(store.db, aRecord(payment, { outcome: anOutcome('DECLINED') }), TELLS);
    const { untold } = await recordOutcome(store.db, aRecord(payment, { key: 'b' }), TELLS);
    const [declined, paid] = untold as [string, string];
    expect(await notify(1, {}, declined)).toBe('superseded');
    expect(shop.received).toEqual([]);
    expect(await notify(1, {}, paid)).toBe('delivered');
  });

  it('sends order.paid even when the order has moved on since', async () => {
    const payment = await aPayment(store.db);
    await recordOutcome(store.db, aRecord(payment), TELLS);
    const voided = aRecord(payment, { outcome: anOutcome('VOIDED', { pays: true }), key: 'b' });
    const { untold } = await recordOutcome(store.db, voided, TELLS);
    expect(await notify(1, {}, untold[0])).toBe('delivered');
  });

  it('waits for the first attempt of an earlier update of the order, and for no other', async () => {
    const payment = await aPayment(store.db);
    await recordOutcome(store.db, aRecord(payment), TELLS);
    const captured = anOutcome('CAPTURED', { pays: true, capturedMinor: 72_200 });
    const { untold } = await recordOutcome(
      store.db,
      aRecord(payment, { outcome: captured, key: 'b' }),
      TELLS,
    );
    const [paid, later] = untold as [string, string];
    expect(await failureOf(notify(1, {}, later))).toMatchObject({
      type: 'NOT_ITS_TURN',
      nextRetryDelay: 100,
    });
    expect(shop.received).toEqual([]);
    shop.answer = (response) => response.writeHead(500).end();
    await failureOf(notify(1, {}, paid));
    expect(await failureOf(notify(7, {}, later))).toMatchObject({ nextRetryDelay: 1_000 });
    expect(shop.received).toHaveLength(2);
  });

  it('tells nobody where no endpoint is set, says so, and is kept for when there is one again', async () => {
    const activities = createUpdateActivities({ db: store.db, endpoint: null });
    const notifyNowhere = () => anActivityRun().run(() => activities.notifyMerchant(effectId));
    expect(await notifyNowhere()).toBe('off');
    expect(await readUpdate(store.db, effectId)).toMatchObject({
      state: 'pending',
      attempts: 0,
      lastAnswer: 'ORDER_WEBHOOK_URL is not set',
    });
    expect(await notify()).toBe('delivered');
    expect(await notifyNowhere()).toBe('delivered');
  });

  it('knows nothing of an effect that never was', async () => {
    expect(await notify(1, {}, 'none')).toBe('off');
  });
});

interface Shop {
  readonly url: string;
  readonly received: Received[];
  answer: (response: ServerResponse) => unknown;
  close(): Promise<void>;
}

async function startShop(): Promise<Shop> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      shop.answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const shop: Shop = {
    url: `http://127.0.0.1:${address.port}`,
    received,
    answer: (response) => response.writeHead(204).end(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return shop;
}
