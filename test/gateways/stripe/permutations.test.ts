/**
 * The events of one payment, in every order and with every subset of them lost. Each causes a read, which shows
 * Stripe as it was when the event was sent. The readings are real: the adapter reads the sandbox after each step.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { decide } from '../../../src/domain/decide.ts';
import type { Reading, Transaction } from '../../../src/domain/transaction.ts';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import type { OrderRow, PaymentRow } from '../../../src/store/payments.ts';
import { snapshotOf } from '../../../src/store/payment-snapshot.ts';
import type { Locked } from '../../../src/store/record-finding/lock-order.ts';
import { planRecord } from '../../../src/store/record-finding/plan.ts';
import { KEY as SECRET_KEY, startStripeSandbox, WEBHOOK_SECRET } from '../../sandbox/stripe/stripe-client.ts';
import { aSessionRequest, settingsFor } from './fake-stripe.ts';
import { nothing, refund, SETTLED, type Act } from './settled-payment.ts';

const ACCOUNT = 'acct_1Sandbox000000001';
const AMOUNT = 72_200;
const SETTINGS = { policy: 'give_back', livemode: () => false, tells: true } as const;
/** `EVENTS=9` takes a minute; the tests take the first eight. */
const MOST_EVENTS = Number(process.env['EVENTS'] ?? 8);

interface State {
  readonly order: OrderRow;
  readonly payment: PaymentRow;
  readonly effects: readonly string[];
}

/** The readings after each step, a second apart by Stripe's clock. */
type Steps = readonly Reading[];

let opens = 0;
let settled: Steps;
let failed: Steps;
let heldThenPaid: Steps;

beforeAll(async () => {
  const stripe = await startStripeSandbox();
  const credentials = { accountId: ACCOUNT, secretKey: SECRET_KEY, webhookSecrets: [WEBHOOK_SECRET] };
  const gateway = createStripeGateway(settingsFor(stripe.url, credentials));
  const steps = async (outcome: string, capture: 'auto' | 'manual', acts: readonly Act[]) => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { sessionId } = await gateway.createSession(
      aSessionRequest({ capture, expiresAt, idempotencyKey: `open-${(opens += 1)}` }),
    );
    const { transactionId } = await stripe.sim(`/sessions/${sessionId}/pay`, { outcome });
    const at = { sessionId, transactionId, refunds: [], disputes: [] };
    const readings: Reading[] = [];
    for (const act of [nothing, ...acts]) {
      await act(stripe, at);
      readings.push(later(await gateway.readPayment({ sessionId }), readings.length));
    }
    return readings;
  };
  const change =
    (status: string): Act =>
    (sandbox, { transactionId }) =>
      sandbox.sim(`/transactions/${transactionId}/change`, { status });
  settled = await steps(
    'authorize',
    'manual',
    SETTLED.map(([, act]) => act),
  );
  failed = await steps('on_hold', 'auto', [nothing, change('failed'), nothing]);
  heldThenPaid = await steps('on_hold', 'auto', [nothing, change('succeeded'), nothing, refund(AMOUNT)]);
  await stripe.close();
});

function later(reading: Reading, step: number): Reading {
  if (reading.kind !== 'transaction') return reading;
  const updatedAt = new Date(Date.parse('2026-11-30T12:00:00.000Z') + step * 1_000).toISOString();
  return { kind: 'transaction', transaction: { ...reading.transaction, updatedAt } };
}

function transactionOf(reading: Reading | undefined): Transaction {
  if (reading?.kind !== 'transaction') throw new Error(JSON.stringify(reading));
  return reading.transaction;
}

/** A payment whose session is open. */
function opened(steps: Steps): State {
  const { sessionId, reference } = transactionOf(steps[0]);
  const at = new Date('2026-11-30T11:00:00.000Z');
  const money = { amount: AMOUNT, currency: 'NOK', createdAt: at, updatedAt: at };
  const order = {
    ...money,
    reference,
    status: 'AWAITING_PAYMENT',
    paidPaymentId: null,
    paidAt: null,
    latestN: 1,
    sequence: 0,
  } as const;
  const payment = {
    ...money,
    id: 'pay_1',
    orderReference: reference,
    n: 1,
    gateway: 'stripe',
    status: 'PENDING',
    capture: 'manual',
    sessionId,
    authorized: 0,
    captured: 0,
    refunded: 0,
    shownOperations: {},
    disputes: [],
    surplus: [],
    knownEvents: [],
    request: { lines: [] },
    expiresAt: new Date('2026-11-30T15:00:00.000Z'),
    ...Object.fromEntries(NULLS.map((name) => [name, null])),
    dismissed: false,
    mustGiveBack: false,
  } as unknown as PaymentRow;
  return { order, payment, effects: [] };
}

const NULLS = [
  'transactionId',
  'transactionUpdatedAt',
  'reason',
  'closedBy',
  'reviewCode',
  'reviewMark',
  'reviewSince',
  'acceptedAmount',
  'acceptedCurrency',
  'acceptedReference',
  'authorizationExpiresAt',
  'paymentMethod',
  'checkoutUrl',
  'runId',
];

/** What a look records, in the same functions as the store, without the database. */
function looked({ order, payment, effects }: State, reading: Reading): State {
  const before: Locked = {
    order,
    payment,
    now: new Date('2026-11-30T12:00:00.000Z'),
    known: effects,
    operations: [],
    otherOpen: null,
    otherReviewed: false,
    isReplacing: false,
    unhandled: 0,
    isRepeated: false,
  };
  const snapshot = snapshotOf(payment, { account: ACCOUNT });
  const decision = decide(snapshot, reading, { now: before.now.getTime(), unclearSince: null });
  const record = {
    paymentId: payment.id,
    orderReference: order.reference,
    key: 'k',
    deliveries: [],
    notes: () => [],
  };
  const plan = planRecord(before, { payment: snapshot, decision }, record, SETTINGS);
  const { updates } = plan;
  return {
    order: plan.order,
    payment: plan.payment,
    effects: [...effects, ...updates.map(({ effectId }) => effectId)],
  };
}

/** What must be the same, whatever came before. */
function factsOf({ order, payment }: State) {
  const { status, captured, refunded, disputes, reviewCode, reviewMark, mustGiveBack } = payment;
  const sums = { status, captured, refunded, order: order.status, paidPaymentId: order.paidPaymentId };
  return { ...sums, disputes: disputes.map(({ state }) => state), reviewCode, reviewMark, mustGiveBack };
}

/** Goes through every order of every subset; `judge` sees each state with the newest step it has been shown. */
function everyOrder(
  steps: Steps,
  judge: (state: State, newest: number, came: readonly number[]) => void,
): number {
  let count = 0;
  const go = (state: State, came: readonly number[]): void => {
    for (let step = 0; step < steps.length; step += 1) {
      if (came.includes(step)) continue;
      const next = looked(state, steps[step] as Reading);
      const now = [...came, step];
      count += 1;
      judge(next, Math.max(...now), now);
      go(next, now);
    }
  };
  go(opened(steps), []);
  return count;
}

/** The facts after the newest step alone: the same end for every order. */
function endsOf(steps: Steps): unknown[] {
  return steps.map((_, newest) => factsOf(steps.slice(0, newest + 1).reduce(looked, opened(steps))));
}

function paidTimes({ effects }: State): number {
  return effects.filter((effect) => effect.endsWith('/order.paid')).length;
}

describe("a payment's events in every order, with any of them lost", () => {
  it('pay the order once, never take back what a newer one has shown, and end the same', () => {
    const steps = settled.slice(0, MOST_EVENTS);
    const ends = endsOf(steps).map((end) => JSON.stringify(end));
    const count = everyOrder(steps, (state, newest, came) => {
      if (paidTimes(state) !== 1) throw new Error(`${came.join()}: paid ${paidTimes(state)} times`);
      if (new Set(state.effects).size !== state.effects.length) throw new Error(`${came.join()}: told twice`);
      const facts = JSON.stringify(factsOf(state));
      if (facts !== ends[newest]) throw new Error(`${came.join()}: ${facts}\ninstead of ${ends[newest]}`);
    });
    expect(count).toBeGreaterThan(100_000);
    expect(transactionOf(steps.at(-1))).toMatchObject({
      status: 'PARTIALLY_REFUNDED',
      refundedMinor: 70_000,
    });
  });

  it('of a bank debit that fails leave the order unpaid', () => {
    const ends = endsOf(failed).map((end) => JSON.stringify(end));
    everyOrder(failed, (state, newest, came) => {
      expect({ came, paid: paidTimes(state), facts: JSON.stringify(factsOf(state)) }).toEqual({
        came,
        paid: 0,
        facts: ends[newest],
      });
    });
    expect(endsOf(failed).at(-1)).toMatchObject({ status: 'FAILED', order: 'PAYMENT_FAILED' });
  });

  it('of a bank debit that succeeds pay once', () => {
    const ends = endsOf(heldThenPaid).map((end) => JSON.stringify(end));
    everyOrder(heldThenPaid, (state, newest, came) => {
      const paid = newest >= 2 ? 1 : 0;
      expect({ came, paid: paidTimes(state), facts: JSON.stringify(factsOf(state)) }).toEqual({
        came,
        paid,
        facts: ends[newest],
      });
    });
    expect(endsOf(heldThenPaid).at(-1)).toMatchObject({ status: 'REFUNDED', order: 'REFUNDED' });
  });
});
