import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { GatewayRejected } from '../../../src/gateways/gateway-errors.ts';
import { SUBSCRIBED_EVENTS } from '../../../src/gateways/stripe/event-types.ts';
import {
  aCapturedIntent,
  aCharge,
  aDispute,
  aList,
  anIntent,
  anOpenSession,
  aRefund,
  aSession,
  gatewayAt,
  INTENT,
  METADATA,
  SESSION,
  startFakeStripe,
  type FakeStripe,
} from './fake-stripe.ts';

const SESSIONS = 'GET /v1/checkout/sessions';
const EVENTS = 'GET /v1/events';
const SINCE = new Date('2026-11-21T11:00:00.000Z');

let fake: FakeStripe;

beforeEach(async () => {
  fake = await startFakeStripe();
});

afterEach(() => fake.close());

async function rowsOf(listing: 'sessions' | 'events', data: readonly unknown[]) {
  fake.on(listing === 'sessions' ? SESSIONS : EVENTS, { json: aList(data) });
  return (await gatewayAt(fake).listPage({ listing, since: SINCE, cursor: null })).rows;
}

describe('the listing of stripe sessions', () => {
  it('shows the money of each, and nothing of sessions that nobody began to pay', async () => {
    const failed = anOpenSession({
      id: 'cs_test_failed',
      payment_intent: anIntent({ status: 'requires_payment_method' }),
    });
    const refunded = aCapturedIntent({}, { amount_refunded: 10_000, refunds: aList([aRefund()]) });
    const rows = await rowsOf('sessions', [
      aSession(),
      anOpenSession(),
      failed,
      aSession({ id: 'cs_test_refunded', payment_intent: refunded }),
      aSession({
        id: 'cs_test_more',
        payment_intent: aCapturedIntent({}, { refunds: aList([aRefund()], true) }),
      }),
      aSession({ id: 'cs_test_odd', payment_intent: anIntent({ amount: 'many' }) }),
      'not a session',
      { id: 'cs_test_x' },
    ]);
    const money = { amountMinor: 72_200, currency: 'NOK' };
    const common = {
      transactionId: INTENT,
      money,
      createdAt: new Date('2026-11-21T12:00:00Z'),
      key: { paymentId: 'pay_1', orderReference: '1001', n: 1 },
    };
    expect(rows).toEqual([
      { ...common, sessionId: SESSION, status: 'AUTHORIZED', capturedMinor: 0, refundedMinor: 0 },
      { ...common, sessionId: 'cs_test_failed', status: 'INITIATED' },
      {
        ...common,
        sessionId: 'cs_test_refunded',
        status: 'PARTIALLY_REFUNDED',
        capturedMinor: 72_200,
        refundedMinor: 10_000,
      },
      { ...common, sessionId: 'cs_test_more', status: 'PARTIALLY_REFUNDED' },
      { ...common, sessionId: 'cs_test_odd', status: 'UNCLEAR' },
    ]);
    const { query } = fake.seen[0] ?? {};
    expect(Object.fromEntries(query ?? [])).toEqual({
      'expand[]': 'data.payment_intent.latest_charge.refunds',
      'created[gte]': String(SINCE.getTime() / 1_000),
      limit: '100',
    });
  });

  it('names no payment of ours for a session of another shop, and leaves out what is newer than the end', async () => {
    fake.on(SESSIONS, { json: aList([aSession({ metadata: { ...METADATA, host: 'other.example' } })]) });
    const until = new Date(SINCE.getTime() + 60_000);
    const { rows } = await gatewayAt(fake).listPage({
      listing: 'sessions',
      since: SINCE,
      until,
      cursor: null,
    });
    expect(rows).toMatchObject([{ sessionId: SESSION, key: null }]);
    expect(fake.seen[0]?.query.get('created[lte]')).toBe(String(SINCE.getTime() / 1_000 + 61));
  });

  it('continues after its last row, and refuses a listing that it does not have', async () => {
    const page = Array.from({ length: 100 }, (_, n) => aSession({ id: `cs_test_${n}` }));
    fake.on(SESSIONS, { json: aList(page, true) }, { json: aList([]) });
    const gateway = gatewayAt(fake);
    const { next } = await gateway.listPage({ listing: 'sessions', since: SINCE, cursor: null });
    expect((await gateway.listPage({ listing: 'sessions', since: SINCE, cursor: next })).next).toBeNull();
    expect(fake.seen[1]?.query.get('starting_after')).toBe('cs_test_99');
    await expect(gateway.listPage({ listing: 'x', since: SINCE, cursor: null })).rejects.toThrow(
      GatewayRejected,
    );
    await expect(gateway.listPage({ listing: 'events', since: SINCE, cursor: 'x' })).rejects.toThrow(
      GatewayRejected,
    );
  });
});

const anEvent = (type: string, object: object) => ({
  id: `evt_${type}`,
  type,
  created: 1_795_262_400,
  data: { object },
});
const intent = (changes: object) => ({ ...anIntent(), latest_charge: 'ch_1', ...changes });
const session = (changes: object) => ({ ...aSession(), payment_intent: INTENT, ...changes });

describe('a stripe listing that does not advance', () => {
  it('is refused', async () => {
    fake.on(SESSIONS, {
      json: aList(
        Array.from({ length: 100 }, () => aSession()),
        true,
      ),
    });
    const gateway = gatewayAt(fake);
    const read = async () => {
      let cursor: string | null = null;
      do cursor = (await gateway.listPage({ listing: 'sessions', since: SINCE, cursor })).next;
      while (cursor !== null);
    };
    await expect(read()).rejects.toThrow(GatewayRejected);
    expect(fake.seen.length).toBeLessThan(5);
  });
});

describe('the listing of stripe events', () => {
  it.each([
    ['payment_intent.succeeded', intent({ status: 'succeeded' }), 'CAPTURED'],
    ['payment_intent.amount_capturable_updated', intent({}), 'AUTHORIZED'],
    ['payment_intent.amount_capturable_updated', intent({ amount_received: 1 }), 'PARTIALLY_CAPTURED'],
    ['payment_intent.processing', intent({ status: 'processing' }), 'ON_HOLD'],
    ['payment_intent.canceled', intent({ status: 'canceled' }), 'VOIDED'],
    ['checkout.session.async_payment_failed', session({}), 'FAILED'],
    ['checkout.session.async_payment_succeeded', session({ payment_status: 'paid' }), 'CAPTURED'],
    ['charge.captured', aCharge({ captured: true, amount_captured: 5 }), 'CAPTURED'],
    [
      'charge.refunded',
      aCharge({ captured: true, amount_captured: 5, amount_refunded: 3 }),
      'PARTIALLY_REFUNDED',
    ],
    ['charge.refunded', aCharge({ captured: true, amount_captured: 5, amount_refunded: 5 }), 'REFUNDED'],
    ['charge.expired', aCharge(), 'VOIDED'],
    ['refund.failed', aRefund({ status: 'failed' }), 'UNCLEAR'],
    ['charge.dispute.created', aDispute(), 'UNCLEAR'],
  ] as const)('shows %s as a change', async (type, object, status) => {
    const rows = await rowsOf('events', [anEvent(type, object)]);
    const isSession = type.startsWith('checkout');
    expect(rows).toMatchObject([{ transactionId: INTENT, sessionId: isSession ? SESSION : null, status }]);
  });

  it.each([
    ['of another shop', 'payment_intent.succeeded', intent({ status: 'succeeded', metadata: {} })],
    [
      'of another paidonce',
      'charge.captured',
      aCharge({ captured: true, metadata: { ...METADATA, host: 'x' } }),
    ],
    ['of a session that nobody paid', 'checkout.session.expired', session({ status: 'expired' })],
    [
      'of a session without a payment',
      'checkout.session.expired',
      session({ payment_intent: null, status: 'expired' }),
    ],
    [
      'of a payment that nobody tried',
      'payment_intent.canceled',
      intent({ status: 'canceled', latest_charge: null }),
    ],
    ['of a refund of another paidonce', 'refund.created', aRefund({ metadata: { host: 'x' } })],
    ['of a new customer', 'customer.created', { id: 'cus_1', object: 'customer', metadata: METADATA }],
  ])('leaves out an event %s', async (_, type, object) => {
    expect(await rowsOf('events', [anEvent(type, object), { id: 'evt_odd' }])).toEqual([]);
  });

  it('shows the newest event of each payment', async () => {
    const rows = await rowsOf('events', [
      anEvent('charge.refunded', aCharge({ captured: true, amount_captured: 5, amount_refunded: 5 })),
      anEvent('payment_intent.succeeded', intent({ status: 'succeeded' })),
    ]);
    expect(rows.map(({ status }) => status)).toEqual(['REFUNDED']);
  });

  it('tells two changes apart that have the same status: by their sums, or by the event', async () => {
    const refunded = (amount_refunded: number) =>
      aCharge({ captured: true, amount_captured: 50, amount_refunded });
    const [first] = await rowsOf('events', [anEvent('charge.refunded', refunded(3))]);
    const [second] = await rowsOf('events', [anEvent('charge.refunded', refunded(7))]);
    expect([first, second]).toMatchObject([
      { status: 'PARTIALLY_REFUNDED', capturedMinor: 50, refundedMinor: 3 },
      { status: 'PARTIALLY_REFUNDED', capturedMinor: 50, refundedMinor: 7 },
    ]);
    const parts = intent({ amount_received: 20 });
    expect(
      await rowsOf('events', [anEvent('payment_intent.amount_capturable_updated', parts)]),
    ).toMatchObject([{ status: 'PARTIALLY_CAPTURED', capturedMinor: 20 }]);
    const changes = [];
    for (const type of ['charge.dispute.created', 'charge.dispute.closed'])
      for (const { status, change } of await rowsOf('events', [anEvent(type, aDispute())]))
        changes.push([status, change]);
    expect(changes).toEqual([
      ['UNCLEAR', 'evt_charge.dispute.created'],
      ['UNCLEAR', 'evt_charge.dispute.closed'],
    ]);
  });

  it('asks for the events that we subscribe to, of which Stripe takes twenty', async () => {
    await rowsOf('events', []);
    expect(fake.seen[0]?.query.getAll('types[]')).toEqual([...SUBSCRIBED_EVENTS]);
    expect(SUBSCRIBED_EVENTS.length).toBeLessThanOrEqual(20);
  });
});

describe('the list of stripe events', () => {
  const event = (changes: object = {}) => ({
    object: 'event',
    id: 'evt_1',
    type: 'payment_intent.succeeded',
    created: 1_795_262_400,
    livemode: false,
    data: { object: { ...aCapturedIntent(), metadata: METADATA } },
    ...changes,
  });

  it('passes over what is of another mode or account, and drops nothing that it does not understand', async () => {
    fake.on(EVENTS, {
      json: aList([
        event(),
        event({ id: 'evt_2', livemode: true }),
        event({ id: 'evt_3', account: 'acct_another' }),
        event({ id: 'evt_4', data: { object: 'nothing' } }),
        event({ id: 'evt_5', created: 'yesterday' }),
        'no event',
      ]),
    });
    const until = new Date(SINCE.getTime() + 3_600_000);
    const page = await gatewayAt(fake).listEvents?.({ since: SINCE, until, cursor: null });
    expect(page?.rows.map(({ eventId, kind }) => [eventId, kind])).toEqual([
      ['evt_1', 'payment'],
      ['evt_2', 'other'],
      ['evt_3', 'other'],
      ['evt_4', 'unclear'],
      ['evt_5', 'payment'],
      [expect.stringMatching(/^body\//), 'unclear'],
    ]);
    expect(page?.rows.map(({ createdAt }) => createdAt.toISOString())).toEqual([
      ...Array.from({ length: 4 }, () => new Date(1_795_262_400_000).toISOString()),
      SINCE.toISOString(),
      SINCE.toISOString(),
    ]);
    const seconds = (at: Date) => String(at.getTime() / 1_000);
    const query = fake.seen[0]?.query;
    expect(query?.getAll('types[]')).toEqual([...SUBSCRIBED_EVENTS]);
    expect([query?.get('created[gte]'), query?.get('created[lte]')]).toEqual([
      seconds(SINCE),
      seconds(until),
    ]);
  });
});
