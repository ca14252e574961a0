import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { traceOf } from '../../../src/domain/operation.ts';
import { impossibleIn, type Reading, type Transaction } from '../../../src/domain/transaction.ts';
import {
  ACCOUNT,
  aCapturedIntent,
  aCharge,
  aDispute,
  aList,
  anError,
  anIntent,
  anOpenSession,
  ANSWERED,
  aRefund,
  aSession,
  CHARGE,
  gatewayAt,
  HOST,
  INTENT,
  METADATA,
  SESSION,
  startFakeStripe,
  type FakeStripe,
} from './fake-stripe.ts';

const READ = `GET /v1/checkout/sessions/${SESSION}`;

let fake: FakeStripe;

beforeEach(async () => {
  fake = await startFakeStripe();
});

afterEach(() => fake.close());

async function readingOf(session: unknown): Promise<Reading> {
  fake.on(READ, { json: session });
  return gatewayAt(fake).readPayment({ sessionId: SESSION, transactionId: 'pi_of_another' });
}

async function transactionOf(intent: unknown, session: Record<string, unknown> = {}): Promise<Transaction> {
  const reading = await readingOf(aSession({ payment_intent: intent, ...session }));
  if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
  expect(impossibleIn(reading.transaction)).toBeNull();
  return reading.transaction;
}

const sums = ({ status, authorizedMinor, capturedMinor, refundedMinor, capturableMinor }: Transaction) => [
  status,
  authorizedMinor,
  capturedMinor,
  refundedMinor,
  capturableMinor,
];

describe('a stripe reading', () => {
  it('of held money has everything that the core needs, from one call', async () => {
    expect(await transactionOf(anIntent())).toEqual({
      transactionId: INTENT,
      sessionId: SESSION,
      account: ACCOUNT,
      reference: '1001',
      money: { amountMinor: 72_200, currency: 'NOK' },
      status: 'AUTHORIZED',
      gatewayStatus: 'requires_capture',
      authorized: true,
      authorizedMinor: 72_200,
      capturedMinor: 0,
      refundedMinor: 0,
      capturableMinor: 72_200,
      operations: [],
      disputes: [],
      knownEvents: ['session:complete:unpaid', 'authorized', 'processing'],
      captures: 'once',
      updatedAt: ANSWERED,
      paymentMethod: 'card',
      authorizationExpiresAt: '2026-11-28T12:00:00.000Z',
    });
    expect(fake.seen).toHaveLength(1);
    expect(fake.seen[0]?.query.getAll('expand[]')).toEqual(['payment_intent.latest_charge.refunds']);
  });

  it.each([
    ['nobody has tried to pay', { payment_intent: null }, 'open'],
    ['the payer tried in vain', { payment_intent: anIntent({ status: 'requires_payment_method' }) }, 'open'],
    ['the bank asks the payer', { payment_intent: anIntent({ status: 'requires_action' }) }, 'open'],
    ['its time is over', { payment_intent: null, status: 'expired' }, 'expired'],
    [
      'its time is over after a try',
      {
        payment_intent: anIntent({
          status: 'canceled',
          latest_charge: aCharge({ status: 'failed' }),
          cancellation_reason: 'automatic',
        }),
        status: 'expired',
      },
      'expired',
    ],
  ])('of a session without money says so: %s', async (_, changes, state) => {
    expect(await readingOf(anOpenSession(changes))).toEqual({ kind: 'session', state });
  });

  it.each([
    ['processing', 'ON_HOLD'],
    ['requires_action', 'ON_HOLD'],
    ['requires_confirmation', 'ON_HOLD'],
    ['requires_payment_method', 'FAILED'],
    ['canceled', 'FAILED'],
    ['requires_poetry', 'UNCLEAR'],
  ])('of a completed session whose payment is %s is %s', async (status, expected) => {
    const transaction = await transactionOf(
      anIntent({ status, latest_charge: aCharge({ status: 'pending' }) }),
    );
    expect(sums(transaction)).toEqual([expected, 0, 0, 0, 0]);
    expect([transaction.authorized, transaction.gatewayStatus]).toEqual([false, status]);
  });

  it('of a method that failed later has its reason, without contacts', async () => {
    const error = { code: 'payment_intent_payment_attempt_failed', message: 'refused for jo@shop.example' };
    const intent = anIntent({ status: 'requires_payment_method', last_payment_error: error });
    expect((await transactionOf(intent)).reason).toBe('refused for …');
    expect(
      (
        await transactionOf(
          anIntent({ status: 'canceled', latest_charge: null, cancellation_reason: 'abandoned' }),
        )
      ).reason,
    ).toBe('canceled: abandoned');
  });

  it('of a canceled payment is voided only if a charge had held money', async () => {
    const canceled = { status: 'canceled', amount_capturable: 0, cancellation_reason: 'expired' };
    const voided = await transactionOf(anIntent(canceled));
    expect(sums(voided)).toEqual(['VOIDED', 72_200, 0, 0, 0]);
    expect(voided.operations).toEqual([
      { kind: 'void', reference: null, amountMinor: 72_200, state: 'done' },
    ]);
    expect(voided.knownEvents).toContain('voided');
    // Before 2025-03-31 the charge of a canceled payment was refunded.
    const old = aCharge({
      refunded: true,
      amount_refunded: 72_200,
      refunds: aList([aRefund({ amount: 72_200 })]),
    });
    expect(sums(await transactionOf(anIntent({ ...canceled, latest_charge: old })))).toEqual([
      'VOIDED',
      72_200,
      0,
      0,
      0,
    ]);
  });

  it.each([
    [[], 'CAPTURED', 0],
    [[aRefund()], 'PARTIALLY_REFUNDED', 10_000],
    [[aRefund({ id: 're_2', amount: 62_200 }), aRefund()], 'REFUNDED', 72_200],
    [[aRefund({ status: 'pending' })], 'CAPTURED', 0],
    [[aRefund({ status: 'requires_action' })], 'CAPTURED', 0],
    [[aRefund({ status: 'failed' })], 'CAPTURED', 0],
    [[aRefund({ status: 'canceled' })], 'CAPTURED', 0],
    [[aRefund({ id: 're_2', status: 'failed' }), aRefund()], 'PARTIALLY_REFUNDED', 10_000],
  ])('of captured money counts the refunds that succeeded', async (refunds, status, refundedMinor) => {
    const transaction = await transactionOf(aCapturedIntent({}, { refunds: aList(refunds) }));
    expect(sums(transaction)).toEqual([status, 72_200, 72_200, refundedMinor, 0]);
    expect(transaction.operations).toHaveLength(refunds.length);
  });

  it('shows each refund with its reference, its state and why it failed, oldest first', async () => {
    const refunds = aList([
      aRefund({ id: 're_3', created: 3, status: 'pending', metadata: { reference: 'ret-3', host: HOST } }),
      aRefund({
        id: 're_2',
        created: 2,
        status: 'failed',
        failure_reason: 'expired_or_canceled_card',
        failure_balance_transaction: 'txn_1',
      }),
      aRefund({ id: 're_1', created: 2, metadata: { reference: 'ret-1', host: HOST } }),
    ]);
    const { operations } = await transactionOf(aCapturedIntent({}, { refunds }));
    const common = { kind: 'refund', amountMinor: 10_000 };
    expect(operations).toEqual([
      { ...common, reference: 'ret-1', state: 'done', eventId: 're_1' },
      {
        ...common,
        reference: null,
        state: 'failed',
        eventId: 're_2',
        reason: 'expired_or_canceled_card',
        isReversed: true,
      },
      { ...common, reference: 'ret-3', state: 'pending', eventId: 're_3' },
    ]);
  });

  it('shows no reference that no paidonce has written', async () => {
    const metadata = [
      { reference: 'ret-1' },
      { reference: 'a\u0000b', host: HOST },
      { reference: 7, host: HOST },
    ];
    const refunds = aList(metadata.map((one, n) => aRefund({ id: `re_${n}`, amount: 1, metadata: one })));
    const { operations } = await transactionOf(aCapturedIntent({}, { refunds }));
    expect(operations.map(({ reference }) => reference)).toEqual([null, null, null]);
  });

  it('has sums that agree with its operations', async () => {
    const sum = fc.integer({ min: 0, max: 40_000 });
    const status = fc.constantFrom('succeeded', 'pending', 'failed', 'canceled', 'requires_action', null);
    const done = fc.record({
      parts: fc.array(sum, { maxLength: 3 }),
      refunds: fc.array(fc.record({ amount: sum, status }), { maxLength: 4 }),
      isLast: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(done, async ({ parts, refunds, isLast }) => {
        const received = parts.reduce((total, part) => total + part, 0);
        const records = Object.fromEntries(parts.map((part, n) => [`capture_${n}`, `${part} parcel-${n}`]));
        const amount = Math.max(received, 1) + 10_000;
        let left = received;
        const possible = refunds.filter((one) => one.amount <= left && (left -= one.amount) >= 0);
        const charge = {
          amount,
          refunds: aList(possible.map((one, n) => aRefund({ id: `re_${n}`, ...one }))),
        };
        fake.on(`GET /v1/charges/${CHARGE}`, { json: { ...aCharge(), balance_transaction: null } });
        const transaction = await transactionOf(
          anIntent({
            amount,
            amount_received: received,
            amount_capturable: isLast ? 0 : amount - received,
            status: isLast && received > 0 ? 'succeeded' : 'requires_capture',
            metadata: { ...METADATA, ...records },
            latest_charge: aCharge(charge),
          }),
        );
        const { capturedMinor, refundedMinor, operations } = transaction;
        const sumOf = (kind: string) =>
          operations
            .filter((one) => one.kind === kind && one.state === 'done')
            .reduce((total, { amountMinor }) => total + amountMinor, 0);
        expect([sumOf('capture'), sumOf('refund')]).toEqual([capturedMinor, refundedMinor]);
        expect(capturedMinor).toBe(received);
      }),
      { numRuns: 60 },
    );
  });

  it('reads all refunds of a charge that has more than it shows', async () => {
    const all = Array.from({ length: 12 }, (_, n) =>
      aRefund({ id: `re_${12 - n}`, amount: 100, created: 12 - n }),
    );
    fake.on('GET /v1/refunds', ({ query }) => {
      const isFirst = query.get('starting_after') === null;
      expect([query.get('charge'), query.get('limit')]).toEqual([CHARGE, '100']);
      return { json: isFirst ? aList(all.slice(0, 7), true) : aList(all.slice(7)) };
    });
    const transaction = await transactionOf(aCapturedIntent({}, { refunds: aList(all.slice(0, 10), true) }));
    expect(transaction.refundedMinor).toBe(1_200);
    expect(fake.calls('GET /v1/refunds')[1]?.query.get('starting_after')).toBe('re_6');
  });

  it('shows disputes beside the status', async () => {
    const disputes = [
      'needs_response',
      'under_review',
      'won',
      'lost',
      'warning_needs_response',
      'warning_closed',
    ];
    fake.on('GET /v1/disputes', {
      json: aList(disputes.map((status, n) => aDispute({ id: `du_${n}`, status }))),
    });
    const {
      status,
      disputes: shown,
      knownEvents,
    } = await transactionOf(aCapturedIntent({}, { disputed: true }));
    expect(status).toBe('CAPTURED');
    expect(shown?.map(({ state }) => state)).toEqual(['open', 'open', 'won', 'lost', 'open', 'won']);
    expect(shown?.[0]).toEqual({
      disputeId: 'du_0',
      state: 'open',
      amountMinor: 72_200,
      reason: 'fraudulent',
      dueBy: '2026-11-30T00:53:20.000Z',
    });
    expect(knownEvents).toContain('dispute:du_3:lost');
    expect(fake.calls('GET /v1/disputes')[0]?.query.get('payment_intent')).toBe(INTENT);
  });

  it.each([
    ['absent', undefined, { kind: 'absent' }],
    ['of the other mode', { livemode: true }, { kind: 'unreadable' }],
    ['another one', { id: 'cs_test_other' }, { kind: 'unreadable' }],
    ['complete without a payment', { payment_intent: null }, { kind: 'unreadable' }],
    ['with a payment that is not expanded', { payment_intent: INTENT }, { kind: 'unreadable' }],
    [
      'of an unknown status',
      { status: 'paused', payment_intent: anIntent({ status: 'requires_action' }) },
      { kind: 'unreadable' },
    ],
    ['with a float', { payment_intent: anIntent({ amount: 1.5 }) }, { kind: 'unreadable' }],
  ])('of a session that is %s is no transaction', async (_, changes, expected) => {
    if (changes !== undefined) fake.on(READ, { json: aSession(changes) });
    expect(await gatewayAt(fake).readPayment({ sessionId: SESSION })).toMatchObject(expected);
  });

  it('of an id that is no session asks nobody', async () => {
    expect(await gatewayAt(fake).readPayment({ sessionId: '../account' })).toEqual({ kind: 'absent' });
    expect(fake.seen).toEqual([]);
  });

  it('of a refused request is unreadable, and of silence an error', async () => {
    fake.on(READ, anError(400, { message: 'no' }));
    expect(await gatewayAt(fake).readPayment({ sessionId: SESSION })).toMatchObject({ kind: 'unreadable' });
    fake.on(READ, { raw: '<html>gone</html>' });
    expect(await gatewayAt(fake).readPayment({ sessionId: SESSION })).toMatchObject({ kind: 'unreadable' });
    fake.on(READ, { raw: `"${'x'.repeat(10_000_000)}"` });
    expect(await gatewayAt(fake).readPayment({ sessionId: SESSION })).toMatchObject({ kind: 'unreadable' });
    fake.on(READ, anError(500, {}));
    await expect(gatewayAt(fake).readPayment({ sessionId: SESSION })).rejects.toMatchObject({
      kind: 'silent',
    });
  });
});

describe('a stripe capture', () => {
  const capturedBy = (metadata: object, received = 72_200, changes = {}) =>
    transactionOf(
      anIntent({
        status: 'succeeded',
        amount_capturable: 0,
        amount_received: received,
        metadata: { ...METADATA, ...metadata },
        latest_charge: aCharge({ captured: true, amount_captured: received }),
        ...changes,
      }),
    );
  const shown = ({ operations }: Transaction) =>
    operations.map(({ reference, amountMinor }) => [reference, amountMinor]);

  it('of ours is known by the metadata of its payment', async () => {
    const transaction = await capturedBy({ capture_0123456789abcdef: '72200 parcel-1' });
    expect(sums(transaction)).toEqual(['CAPTURED', 72_200, 72_200, 0, 0]);
    expect(shown(transaction)).toEqual([['parcel-1', 72_200]]);
  });

  it('of a part leaves nothing, and is captured with its sum', async () => {
    expect(sums(await capturedBy({ capture_1: '50000 parcel-1' }, 50_000))).toEqual([
      'CAPTURED',
      72_200,
      50_000,
      0,
      0,
    ]);
  });

  it('in the dashboard has no reference, and Stripe’s own is no operation', async () => {
    expect(shown(await capturedBy({}))).toEqual([[null, 72_200]]);
    expect(shown(await transactionOf(aCapturedIntent()))).toEqual([]);
  });

  it('of several adds up, ours and others', async () => {
    const records = {
      capture_1: '30000 parcel-1',
      capture_2: '20000 parcel-2',
      capture_3: 'x',
      capture_4: '5 ',
    };
    const rest = { status: 'requires_capture', amount_capturable: 12_200 };
    const transaction = await capturedBy(records, 60_000, {
      ...rest,
      latest_charge: aCharge({
        payment_method_details: { type: 'card', card: { multicapture: { status: 'available' } } },
      }),
    });
    expect(sums(transaction)).toEqual(['PARTIALLY_CAPTURED', 72_200, 60_000, 0, 12_200]);
    expect(shown(transaction)).toEqual([
      ['parcel-1', 30_000],
      ['parcel-2', 20_000],
      [null, 10_000],
    ]);
    expect(transaction.captures).toBe('many');
  });

  it('of a part that is refunded whole is partly refunded while the rest is held', async () => {
    const latest_charge = aCharge({ refunds: aList([aRefund({ amount: 60_000 })]) });
    const open = { status: 'requires_capture', amount_capturable: 12_200, latest_charge };
    expect((await capturedBy({}, 60_000, open)).status).toBe('PARTIALLY_REFUNDED');
  });

  it('is known, and so is the completion of the session before it', async () => {
    const { knownEvents } = await transactionOf(aCapturedIntent(), { payment_status: 'paid' });
    expect(knownEvents).toEqual([
      'session:complete:unpaid',
      'session:complete:paid',
      'authorized',
      'processing',
      'captured:72200',
    ]);
  });

  it('that was recorded and did not happen is not shown', async () => {
    const records = { capture_1: '30000 failed', capture_2: '72200 parcel-2' };
    const transaction = await capturedBy(records);
    expect(traceOf({ kind: 'capture', reference: 'failed' }, transaction).state).toBe('absent');
    expect(shown(transaction)).toEqual([['parcel-2', 72_200]]);
    expect(shown(await capturedBy({ capture_1: '30000 a', capture_2: '40000 b' }, 60_000))).toEqual([
      ['a', 30_000],
      [null, 30_000],
    ]);
    expect(
      (await transactionOf(anIntent({ metadata: { ...METADATA, capture_1: '72200 parcel-1' } }))).operations,
    ).toEqual([]);
  });
});

describe('the rest that a stripe capture releases', () => {
  const rest = aRefund({ id: 're_rest', amount: 22_200, created: 1 });
  const captured = (refunds: unknown[], refunded: number) =>
    anIntent({
      status: 'succeeded',
      amount_capturable: 0,
      amount_received: 50_000,
      latest_charge: aCharge({
        captured: true,
        amount_captured: 50_000,
        amount_refunded: refunded,
        refunds: aList(refunds),
      }),
    });
  const booked = (amount: number, more = {}) =>
    fake.on(`GET /v1/charges/${CHARGE}`, {
      json: { ...aCharge(), balance_transaction: { amount, currency: 'nok', exchange_rate: null, ...more } },
    });

  it('is no refund where all of the authorization was booked', async () => {
    booked(72_200);
    expect(sums(await transactionOf(captured([rest], 22_200)))).toEqual(['CAPTURED', 72_200, 50_000, 0, 0]);
    const more = await transactionOf(captured([aRefund({ created: 2 }), rest], 32_200));
    // Its event tells nothing new.
    expect(more.knownEvents).toContain('refund:re_rest:succeeded');
    expect(sums(more)).toEqual(['PARTIALLY_REFUNDED', 72_200, 50_000, 10_000, 0]);
  });

  it('is told from a refund of the same sum by what was booked', async () => {
    booked(50_000);
    expect(sums(await transactionOf(captured([rest], 22_200)))).toEqual([
      'PARTIALLY_REFUNDED',
      72_200,
      50_000,
      22_200,
      0,
    ]);
    booked(5_000, { currency: 'eur', exchange_rate: 0.1 });
    expect((await transactionOf(captured([rest], 22_200))).refundedMinor).toBe(22_200);
    booked(7_220, { currency: 'eur', exchange_rate: 0.1 });
    expect((await transactionOf(captured([rest], 22_200))).refundedMinor).toBe(0);
  });

  it('counts as a refund where the key may not see what was booked', async () => {
    fake.on(
      `GET /v1/charges/${CHARGE}`,
      anError(403, { message: 'The provided key does not have the required permissions' }),
    );
    expect((await transactionOf(captured([rest], 22_200))).refundedMinor).toBe(22_200);
  });

  it('costs no call where no refund can be it', async () => {
    const ours = aRefund({ amount: 22_200, metadata: { reference: 'ret-1', host: 'pay.example' } });
    expect((await transactionOf(captured([ours], 22_200))).refundedMinor).toBe(22_200);
    expect((await transactionOf(captured([aRefund()], 10_000))).refundedMinor).toBe(10_000);
    expect(fake.calls(`GET /v1/charges/${CHARGE}`)).toEqual([]);
  });
});
