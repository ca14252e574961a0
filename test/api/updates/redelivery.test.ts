/** Callbacks that are processed again, and updates that are sent again, by hand. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { eq, sql } from 'drizzle-orm';
import { createUpdateActivities } from '../../../src/activities/notify-merchant.ts';
import { claimUnsignalled, type DeliveryRow } from '../../../src/store/deliveries.ts';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import { listDeliveries } from '../../../src/store/lists.ts';
import { findUntold } from '../../../src/store/untold-updates.ts';
import { listUpdates, type OutboxState } from '../../../src/store/outbox.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import type { PaymentRow } from '../../../src/store/payments.ts';
import { deliveries } from '../../../src/store/schema/delivery-table.ts';
import { outbox } from '../../../src/store/schema/update-tables.ts';
import { forgetSlice } from '../../../src/store/retention.ts';
import { readTimeline } from '../../../src/store/timeline.ts';
import { startReceiver } from '../../sandbox/sandbox-client.ts';
import { API_KEY, KEY_NAME } from '../../support/api.ts';
import { anActivityRun } from '../../support/activity.ts';
import { aDelivery, aFinding, aPayment, aRecord, attempted, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

// A name that no hexadecimal id can contain.
const ASKER = { actor: 'ada lovelace', reason: 'ticket 12' };
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

describe('a delivery', () => {
  const at = useTestApi();
  let payment: PaymentRow;
  beforeEach(async () => {
    payment = await aPayment(at.store.db);
    at.api.runs.callbacks.length = 0;
  });
  const redeliver = (id: string, body: unknown = ASKER) =>
    at.api.post(`/v1/deliveries/${id}/redeliver`, body);
  const log = async (): Promise<DeliveryRow[]> =>
    (await listDeliveries(at.store.db, { payment: payment.id, limit: 50 })).rows;
  const stored = async () => {
    const claim = { sessionId: 'T12345678.s', transactionId: 'T12345678.t' };
    const { id } = await logDelivery(at.store.db, aDelivery(payment, { claim, body: Buffer.from('kept') }));
    await at.store.db.update(deliveries).set({ state: 'handled' }).where(eq(deliveries.id, id));
    return id;
  };

  it('is run again as a new delivery, with the person and the reason in the timeline alone', async () => {
    const id = await stored();
    expect(await redeliver(id)).toMatchObject({
      status: 202,
      json: { id, payment: payment.id, outcome: 'accepted' },
    });
    expect(at.api.runs.callbacks).toMatchObject([
      {
        payment: { paymentId: payment.id, orderReference: payment.orderReference, n: 1 },
        signal: {
          eventId: expect.stringMatching(new RegExp(`^redelivery/${id}/dlv_`)),
          claim: { sessionId: 'T12345678.s', transactionId: 'T12345678.t' },
        },
      },
    ]);
    expect(JSON.stringify(at.api.runs.callbacks)).not.toMatch(/lovelace|ticket 12/);
    expect(await readTimeline(at.store.db, payment.id)).toMatchObject([
      {
        kind: 'operator',
        text: `ada lovelace (key ${KEY_NAME}) asked to run delivery ${id} again: ticket 12`,
        data: { ...ASKER, delivery: id },
      },
    ]);
    const [again, first] = await log();
    expect(again).toMatchObject({
      outcome: 'accepted',
      state: 'signalled',
      reason: expect.stringContaining(id),
    });
    expect(again?.body).toHaveLength(0);
    expect(first?.body.toString()).toBe('kept');
  });

  it('becomes a new delivery each time it is run', async () => {
    const id = await stored();
    await redeliver(id);
    await redeliver(id);
    expect(new Set(at.api.runs.callbacks.map(({ signal }) => signal.eventId)).size).toBe(2);
  });

  it('is left to the forwarder while Temporal is away', async () => {
    at.api.runs.temporal = 'down';
    expect((await redeliver(await stored())).status).toBe(202);
    const [again] = await log();
    expect(again).toMatchObject({ state: 'received' });
    await at.store.db.update(deliveries).set({ receivedAt: new Date(Date.now() - 5_000) });
    expect((await claimUnsignalled(at.store.db, 100)).map(({ id }) => id)).toContain(again?.id);
  });

  it.each([
    ['refused', { outcome: 'refused' }],
    ['ignored', { outcome: 'ignored' }],
    ['without a payment', { paymentId: null }],
  ])('that is %s is not run again', async (_, change) => {
    const id = await stored();
    await at.store.db.update(deliveries).set(change).where(eq(deliveries.id, id));
    expect(await redeliver(id)).toMatchObject({ status: 409, json: { code: 'not_redeliverable' } });
    expect(at.api.runs.callbacks).toEqual([]);
    expect(await readTimeline(at.store.db, payment.id)).toEqual([]);
  });

  it.each([
    ['no such delivery', 'dlv_none', ASKER, 404],
    ['an invalid id', '%2e%2e%2fx', ASKER, 404],
    ['an actor without a name', null, { actor: '', reason: 'x' }, 422],
    ['no reason', null, { actor: 'ada', reason: '' }, 422],
    ['an unknown field', null, { ...ASKER, force: true }, 422],
    ['no body', null, '', 400],
  ])('with %s is refused', async (_, id, body, status) => {
    expect((await redeliver(id ?? (await stored()), body)).status).toBe(status);
    expect(at.api.runs.callbacks).toEqual([]);
  });

  it('requires an API key', async () => {
    expect(
      (await at.api.post(`/v1/deliveries/${await stored()}/redeliver`, ASKER, { key: null })).status,
    ).toBe(401);
  });
});

describe('an update', () => {
  const at = useTestApi();
  let payment: PaymentRow;
  let effectId: string;
  beforeEach(async () => {
    await at.store.db.delete(outbox);
    at.api.firstAttempts.told.length = 0;
    payment = await aPayment(at.store.db);
    effectId = (await recordFinding(at.store.db, aRecord(payment), TELLS)).effects[0] ?? '';
  });
  const resend = (body: unknown = { effectId, ...ASKER }) => at.api.post('/v1/updates/redeliver', body);
  const finish = (state: OutboxState, effect = effectId) =>
    attempted(at.store.db, effect, { state, answer: '500' });
  const get = (query = '') => at.api.send('GET', `/v1/updates${query}`, { key: API_KEY });

  it('shows each of its attempts, newest first and page by page, with its id as one path segment', async () => {
    for (const state of ['pending', 'pending', 'delivered'] as const) await finish(state);
    const path = `/v1/updates/${encodeURIComponent(effectId)}/attempts`;
    const page = (query: string) => at.api.send('GET', `${path}${query}`, { key: API_KEY });
    const first = await page('?limit=2');
    expect(first).toMatchObject({
      status: 200,
      json: { hasMore: true, nextCursor: '2', state: 'delivered', nextAttemptAt: null },
    });
    expect(first.json.data).toMatchObject([
      { n: 3, status: 500, ms: 5, answer: null, error: null },
      { n: 2, at: expect.stringMatching(/Z$/) },
    ]);
    expect(await page('?limit=2&cursor=2')).toMatchObject({
      json: { data: [{ n: 1 }], hasMore: false, nextCursor: null },
    });
    expect((await page('?cursor=0')).status).toBe(422);
    const unknown = await at.api.send('GET', '/v1/updates/1%2Fnone/attempts', { key: API_KEY });
    expect(unknown).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect((await at.api.send('GET', path)).status).toBe(401);
  });

  it('shows the time of the next attempt while there is one', async () => {
    expect((await get()).json.data).toMatchObject([{ nextAttemptAt: expect.stringMatching(/Z$/) }]);
    await finish('delivered');
    expect((await get()).json.data).toMatchObject([{ nextAttemptAt: null }]);
  });

  it.each(['pending', 'gave_up', 'gone', 'delivered', 'off'] as const)(
    'that is %s is queued again, with three new days, and sent at once',
    async (state) => {
      await finish(state);
      await at.store.db.update(outbox).set({ createdAt: new Date('2026-01-01T00:00:00Z') });
      const begun = Date.now();
      const answer = await resend();
      expect(answer).toMatchObject({
        status: 202,
        json: {
          effectId,
          payment: payment.id,
          state: 'pending',
          attempts: 1,
          lastAnswer: null,
          finishedAt: null,
        },
      });
      expect(Date.parse(answer.json.queuedAt)).toBeGreaterThan(begun - 1_000);
      expect(at.api.firstAttempts.told).toEqual([
        { orderReference: payment.orderReference, effects: [effectId] },
      ]);
      const notes = await readTimeline(at.store.db, payment.id);
      expect(notes.filter(({ kind }) => kind === 'operator')).toMatchObject([
        {
          text: `ada lovelace (key ${KEY_NAME}) asked to send order.paid again: ticket 12`,
          data: { effectId, ...ASKER },
        },
      ]);
    },
  );

  it('reaches the merchant again with the same id and the same bytes', async () => {
    const merchant = await startReceiver();
    const endpoint = { url: merchant.url, timeoutMs: 5_000, secrets: [SECRET] };
    const activities = createUpdateActivities({ db: at.store.db, endpoint });
    const tell = () => anActivityRun().run(() => activities.notifyMerchant(effectId));
    expect(await tell()).toBe('delivered');
    await resend();
    expect(await tell()).toBe('delivered');
    await merchant.close();
    const [first, second] = merchant.received;
    expect([second?.headers['webhook-id'], second?.body]).toEqual([effectId, first?.body]);
  });

  it('is queued although Temporal is away', async () => {
    await finish('gave_up');
    at.api.runs.temporal = 'down';
    expect((await resend()).status).toBe(202);
    expect(await listUpdates(at.store.db, payment.id)).toMatchObject([{ state: 'pending' }]);
  });

  it('that waits for its next attempt is sent now', async () => {
    await finish('pending');
    await at.store.db.update(outbox).set({ nextAttemptAt: new Date(Date.now() + 3_600_000) });
    const answer = await resend();
    expect(answer.status).toBe(202);
    expect(Date.parse(answer.json.nextAttemptAt)).toBeLessThan(Date.now() + 1_000);
    expect(at.api.firstAttempts.told).toMatchObject([{ effects: [effectId] }]);
    // Or, where this process has no merchant's address, by the first process that finds it in the store.
    const asIfASecondLater = { nextAttemptAt: new Date(Date.now() - 2_000) };
    await at.store.db.update(outbox).set(asIfASecondLater);
    expect(await findUntold(at.store.db, 10)).toMatchObject([{ effectId }]);
  });

  it('is sent with all others that were given up since a time', async () => {
    const older = await aPayment(at.store.db);
    const [old = ''] = (await recordFinding(at.store.db, aRecord(older), TELLS)).effects;
    for (const effect of [effectId, old]) await finish('gave_up', effect);
    await at.store.db
      .update(outbox)
      .set({ finishedAt: new Date('2026-11-01T00:00:00Z') })
      .where(eq(outbox.effectId, old));
    const since = '2026-11-02T00:00:00Z';
    expect(await resend({ state: 'gave_up', since, ...ASKER })).toMatchObject({
      status: 202,
      json: { queued: 1, hasMore: false },
    });
    expect(await listUpdates(at.store.db, older.id)).toMatchObject([{ state: 'gave_up' }]);
    expect(await listUpdates(at.store.db, payment.id)).toMatchObject([{ state: 'pending' }]);
    expect(await resend({ state: 'gave_up', since, ...ASKER })).toMatchObject({ json: { queued: 0 } });
  });

  it('is sent with all others that wait for their next attempt', async () => {
    const since = new Date(Date.now() - 60_000).toISOString();
    expect(await resend({ state: 'pending', since, ...ASKER })).toMatchObject({ json: { queued: 0 } });
    await finish('pending');
    expect(await resend({ state: 'pending', since, ...ASKER })).toMatchObject({
      status: 202,
      json: { queued: 1, hasMore: false },
    });
  });

  it('without a body is not sent, and does not block the others that were given up', async () => {
    const older = await aPayment(at.store.db);
    const [old = ''] = (await recordFinding(at.store.db, aRecord(older), TELLS)).effects;
    for (const effect of [effectId, old]) await finish('gave_up', effect);
    const createdAt = new Date('2026-01-01T00:00:00Z');
    const since = '2026-01-02T00:00:00Z';
    await at.store.db.update(outbox).set({ createdAt }).where(eq(outbox.effectId, old));
    while (await forgetSlice(at.store.db, 'updates', 7 * 86_400_000));
    expect(await resend({ effectId: old, ...ASKER })).toMatchObject({
      status: 409,
      json: { code: 'not_redeliverable', detail: expect.stringContaining('RETENTION_UPDATES') },
    });
    expect((await get(`?payment=${older.id}`)).json.data).toMatchObject([
      { effectId: old, state: 'gave_up', attempts: 1, lastAnswer: '500' },
    ]);
    expect((await resend({ state: 'gave_up', since, ...ASKER })).json).toEqual({ queued: 1, hasMore: false });
    expect(await listUpdates(at.store.db, older.id)).toMatchObject([{ state: 'gave_up', body: '' }]);
  });

  it('is sent with all others that match a filter', async () => {
    const refused = await aPayment(at.store.db);
    const [gone = ''] = (await recordFinding(at.store.db, aRecord(refused), TELLS)).effects;
    await finish('gone', gone);
    for (const state of ['pending', 'gave_up'] as const) await finish(state);
    const since = new Date(Date.now() - 60_000).toISOString();
    const queued = async (filter: object) => (await resend({ ...filter, ...ASKER })).json.queued as number;
    expect(await queued({ state: 'gave_up', since, type: 'order.review' })).toBe(0);
    expect(await queued({ state: 'gave_up', since, minAttempts: 3 })).toBe(0);
    expect(await queued({ state: 'gave_up', since: '2026-01-01T00:00:00Z', until: since })).toBe(0);
    expect(await queued({ state: 'gave_up', order: refused.orderReference })).toBe(0);
    expect(await queued({ state: 'gone', order: refused.orderReference })).toBe(1);
    const until = new Date(Date.now() + 60_000).toISOString();
    expect(await queued({ state: 'gave_up', since, until, type: 'order.paid', minAttempts: 2 })).toBe(1);
    expect(await listUpdates(at.store.db, payment.id)).toMatchObject([{ state: 'pending' }]);
  });

  it('is found behind more than five hundred older ones that a later update replaces', async () => {
    await finish('gave_up');
    const { orderReference, id } = payment;
    await at.store.db
      .execute(sql`insert into outbox (effect_id, order_reference, payment_id, sequence, type, body, state, attempts, finished_at)
      select 'replaced/' || n, ${orderReference}, ${id}, -n, 'order.payment_declined', '{}', 'gave_up', 9, now() - interval '1 hour'
      from generate_series(1, 501) n`);
    const since = new Date(Date.now() - 7_200_000).toISOString();
    expect((await resend({ state: 'gave_up', since, ...ASKER })).json).toEqual({ queued: 1, hasMore: false });
    expect((await resend({ state: 'gave_up', since, ...ASKER })).json).toEqual({ queued: 0, hasMore: false });
  });

  it.each([
    ['neither', {}],
    ['a filter beside an id', { effectId: '1001/order.paid', type: 'order.paid' }],
    ['an unknown type', { state: 'gave_up', since: '2026-11-02T00:00:00Z', type: 'order.lost' }],
    ['both', { effectId: '1001/order.paid', state: 'gave_up', since: '2026-11-02T00:00:00Z' }],
    ['no time', { state: 'gave_up' }],
    ['another state', { state: 'delivered', since: '2026-11-02T00:00:00Z' }],
  ])('is named by its id or by a state and a time: %s is refused', async (_, body) => {
    expect((await resend({ ...body, ...ASKER })).status).toBe(422);
  });

  it('is found by its type, its last answer and its time', async () => {
    const fails = async (answer: string) => {
      const other = await aPayment(at.store.db);
      const [effect = ''] = (await recordFinding(at.store.db, aRecord(other), TELLS)).effects;
      await attempted(at.store.db, effect, { state: answer === '410' ? 'gone' : 'pending', answer });
      return effect;
    };
    const [failed, gone, silent] = [
      await fails('503'),
      await fails('410'),
      await fails('nothing within 5 s'),
    ];
    await finish('delivered');
    const ids = async (query: string) =>
      (await get(`?${query}`)).json.data.map((each: { effectId: string }) => each.effectId).toReversed();
    expect(await ids('answer=2xx')).toEqual([effectId]);
    expect(await ids('answer=4xx')).toEqual([gone]);
    expect(await ids('answer=5xx')).toEqual([failed]);
    expect(await ids('answer=none')).toEqual([silent]);
    expect(await ids('answer=3xx')).toEqual([]);
    expect(await ids('type=order.paid')).toEqual([effectId, failed, gone, silent]);
    expect(await ids('type=order.review')).toEqual([]);
    const hour = (n: number) => new Date(Date.now() + n * 3_600_000).toISOString();
    expect(await ids(`createdAfter=${hour(-1)}&createdBefore=${hour(1)}&answer=2xx`)).toEqual([effectId]);
    expect(await ids(`createdBefore=${hour(-1)}`)).toEqual([]);
    expect((await get('?answer=6xx')).status).toBe(422);
  });

  it('that was superseded is not sent', async () => {
    const held = await aPayment(at.store.db);
    const hold = aRecord(held, { finding: aFinding('ON_HOLD') });
    const [pending = ''] = (await recordFinding(at.store.db, hold, TELLS)).effects;
    await finish('delivered', pending);
    await recordFinding(at.store.db, aRecord(held), TELLS);
    expect(await resend({ effectId: pending, ...ASKER })).toMatchObject({
      status: 409,
      json: { code: 'not_redeliverable', detail: expect.stringMatching(/no longer true/) },
    });
    expect(at.api.firstAttempts.told).toEqual([]);
  });

  it.each([
    ['no such update', { effectId: 'none/order.paid', ...ASKER }, 404],
    ['no id', ASKER, 422],
    ['an actor without a name', { effectId: 'x', actor: '', reason: 'x' }, 422],
  ])('with %s is refused', async (_, body, status) => {
    expect((await resend(body)).status).toBe(status);
  });

  it('is listed by state, payment and order, newest first, page by page', async () => {
    const others: PaymentRow[] = [];
    for (let index = 0; index < 4; index += 1) {
      const other = await aPayment(at.store.db);
      await recordFinding(at.store.db, aRecord(other), TELLS);
      others.push(other);
    }
    await finish('gave_up');
    const ids = async (query: string) =>
      (await get(query)).json.data.map((each: { payment: string }) => each.payment) as string[];
    expect(await ids('?state=gave_up')).toEqual([payment.id]);
    expect(await ids(`?payment=${others[1]?.id}`)).toEqual([others[1]?.id]);
    expect(await ids(`?order=${others[2]?.orderReference}`)).toEqual([others[2]?.id]);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page = await get(`?limit=2${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
      seen.push(...page.json.data.map((each: { payment: string }) => each.payment));
      cursor = page.json.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual([...others.toReversed(), payment].map(({ id }) => id));
    expect((await get('?state=lost')).status).toBe(422);
  });
});

describe("the merchant's endpoint", () => {
  const at = useTestApi({
    ORDER_WEBHOOK_URL: 'https://user:secret@shop.example:8443/hooks/in?k=1',
    ORDER_WEBHOOK_SECRETS: SECRET,
  });
  const endpoint = () => at.api.send('GET', '/v1/updates/endpoint', { key: API_KEY });

  it('shows how it has answered, and of its address only the host', async () => {
    for (const [state, answer] of [
      ['delivered', '204'],
      ['pending', '500'],
      ['pending', 'nothing'],
    ] as const) {
      const payment = await aPayment(at.store.db);
      const [effect = ''] = (await recordFinding(at.store.db, aRecord(payment), TELLS)).effects;
      await attempted(at.store.db, effect, { state, answer });
    }
    // It was queued before the time that is shown, and heard of in it.
    const early = await aPayment(at.store.db);
    const [first = ''] = (await recordFinding(at.store.db, aRecord(early), TELLS)).effects;
    await attempted(at.store.db, first, { state: 'delivered', answer: '204' });
    await at.store.db
      .update(outbox)
      .set({ createdAt: new Date(Date.now() - 7_200_000) })
      .where(eq(outbox.effectId, first));
    const { status, json, text } = await endpoint();
    const { minutes } = json as { minutes: { attempts: number; acknowledged: number; waiting: number }[] };
    const sum = (name: 'attempts' | 'acknowledged') => minutes.reduce((all, one) => all + one[name], 0);
    expect([minutes.length, sum('attempts'), sum('acknowledged')]).toEqual([90, 3, 2]);
    expect([minutes[0]?.waiting, minutes.at(-1)?.waiting]).toEqual([1, 2]);
    expect([status, json]).toEqual([
      200,
      {
        host: 'shop.example:8443',
        lastAcknowledgedAt: expect.stringMatching(/Z$/),
        lastHour: { attempts: 3, acknowledged: 2, p95Ms: 5 },
        lastDay: { attempts: 3, acknowledged: 2, p95Ms: 5 },
        pending: 2,
        oldestPendingAt: expect.stringMatching(/Z$/),
        minutes,
      },
    ]);
    expect(text).not.toMatch(/secret|hooks/);
    // The next callers get the same for some seconds.
    await at.store.db.delete(outbox);
    expect((await endpoint()).json).toEqual(json);
  });
});
