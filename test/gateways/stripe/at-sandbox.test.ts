/** The adapter against the sandbox, which behaves as Stripe documents. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tellsNews } from '../../../src/domain/callback.ts';
import { leftFor, traceOf } from '../../../src/domain/operation.ts';
import { impossibleIn, type Reading, type Transaction } from '../../../src/domain/transaction.ts';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import { subscribe } from '../../../src/gateways/stripe/subscribe.ts';
import { createStripeClient } from '../../../src/gateways/stripe/client.ts';
import { KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { Gateway, OperationRequest, SessionRequest } from '../../../src/gateways/gateway.ts';
import type { Delivery } from '../../../src/gateways/verification.ts';
import {
  KEY as SECRET_KEY,
  startStripeSandbox,
  WEBHOOK_SECRET,
  type StripeSandboxClient,
} from '../../sandbox/stripe/stripe-client.ts';
import { until } from '../../sandbox/sandbox-client.ts';
import { changesAt, pagesOf } from '../../support/listings.ts';
import { aSessionRequest, KEY, settingsFor } from './fake-stripe.ts';

const AMOUNT = 72_200;
const ACCOUNT = 'acct_1Sandbox000000001';

let sandbox: StripeSandboxClient;
let gateway: Gateway;

const settings = (url: string) =>
  settingsFor(url, { accountId: ACCOUNT, secretKey: SECRET_KEY, webhookSecrets: [WEBHOOK_SECRET] });

beforeEach(async () => {
  sandbox = await startStripeSandbox();
  gateway = createStripeGateway(settings(sandbox.url));
});

afterEach(() => sandbox.close());

interface Paid {
  readonly sessionId: string;
  readonly transactionId: string;
}

const inAnHour = () => new Date(Date.now() + 3_600_000);
const aRequest = (changes: Partial<SessionRequest> = {}) =>
  aSessionRequest({ expiresAt: inAnHour(), ...changes });

async function paid(
  changes: Partial<SessionRequest> = { capture: 'manual' },
  outcome: object = { outcome: 'authorize' },
): Promise<Paid> {
  const { sessionId } = await gateway.createSession(aRequest(changes));
  const { transactionId } = await sandbox.sim(`/sessions/${sessionId}/pay`, outcome);
  return { sessionId, transactionId };
}

const readingOf = ({ sessionId }: Pick<Paid, 'sessionId'>): Promise<Reading> =>
  gateway.readPayment({ sessionId });

async function read(at: Paid): Promise<Transaction> {
  const reading = await readingOf(at);
  if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
  expect(impossibleIn(reading.transaction)).toBeNull();
  return reading.transaction;
}

function request({ transactionId }: Paid, changes: Partial<OperationRequest> = {}): OperationRequest {
  const reference = changes.reference ?? 'op-1';
  return {
    transactionId,
    kind: 'capture',
    reference,
    idempotencyKey: `key-${changes.kind ?? 'capture'}-${reference}`,
    amountMinor: AMOUNT,
    currency: 'NOK',
    ...changes,
  };
}

const faults = (of: object) => sandbox.sim('/faults', of);
const sums = ({ status, authorizedMinor, capturedMinor, refundedMinor, capturableMinor }: Transaction) => [
  status,
  authorizedMinor,
  capturedMinor,
  refundedMinor,
  capturableMinor,
];
const CAPTURE = { kind: 'capture', reference: 'op-1' } as const;

/** The deliveries of all events that the sandbox has sent. */
function deliveries(): Delivery[] {
  return sandbox.receiver.received.map(({ body, headers }) => {
    const verification = gateway.verify({
      method: 'POST',
      target: '/callbacks/stripe',
      headers: { 'stripe-signature': String(headers['stripe-signature']) },
      body: Buffer.from(body),
      receivedAt: new Date(),
    });
    if (!('deliveries' in verification)) throw new Error(JSON.stringify(verification));
    return verification.deliveries[0];
  });
}

/** Waits until the sandbox has sent events of a type. */
const sent = (type: string, count = 1) =>
  until(() => deliveries().filter(({ claim }) => claim.event === type).length >= count);

describe('stripe money at the sandbox', () => {
  it('is captured by Stripe where it may, and the reading says so without an operation', async () => {
    const at = await paid({ capture: 'auto' });
    const transaction = await read(at);
    expect(sums(transaction)).toEqual(['CAPTURED', AMOUNT, AMOUNT, 0, 0]);
    expect(transaction).toMatchObject({
      ...at,
      account: ACCOUNT,
      reference: '1001',
      money: { amountMinor: AMOUNT, currency: 'NOK' },
      authorized: true,
      paymentMethod: 'card',
      operations: [],
      captures: 'once',
    });
    expect(Date.parse(transaction.updatedAt ?? '')).not.toBeNaN();
  });

  it('is held, captured and refunded, each operation shown with its reference', async () => {
    const at = await paid();
    const held = await read(at);
    expect(sums(held)).toEqual(['AUTHORIZED', AMOUNT, 0, 0, AMOUNT]);
    expect(Date.parse(held.authorizationExpiresAt ?? '')).toBeGreaterThan(Date.now());
    expect(await gateway.operate(request(at))).toEqual({ kind: 'answered' });
    const captured = await read(at);
    expect(sums(captured)).toEqual(['CAPTURED', AMOUNT, AMOUNT, 0, 0]);
    expect(traceOf(CAPTURE, captured)).toEqual({ state: 'done', amountMinor: AMOUNT });
    const refund = { kind: 'refund', reference: 'ret-1', amountMinor: 10_000 } as const;
    expect(await gateway.operate(request(at, refund))).toEqual({ kind: 'answered' });
    const refunded = await read(at);
    expect(sums(refunded)).toEqual(['PARTIALLY_REFUNDED', AMOUNT, AMOUNT, 10_000, 0]);
    expect(traceOf(refund, refunded)).toEqual({ state: 'done', amountMinor: 10_000 });
    await gateway.operate(request(at, { ...refund, reference: 'ret-2', amountMinor: AMOUNT - 10_000 }));
    expect((await read(at)).status).toBe('REFUNDED');
  });

  it('is voided whole, and a second void is declined', async () => {
    const at = await paid();
    expect(await gateway.operate(request(at, { kind: 'void' }))).toEqual({ kind: 'answered' });
    const voided = await read(at);
    expect(sums(voided)).toEqual(['VOIDED', AMOUNT, 0, 0, 0]);
    expect(traceOf({ kind: 'void', reference: 'op-1' }, voided)).toMatchObject({ state: 'done' });
    const again = await gateway.operate(request(at, { kind: 'void', idempotencyKey: 'another' }));
    expect(again).toMatchObject({ kind: 'declined', reason: expect.stringContaining('canceled') });
  });

  it.each(['release', 'refund_rest'])(
    'captured in part has the same sums with %s',
    async (partialCapture) => {
      await faults({ partialCapture, multicapture: false });
      const at = await paid();
      await gateway.operate(request(at, { amountMinor: 50_000, finalCapture: true }));
      expect(sums(await read(at))).toEqual(['CAPTURED', AMOUNT, 50_000, 0, 0]);
      await gateway.operate(request(at, { kind: 'refund', reference: 'ret-1', amountMinor: 20_000 }));
      const refunded = await read(at);
      expect(sums(refunded)).toEqual(['PARTIALLY_REFUNDED', AMOUNT, 50_000, 20_000, 0]);
      expect(leftFor('refund', refunded)).toBe(30_000);
    },
  );

  it('of multicapture is captured in parts and the rest released by the last', async () => {
    const at = await paid({ capture: 'manual', options: { multicapture: true } });
    expect((await read(at)).captures).toBe('many');
    await gateway.operate(request(at, { amountMinor: 30_000 }));
    expect(sums(await read(at))).toEqual(['PARTIALLY_CAPTURED', AMOUNT, 30_000, 0, AMOUNT - 30_000]);
    await gateway.operate(request(at, { reference: 'op-2', amountMinor: 20_000 }));
    const parts = await read(at);
    expect(sums(parts)).toEqual(['PARTIALLY_CAPTURED', AMOUNT, 50_000, 0, AMOUNT - 50_000]);
    expect(traceOf(CAPTURE, parts)).toEqual({ state: 'done', amountMinor: 30_000 });
    expect(traceOf({ kind: 'capture', reference: 'op-2' }, parts)).toMatchObject({ amountMinor: 20_000 });
    await gateway.operate(request(at, { reference: 'op-3', amountMinor: AMOUNT - 50_000 }));
    expect(sums(await read(at))).toEqual(['CAPTURED', AMOUNT, AMOUNT, 0, 0]);
  });

  it('of multicapture is released by a last part that is final', async () => {
    const at = await paid({ capture: 'manual', options: { multicapture: true } });
    await gateway.operate(request(at, { amountMinor: 30_000 }));
    await gateway.operate(request(at, { reference: 'op-2', amountMinor: 20_000, finalCapture: true }));
    expect(sums(await read(at))).toEqual(['CAPTURED', AMOUNT, 50_000, 0, 0]);
  });

  it('captured and refunded in the dashboard is shown without a reference', async () => {
    const at = await paid();
    await sandbox.sim(`/transactions/${at.transactionId}/capture`, {});
    await sandbox.sim(`/transactions/${at.transactionId}/refund`, { amount: 700 });
    const { operations } = await read(at);
    expect(operations).toMatchObject([
      { kind: 'capture', reference: null, amountMinor: AMOUNT, state: 'done' },
      { kind: 'refund', reference: null, amountMinor: 700, state: 'done' },
    ]);
  });

  it('comes back when a refund fails later', async () => {
    const at = await paid({ capture: 'auto' });
    const refund = { kind: 'refund', reference: 'ret-1', amountMinor: AMOUNT } as const;
    await gateway.operate(request(at, refund));
    const [{ eventId: id } = {}] = (await read(at)).operations;
    await sandbox.sim(`/refunds/${id}/fail`, {});
    const back = await read(at);
    expect(sums(back)).toEqual(['CAPTURED', AMOUNT, AMOUNT, 0, 0]);
    expect(traceOf(refund, back)).toMatchObject({ state: 'failed', isReversed: true });
  });

  it('is not refunded while a refund is pending', async () => {
    const at = await paid({ capture: 'auto' });
    await faults({ refund: { pending: true, result: 'never' } });
    const refund = { kind: 'refund', reference: 'ret-1', amountMinor: 500 } as const;
    await gateway.operate(request(at, refund));
    const pending = await read(at);
    expect(pending.refundedMinor).toBe(0);
    expect(traceOf(refund, pending).state).toBe('pending');
    const { eventId } = pending.operations[0] as { eventId: string };
    await sandbox.sim(`/refunds/${eventId}/succeed`, {});
    expect((await read(at)).refundedMinor).toBe(500);
  });

  it('of more refunds than a charge shows adds up', async () => {
    const at = await paid({ capture: 'auto' });
    for (let n = 1; n <= 12; n += 1)
      await gateway.operate(request(at, { kind: 'refund', reference: `r-${n}`, amountMinor: 100 }));
    const { refundedMinor, operations } = await read(at);
    expect([refundedMinor, operations.length]).toEqual([1_200, 12]);
    expect(operations.map(({ reference }) => reference).slice(0, 2)).toEqual(['r-1', 'r-2']);
  });

  it('that is disputed shows the dispute beside its status', async () => {
    const at = await paid({ capture: 'auto' });
    await sandbox.sim(`/transactions/${at.transactionId}/dispute`, {});
    const disputed = await read(at);
    expect(disputed).toMatchObject({
      status: 'CAPTURED',
      disputes: [{ state: 'open', amountMinor: AMOUNT }],
    });
    const id = disputed.disputes?.[0]?.disputeId;
    await sandbox.sim(`/disputes/${id}/close`, { status: 'lost' });
    expect((await read(at)).disputes).toMatchObject([{ disputeId: id, state: 'lost' }]);
  });

  it('of an authorization that lapses is voided', async () => {
    const at = await paid();
    await sandbox.sim(`/transactions/${at.transactionId}/change`, { status: 'expired' });
    expect(sums(await read(at))).toEqual(['VOIDED', AMOUNT, 0, 0, 0]);
  });
});

describe('a stripe session at the sandbox', () => {
  it('is open before the payer tries, after a decline, and after the payer went back', async () => {
    for (const outcome of ['decline', 'cancel', 'abandon', 'initiate']) {
      const { sessionId } = await gateway.createSession(aRequest({ idempotencyKey: outcome }));
      expect(await readingOf({ sessionId })).toEqual({ kind: 'session', state: 'open' });
      await sandbox.sim(`/sessions/${sessionId}/pay`, { outcome });
      expect(await readingOf({ sessionId })).toEqual({ kind: 'session', state: 'open' });
    }
  });

  it('is expired by its time, and by a cancellation, which is then refused', async () => {
    const { sessionId } = await gateway.createSession(aRequest());
    expect(await gateway.cancelSession(sessionId)).toBe('cancelled');
    expect(await readingOf({ sessionId })).toEqual({ kind: 'session', state: 'expired' });
    expect(await gateway.cancelSession(sessionId)).toBe('refused');
    const other = await gateway.createSession(aRequest({ idempotencyKey: 'other' }));
    await sandbox.sim('/clock', { advanceMs: 2 * 3_600_000 });
    expect(await readingOf(other)).toEqual({ kind: 'session', state: 'expired' });
  });

  it.each([
    ['succeeded', { status: 'CAPTURED', authorized: true }],
    ['failed', { status: 'FAILED', authorized: false }],
  ] as const)('with a bank debit is on hold, and then %s', async (status, expected) => {
    const at = await paid({ capture: 'auto' }, { outcome: 'on_hold' });
    expect(sums(await read(at))).toEqual(['ON_HOLD', 0, 0, 0, 0]);
    await sandbox.sim(`/transactions/${at.transactionId}/change`, { status });
    const ended = await read(at);
    expect(ended).toMatchObject(expected);
    if (status === 'failed') expect(ended.reason).toEqual(expect.any(String));
  });

  it('is found by its payment and only by that', async () => {
    const since = new Date(Date.now() - 1_000);
    const first = await gateway.createSession(aRequest());
    await gateway.createSession(aRequest({ paymentId: 'pay_2', idempotencyKey: 'other' }));
    const found = await gateway.findSessions(KEY, since);
    expect(found).toMatchObject([
      { ...first, key: KEY, live: true, money: { amountMinor: AMOUNT, currency: 'NOK' } },
    ]);
    expect(await gateway.readSession(first.sessionId)).toEqual(found[0]);
    expect(await gateway.readSession('cs_test_unknown')).toBe('absent');
    const elsewhere = createStripeGateway({ ...settings(sandbox.url), publicUrl: 'https://other.example' });
    expect(await elsewhere.readSession(first.sessionId)).toBe('foreign');
  });

  it('is the same for the same key, and another body spends the key', async () => {
    const request = aRequest();
    const first = await gateway.createSession(request);
    expect(await gateway.createSession(request)).toEqual(first);
    await expect(gateway.createSession({ ...request, orderReference: '1002' })).rejects.toThrow(KeySpent);
  });

  it('whose key has a stored failure needs another key', async () => {
    await faults({ create: { status: 500, stored: true, times: 1 } });
    const request = aRequest();
    await expect(gateway.createSession(request)).rejects.not.toThrow(KeySpent);
    await expect(gateway.createSession(request)).rejects.toThrow(KeySpent);
    expect(await gateway.createSession({ ...request, idempotencyKey: 'next' })).toMatchObject({});
  });
});

describe('a stripe operation at the sandbox', () => {
  it('whose answer was lost is done once by the same key', async () => {
    const at = await paid();
    await faults({ capture: { drop: 'after', times: 1 } });
    expect(await gateway.operate(request(at))).toMatchObject({ kind: 'lost' });
    expect(traceOf(CAPTURE, await read(at)).state).toBe('done');
    const refund = request(at, { kind: 'refund', reference: 'ret-1', amountMinor: 500 });
    await faults({ refund: { drop: 'after', times: 1 } });
    expect(await gateway.operate(refund)).toMatchObject({ kind: 'lost' });
    expect(await gateway.operate(refund)).toEqual({ kind: 'answered' });
    expect((await read(at)).refundedMinor).toBe(500);
  });

  it('whose key has a stored failure says that the key is spent', async () => {
    const at = await paid();
    await faults({ capture: { status: 500, stored: true, times: 1 } });
    expect(await gateway.operate(request(at))).toEqual({ kind: 'lost', reason: expect.any(String) });
    expect(await gateway.operate(request(at))).toMatchObject({ kind: 'lost', isKeySpent: true });
    expect(await gateway.operate(request(at, { idempotencyKey: 'next' }))).toEqual({ kind: 'answered' });
  });

  it('with the key of another request says so, and one that is too large is declined', async () => {
    const at = await paid();
    await gateway.operate(request(at));
    const other = request(at, { kind: 'refund', amountMinor: 1, idempotencyKey: 'k', reference: 'a' });
    await gateway.operate(other);
    expect(await gateway.operate({ ...other, amountMinor: 2 })).toMatchObject({
      kind: 'lost',
      isKeySpent: true,
    });
    const large = request(at, { kind: 'refund', reference: 'b', amountMinor: AMOUNT + 1 });
    expect(await gateway.operate(large)).toMatchObject({ kind: 'declined' });
  });
});

describe('stripe events at the sandbox', () => {
  it('name the payment by our metadata, and tell nothing new after a read', async () => {
    const at = await paid({ capture: 'manual' });
    await gateway.operate(request(at));
    await gateway.operate(request(at, { kind: 'refund', reference: 'ret-1', amountMinor: 500 }));
    await sent('refund.created');
    await sent('charge.refunded');
    const { status, transactionId, knownEvents = [] } = await read(at);
    const about = deliveries().filter(({ kind }) => kind === 'payment');
    expect(about.map(({ claim }) => claim.event)).toEqual(
      expect.arrayContaining(['checkout.session.completed', 'charge.captured', 'payment_intent.succeeded']),
    );
    for (const { key, isKeyless, claim } of about) {
      expect(isKeyless ? claim.transactionId : key).toEqual(isKeyless ? at.transactionId : KEY);
      const proved = {
        status: status as 'PARTIALLY_REFUNDED',
        transactionId,
        capture: 'manual',
        knownEvents,
      };
      expect([claim.event, claim.eventRef, tellsNews(claim, proved)]).toEqual([
        claim.event,
        claim.eventRef,
        false,
      ]);
    }
  });

  it('of one fact have one content, as two Event objects and as a thin twin', async () => {
    await faults({ twinRate: 1, thinTwins: true });
    await paid({ capture: 'auto' });
    await sent('v1.checkout.session.completed');
    await sent('checkout.session.completed', 2);
    const completed = deliveries().filter(({ claim }) => claim.event === 'checkout.session.completed');
    expect(completed.length).toBeGreaterThanOrEqual(2);
    expect(new Set(completed.map(({ contentHash }) => contentHash)).size).toBe(1);
    const ids = new Set(completed.map(({ eventId }) => eventId));
    const thin = deliveries().filter(({ claim }) => claim.event === 'v1.checkout.session.completed');
    expect(thin.length).toBeGreaterThan(0);
    for (const { eventId, claim } of thin) {
      expect(ids).toContain(eventId);
      expect(claim.sessionId).toMatch(/^cs_/);
    }
  });

  it('of a connected account, of the other mode and of another shop are not ours', async () => {
    const { sessionId } = await gateway.createSession(aRequest());
    const callback = [{ accountId: 'acct_1Connected' }, { livemode: true }];
    await sandbox.sim(`/sessions/${sessionId}/expire`, { callback });
    await sandbox.sim('/transactions', { amount: 500, currency: 'nok' });
    await sandbox.received(3);
    const [connected, live, ...foreign] = deliveries();
    expect([connected?.kind, live?.kind]).toEqual(['other', 'other']);
    for (const { kind, key, isKeyless } of foreign)
      if (kind === 'payment') expect([key, isKeyless]).toEqual([null, undefined]);
  });
});

describe('stripe listings at the sandbox', () => {
  it('show new payments with their sums', async () => {
    const since = new Date(Date.now() - 60_000);
    const held = await paid();
    const captured = await paid(
      { capture: 'auto', idempotencyKey: 'b', paymentId: 'pay_2' },
      { outcome: 'authorize' },
    );
    await gateway.operate(request(captured, { kind: 'refund', amountMinor: 100 }));
    await gateway.createSession(aRequest({ idempotencyKey: 'c', paymentId: 'pay_3' }));
    const rows = [];
    for await (const page of pagesOf(gateway, 'sessions', since)) rows.push(...page);
    expect(rows).toMatchObject([
      { ...captured, status: 'PARTIALLY_REFUNDED', capturedMinor: AMOUNT, refundedMinor: 100 },
      { ...held, status: 'AUTHORIZED', capturedMinor: 0, refundedMinor: 0 },
    ]);
  });

  it('show changes of older payments by their events, the newest of each', async () => {
    const since = new Date(Date.now() - 60_000);
    const at = await paid();
    await sandbox.sim(`/transactions/${at.transactionId}/capture`, {});
    const rows = await changesAt(gateway, since);
    expect(rows).toMatchObject([{ transactionId: at.transactionId, status: 'CAPTURED' }]);
    await sandbox.sim(`/transactions/${at.transactionId}/dispute`, {});
    expect(await changesAt(gateway, since)).toMatchObject([
      { transactionId: at.transactionId, sessionId: null, status: 'UNCLEAR' },
    ]);
  });
});

describe('the stripe endpoint at the sandbox', () => {
  const calls = () => ({ client: createStripeClient(settings(sandbox.url), { now: () => new Date() }) });

  it('is missing, subscribed once, and judged', async () => {
    expect(await gateway.findSubscription()).toBe('missing');
    const first = await subscribe(calls(), settings(sandbox.url));
    expect(first.json).toMatchObject({ created: true, secret: expect.stringMatching(/^whsec_/) });
    expect(await gateway.findSubscription()).toBe('there');
    expect((await subscribe(calls(), settings(sandbox.url))).json).toMatchObject({ created: false });
    const { id } = (first.json as { subscription: { id: string } }).subscription;
    await sandbox.stripe.webhookEndpoints.update(id, { enabled_events: ['charge.captured'] });
    expect(await gateway.findSubscription()).toMatchObject({
      wrong: expect.stringContaining('refund.failed'),
    });
    await sandbox.stripe.webhookEndpoints.update(id, { disabled: true });
    expect(await gateway.findSubscription()).toMatchObject({ wrong: expect.stringContaining('disabled') });
  });

  it('is what credentials and missed events are checked with', async () => {
    expect(await gateway.checkCredentials()).toEqual({ account: ACCOUNT });
    const within = { sessionIds: [], from: new Date(Date.now() - 60_000), to: new Date(Date.now() + 60_000) };
    expect(await gateway.countMissedCallbacks(within)).toBe(0);
  });
});
