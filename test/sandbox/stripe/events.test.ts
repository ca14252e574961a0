/** Events: who gets them, how they are signed and tried again, and how they go wrong. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Stripe } from 'stripe';
import { startReceiver, until, type Receiver } from '../sandbox-client.ts';
import { aSession, startStripeSandbox, type StripeSandboxClient, WEBHOOK_SECRET } from './stripe-client.ts';

let sandbox: StripeSandboxClient;
let stripe: Stripe;
let receiver: Receiver;
beforeEach(async () => {
  sandbox = await startStripeSandbox();
  ({ stripe, receiver } = sandbox);
});
afterEach(() => sandbox.close());

const USUAL = [
  'payment_intent.created',
  'charge.succeeded',
  'payment_intent.succeeded',
  'checkout.session.completed',
  'charge.updated',
];

async function pay(callback?: unknown): Promise<string> {
  const { id } = await stripe.checkout.sessions.create(aSession());
  await sandbox.sim(`/sessions/${id}/pay`, {
    outcome: 'authorize',
    ...(callback === undefined ? {} : { callback }),
  });
  return id;
}

const receivedTypes = (from = receiver): string[] =>
  from.received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
const faults = (changes: object): Promise<unknown> => sandbox.sim('/faults', changes);
const verify = (at: number, secret = WEBHOOK_SECRET): Stripe.Event =>
  stripe.webhooks.constructEvent(
    receiver.received[at]?.body ?? '',
    String(receiver.received[at]?.headers['stripe-signature']),
    secret,
  );
/** Waits until nothing is on its way any more. */
const settled = () => until(async () => ((await sandbox.sim('/state')).callbacks.pending ?? 0) === 0);

describe('an event', () => {
  it('shows the object as it was, and can be read for 30 days', async () => {
    const id = await pay();
    await settled();
    const completed = verify(3) as Stripe.CheckoutSessionCompletedEvent;
    expect(completed).toMatchObject({
      object: 'event',
      livemode: false,
      api_version: '2026-08-26.dahlia',
      request: { id: null },
    });
    expect(completed.data.object).toMatchObject({ id, status: 'complete', payment_status: 'paid' });
    expect(await stripe.events.retrieve(completed.id)).toMatchObject({
      id: completed.id,
      pending_webhooks: 0,
    });
    await sandbox.sim('/clock', { advanceSeconds: 31 * 86_400 });
    await expect(stripe.events.retrieve(completed.id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('names the request that caused it', async () => {
    await pay();
    const [intent] = (await stripe.paymentIntents.list()).data;
    const refund = await stripe.refunds.create(
      { payment_intent: intent?.id ?? '' },
      { idempotencyKey: 'r-1' },
    );
    const [event] = (await stripe.events.list({ type: 'refund.created' })).data;
    expect(event?.request).toEqual({ id: refund.lastResponse.requestId, idempotency_key: 'r-1' });
  });

  it('is tried again until it is received, and is listed until then', async () => {
    await faults({ retryScheduleMs: [2_000] });
    receiver.answers.push(200, 200, 500, 302);
    await pay();
    await until(() => receiver.received.length >= 4);
    const undelivered = async (success: boolean) =>
      (await stripe.events.list({ delivery_success: success })).data.map(({ type }) => type);
    await until(async () => (await undelivered(false)).length === 2);
    expect(await undelivered(false)).toEqual(['checkout.session.completed', 'payment_intent.succeeded']);
    expect((await stripe.events.list({ type: 'payment_intent.succeeded' })).data[0]?.pending_webhooks).toBe(
      1,
    );
    await until(async () => (await undelivered(true)).length === 5);
    expect(receivedTypes()).toHaveLength(7);
  });

  it('is listed by types, also by a prefix', async () => {
    await pay();
    const { data } = await stripe.events.list({ types: ['checkout.session.completed', 'charge.*'] });
    expect(data.map(({ type }) => type)).toEqual([
      'charge.updated',
      'checkout.session.completed',
      'charge.succeeded',
    ]);
  });
});

describe('an endpoint', () => {
  it('gets the events that it asked for, signed with the secret that only its creation told', async () => {
    const other = await startReceiver();
    const endpoint = await stripe.webhookEndpoints.create({
      url: other.url,
      enabled_events: ['checkout.session.completed', 'charge.updated'],
      api_version: '2026-08-26.dahlia',
    });
    expect(await stripe.webhookEndpoints.retrieve(endpoint.id)).not.toHaveProperty('secret');
    await pay();
    await until(() => other.received.length === 2);
    expect(receivedTypes(other)).toEqual(['checkout.session.completed', 'charge.updated']);
    const [first] = other.received;
    const signature = String(first?.headers['stripe-signature']);
    expect(stripe.webhooks.constructEvent(first?.body ?? '', signature, endpoint.secret ?? '').type).toBe(
      'checkout.session.completed',
    );
    await other.close();
  });

  it('is listed, changed, disabled and deleted', async () => {
    const { webhookEndpoints: endpoints } = stripe;
    const { id } = await endpoints.create({ url: 'https://a.example/hook', enabled_events: ['*'] });
    await endpoints.update(id, { url: 'https://b.example/hook', disabled: true, metadata: { a: '1' } });
    expect(await endpoints.retrieve(id)).toMatchObject({
      url: 'https://b.example/hook',
      status: 'disabled',
      metadata: { a: '1' },
    });
    expect((await endpoints.list()).data.map((each) => each.id)).toEqual([
      id,
      expect.stringContaining('Environment'),
    ]);
    expect(await endpoints.del(id)).toMatchObject({ deleted: true });
    await expect(endpoints.retrieve(id)).rejects.toMatchObject({ statusCode: 404 });
  });

  it('gets two signatures while its secret is rolled, and one after it', async () => {
    const [endpoint] = await sandbox.sim('/endpoints');
    await sandbox.sim(`/endpoints/${endpoint.id}/roll`, { secret: 'whsec_new', overlapMs: 60_000 });
    await pay();
    await settled();
    expect(verify(0).type).toBe('payment_intent.created');
    expect(verify(0, 'whsec_new').type).toBe('payment_intent.created');
    await sandbox.sim(`/endpoints/${endpoint.id}/roll`, { secret: 'whsec_newest', overlapMs: 0 });
    await pay();
    await settled();
    expect(verify(5, 'whsec_newest').type).toBe('payment_intent.created');
    expect(() => verify(5)).toThrow(Stripe.errors.StripeSignatureVerificationError);
  });

  it('is signed again for each attempt', async () => {
    await faults({ retryScheduleMs: [1_100], hookPlan: { types: ['charge.updated'] } });
    receiver.answers.push(500);
    await pay([{ types: ['charge.updated'] }, { types: USUAL.slice(0, 4), lost: true }]);
    await until(() => receiver.received.length === 2);
    const [one, other] = receiver.received.map(({ headers }) => String(headers['stripe-signature']));
    expect(one).not.toBe(other);
    expect(verify(0).id).toBe(verify(1).id);
  });
});

describe('a thin event', () => {
  it('goes to its destination, names its snapshot, and can be fetched with its object', async () => {
    const thin = await startReceiver();
    const destination = await stripe.v2.core.eventDestinations.create({
      name: 'thin',
      type: 'webhook_endpoint',
      event_payload: 'thin',
      enabled_events: ['v1.checkout.session.completed'],
      webhook_endpoint: { url: thin.url },
      include: ['webhook_endpoint.signing_secret'],
    });
    const id = await pay();
    await until(() => thin.received.length === 1);
    const [only] = thin.received;
    const notification = stripe.parseEventNotification(
      only?.body ?? '',
      String(only?.headers['stripe-signature']),
      destination.webhook_endpoint?.signing_secret ?? '',
    );
    const [snapshot] = (await stripe.events.list({ type: 'checkout.session.completed' })).data;
    expect(notification).toMatchObject({
      type: 'v1.checkout.session.completed',
      related_object: { id, type: 'checkout.session', url: `/v1/checkout/sessions/${id}` },
      snapshot_event: snapshot?.id,
    });
    expect(await stripe.v2.core.events.retrieve(notification.id)).toMatchObject({
      id: notification.id,
      object: 'v2.core.event',
    });
    expect(
      await (notification as unknown as { fetchRelatedObject(): Promise<object> }).fetchRelatedObject(),
    ).toMatchObject({ id });
    await thin.close();
  });

  it('is sent beside its snapshot where a test says so', async () => {
    await faults({ thinTwins: true });
    await pay();
    await sandbox.received(10);
    expect(receivedTypes().slice(0, 4)).toEqual([
      'payment_intent.created',
      'v1.payment_intent.created',
      'charge.succeeded',
      'v1.charge.succeeded',
    ]);
  });
});

describe('events go wrong', () => {
  it('are not sent at all, and can still be listed', async () => {
    await pay(false);
    expect((await stripe.events.list()).data).toHaveLength(5);
    await faults({ callbacks: 'off' });
    await pay();
    await settled();
    expect(receiver.received).toEqual([]);
  });

  it('wait while sending is switched off, and come when it is on again', async () => {
    await faults({ retryScheduleMs: [2_000] });
    receiver.answers.push(500, 500, 500, 500, 500);
    await pay();
    await until(() => receiver.received.length === 5);
    await faults({ callbacks: 'off' });
    const waiting: { nextAt: string }[] = await sandbox.sim('/callbacks');
    await until(() => waiting.every(({ nextAt }) => Date.now() > Date.parse(nextAt) + 50));
    expect(receiver.received).toHaveLength(5);
    await faults({ callbacks: 'on' });
    await settled();
    expect(receivedTypes().slice(5).toSorted()).toEqual(USUAL.toSorted());
  });

  it('one is lost, one is late, one comes twice', async () => {
    await pay([
      { types: ['payment_intent.created', 'charge.succeeded', 'charge.updated'], lost: true },
      { types: ['payment_intent.succeeded'], delayMs: 300 },
      { types: ['checkout.session.completed'], copies: 2 },
    ]);
    await settled();
    expect(receivedTypes()).toEqual([
      'checkout.session.completed',
      'checkout.session.completed',
      'payment_intent.succeeded',
    ]);
    expect(verify(0).id).toBe(verify(1).id);
  });

  it.each([
    ['reversed', [...USUAL].reverse()],
    ['created', USUAL],
  ])('come in the order %s', async (eventOrder, expected) => {
    await faults({ eventOrder });
    await pay();
    await settled();
    expect(receivedTypes()).toEqual(expected);
  });

  it('come shuffled, by a seed the same in every run', async () => {
    await faults({ eventOrder: 'shuffled', eventSeed: 3 });
    await pay();
    await settled();
    await pay();
    await settled();
    const [first, second] = [receivedTypes().slice(0, 5), receivedTypes().slice(5)];
    expect(first).toEqual(second);
    expect(first).not.toEqual(USUAL);
    expect([...first].sort()).toEqual([...USUAL].sort());
  });

  it('come all at once', async () => {
    await faults({ eventOrder: 'parallel' });
    await pay();
    await settled();
    expect(receivedTypes().sort()).toEqual([...USUAL].sort());
  });

  it('come twice as two Event objects', async () => {
    await faults({ twinRate: 1 });
    await pay();
    await settled();
    const ids = receiver.received.map((_, at) => verify(at).id);
    expect([ids.length, new Set(ids).size]).toEqual([10, 10]);
    expect(verify(0).data.object).toEqual(verify(1).data.object);
  });

  it.each<[string, object]>([
    ['a wrong secret', { sign: 'wrong' }],
    ['no signature', { sign: 'none' }],
    ['an old secret', { sign: 'old_secret' }],
    ['a time long ago', { t: -4_000 }],
    ['nonsense', { header: 't=1,v1=' }],
  ])('are signed with %s', async (_, plan) => {
    await pay(plan);
    await settled();
    expect(receiver.received).toHaveLength(5);
    expect(() => verify(0)).toThrow();
  });

  it('belong to another account, or to the other mode', async () => {
    await pay([
      { types: ['charge.updated'], accountId: 'acct_other' },
      { types: ['checkout.session.completed'], livemode: true },
    ]);
    await settled();
    expect(verify(4)).toMatchObject({ account: 'acct_other' });
    expect(verify(3)).toMatchObject({ livemode: true });
  });

  it('are broken', async () => {
    await pay([
      { types: [USUAL[0]], truncate: true },
      { types: [USUAL[1]], body: '"text"' },
      { types: [USUAL[2]], patch: { data: { object: { amount: 1 } } } },
    ]);
    await settled();
    expect(() => verify(0)).toThrow(SyntaxError);
    expect(receiver.received[1]?.body).toBe('"text"');
    expect(verify(2).data.object).toMatchObject({ amount: 1, currency: 'nok' });
  });

  it('are about objects that do not exist', async () => {
    await sandbox.sim('/events', {
      type: 'charge.succeeded',
      object: { id: 'ch_none', object: 'charge', payment_intent: 'pi_none' },
    });
    await settled();
    expect(verify(0)).toMatchObject({ type: 'charge.succeeded', data: { object: { id: 'ch_none' } } });
  });

  it('are sent once more, later, by their id or by their session', async () => {
    const id = await pay(false);
    const [newest] = (await stripe.events.list()).data;
    await sandbox.sim(`/events/${newest?.id}/send`, {});
    await sandbox.sim(`/sessions/${id}/callback`, { types: ['checkout.session.completed'], copies: 2 });
    await settled();
    expect(receivedTypes()).toEqual([
      'charge.updated',
      'checkout.session.completed',
      'checkout.session.completed',
    ]);
    expect(await sandbox.sim(`/callbacks?sessionId=${id}`)).toHaveLength(3);
  });
});
