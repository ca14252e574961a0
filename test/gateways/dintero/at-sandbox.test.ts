/** The adapter against the sandbox, which behaves as Dintero documents. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { leftFor, traceOf } from '../../../src/domain/operation.ts';
import type { Transaction } from '../../../src/domain/transaction.ts';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import type { Gateway, ListedTransaction, OperationRequest } from '../../../src/gateways/gateway.ts';
import {
  ACCOUNT,
  openSession,
  type Receiver,
  type SandboxClient,
  startReceiver,
  startSandbox,
  until,
} from '../../sandbox/sandbox-client.ts';
import { changesAt } from '../../support/listings.ts';
import { settingsFor } from './fake-dintero.ts';

const AMOUNT = 29990;

let sandbox: SandboxClient;
let gateway: Gateway;

beforeEach(async () => {
  sandbox = await startSandbox();
  const client = {
    clientId: 'sandbox-client',
    clientSecret: 'sandbox-client-secret-0001',
    webhookSecrets: ['hook'],
  };
  gateway = createDinteroGateway(settingsFor(sandbox.url, client));
});

afterEach(() => sandbox.close());

interface Paid {
  readonly sessionId: string;
  readonly transactionId: string;
}

async function paid(payment: object = { outcome: 'authorize' }, callbackUrl?: string): Promise<Paid> {
  const sessionId = await openSession(sandbox, callbackUrl);
  const { body } = await sandbox.call('POST', `/__sim/sessions/${sessionId}/pay`, payment);
  return { sessionId, transactionId: body.transactionId as string };
}

async function read(at: Paid): Promise<Transaction> {
  const reading = await gateway.readPayment(at);
  if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
  return reading.transaction;
}

function request({ transactionId }: Paid, changes: Partial<OperationRequest> = {}): OperationRequest {
  return {
    transactionId,
    kind: 'capture',
    reference: 'op-1',
    amountMinor: AMOUNT,
    currency: 'NOK',
    idempotencyKey: 'k',
    ...changes,
  };
}

async function answeredWith(wanted: OperationRequest): Promise<Transaction> {
  const answer = await gateway.operate(wanted);
  if (answer.kind !== 'answered' || answer.transaction === undefined) throw new Error(answer.kind);
  return answer.transaction;
}

const faults = (of: object) => sandbox.call('POST', '/__sim/faults', of);
const CAPTURE = { kind: 'capture', reference: 'op-1' } as const;

describe('dintero money at the sandbox', () => {
  it('of Klarna stays the same money after its authorization was extended', async () => {
    const at = await paid({ outcome: 'authorize', product: 'klarna.klarna' });
    const before = await read(at);
    const path = `/v1/transactions/${at.transactionId}/authorization`;
    expect((await sandbox.api('POST', path, { reason: 'late' })).status).toBe(200);
    const { status, capturableMinor, operations } = await read(at);
    expect({ status, capturableMinor, operations }).toEqual({
      status: 'AUTHORIZED',
      capturableMinor: before.capturableMinor,
      operations: before.operations,
    });
  });

  it('is captured in parts by line and refunded, and each operation is shown with its reference', async () => {
    const at = await paid();
    const lines = [{ lineId: '1', amountMinor: 20000, quantity: 0.5 }];
    await gateway.operate(request(at, { amountMinor: 20000, lines }));
    const answer = await gateway.operate(
      request(at, { kind: 'refund', reference: 'r-1', amountMinor: 5000, reason: 'scratched' }),
    );
    expect(answer).toEqual({ kind: 'answered', transaction: await read(at) });
    expect(await read(at)).toMatchObject({
      capturedMinor: 20000,
      refundedMinor: 5000,
      capturableMinor: AMOUNT - 20000,
      operations: [
        { kind: 'capture', reference: 'op-1', amountMinor: 20000, state: 'done' },
        { kind: 'refund', reference: 'r-1', amountMinor: 5000, state: 'done' },
      ],
    });
  });

  it('is voided without a body, once', async () => {
    const at = await paid();
    const wanted = request(at, { kind: 'void' });
    expect(await gateway.operate(wanted)).toMatchObject({
      kind: 'answered',
      transaction: { status: 'VOIDED' },
    });
    expect(await gateway.operate(wanted)).toMatchObject({ kind: 'declined' });
    expect(traceOf(wanted, await read(at))).toEqual({ state: 'done', amountMinor: AMOUNT });
  });

  it.each(['CAPTURED', 'PARTIALLY_CAPTURED', 'AUTHORIZATION_VOIDED'])(
    'leaves nothing to capture after a final capture that shows %s',
    async (partialVoidStatus) => {
      await faults({ partialVoidStatus });
      const at = await paid();
      await gateway.operate(request(at, { amountMinor: 20000, finalCapture: true }));
      const transaction = await read(at);
      expect(transaction).toMatchObject({ capturedMinor: 20000, capturableMinor: 0 });
      expect(transaction.status).toMatch(/CAPTURED/);
    },
  );

  it('is declined with the reason: more than is left, an unknown line, a product without voids', async () => {
    const at = await paid();
    const declined = (reason: string) => ({ kind: 'declined', reason: expect.stringContaining(reason) });
    expect(await gateway.operate(request(at, { amountMinor: AMOUNT + 1 }))).toEqual(
      declined('INVALID_AMOUNT'),
    );
    const lines = [{ lineId: '9', amountMinor: AMOUNT }];
    expect(await gateway.operate(request(at, { lines }))).toEqual(declined('no line 9'));
    const swish = await paid({ outcome: 'capture' });
    expect(await gateway.operate(request(swish, { kind: 'void' }))).toEqual(declined('swish'));
    const transaction = await read(swish);
    expect([gateway.rulesFor(transaction).voids, transaction.capturableMinor]).toEqual(['never', 0]);
  });

  it('is captured once when the answer is lost: nothing is sent again, and the operation is found', async () => {
    const at = await paid();
    await faults({ capture: { drop: 'after', times: 1 } });
    expect(await gateway.operate(request(at))).toMatchObject({ kind: 'lost' });
    expect(traceOf(CAPTURE, await read(at))).toEqual({ state: 'done', amountMinor: AMOUNT });
    expect((await sandbox.call('GET', '/__sim/requests')).body).toMatchObject({ capture: 1 });
  });

  it('is not captured when the connection broke before: the transaction shows no operation', async () => {
    const at = await paid();
    await faults({ capture: { drop: 'before', times: 1 } });
    expect(await gateway.operate(request(at))).toMatchObject({ kind: 'lost' });
    expect(traceOf(CAPTURE, await read(at))).toEqual({ state: 'absent' });
  });

  it.each([
    ['success', { state: 'done', amountMinor: AMOUNT }],
    [
      'failure',
      {
        state: 'failed',
        amountMinor: AMOUNT,
        reason: 'the payment provider refused the operation',
        isReversed: false,
      },
    ],
    ['corrected', { state: 'done', amountMinor: AMOUNT }],
  ])('is pending when it is only accepted, until it ends in %s', async (result, trace) => {
    const at = await paid();
    await faults({ capture: { pending: true, afterMs: 100, result } });
    expect(traceOf(CAPTURE, await answeredWith(request(at)))).toMatchObject({ state: 'pending' });
    await until(async () => traceOf(CAPTURE, await read(at)).state !== 'pending');
    expect(traceOf(CAPTURE, await read(at))).toEqual(trace);
    const { operations, capturedMinor } = await read(at);
    expect([operations.length, capturedMinor]).toEqual([1, trace.state === 'done' ? AMOUNT : 0]);
  });

  it('has failed where a 200 says so, and is done after a correction', async () => {
    const at = await paid();
    await faults({ capture: { result: 'corrected', correctAfterMs: 150, times: 1 } });
    expect(traceOf(CAPTURE, await answeredWith(request(at)))).toMatchObject({ state: 'failed' });
    await until(async () => traceOf(CAPTURE, await read(at)).state === 'done');
    expect(leftFor('capture', await read(at))).toBe(0);
  });

  it('waits while another operation is not finished', async () => {
    const at = await paid();
    await faults({ capture: { pending: true, result: 'never' } });
    await gateway.operate(request(at, { amountMinor: 100 }));
    expect(await gateway.operate(request(at, { kind: 'void' }))).toMatchObject({ kind: 'busy' });
  });

  it('gets the second reference', async () => {
    const at = await paid();
    await gateway.updateReference?.(at.transactionId, 'shop-77');
    const { body } = await sandbox.api('GET', `/v1/transactions/${at.transactionId}`);
    expect(body.merchant_reference_2).toBe('shop-77');
  });
});

describe('dintero changes at the sandbox', () => {
  it('are all found, of every kind, and nothing else', async () => {
    const all = [await paid(), await paid(), await paid(), await paid({ outcome: 'on_hold' })];
    const before = { [(await paid()).transactionId]: 'untouched' };
    const paidAt = Date.now();
    await until(() => Date.now() > paidAt);
    const since = new Date();
    const [captured, refunded, voided, held] = all.map(
      ({ transactionId }) => `/__sim/transactions/${transactionId}`,
    );
    await sandbox.call('POST', `${captured}/capture`, { amount: 100 });
    await sandbox.call('POST', `${refunded}/capture`, { amount: AMOUNT });
    await sandbox.call('POST', `${refunded}/refund`, { amount: 5 });
    await sandbox.call('POST', `${voided}/void`, {});
    await sandbox.call('POST', `${held}/change`, { status: 'AUTHORIZED' });
    const found = new Map<string, ListedTransaction>();
    for (const row of await changesAt(gateway, since)) found.set(row.transactionId, row);
    expect(all.map(({ transactionId }) => found.get(transactionId))).toMatchObject([
      { status: 'PARTIALLY_CAPTURED', capturedMinor: 100, refundedMinor: 0 },
      { status: 'PARTIALLY_REFUNDED', capturedMinor: AMOUNT, refundedMinor: 5 },
      { status: 'VOIDED', capturedMinor: 0 },
      { status: 'AUTHORIZED', capturedMinor: 0 },
    ]);
    expect(Object.keys(before).filter((id) => found.has(id))).toEqual([]);
  });
});

describe('calls of the sandbox', () => {
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
  });

  afterEach(() => receiver.close());

  it('about a session are counted', async () => {
    const { sessionId } = await paid(
      { outcome: 'authorize', callback: [{}, {}] },
      `${receiver.url}/callback`,
    );
    await until(() => receiver.received.length === 2);
    const period = { from: new Date(0), to: new Date() };
    const count = (id: string) => gateway.countMissedCallbacks({ sessionIds: [id], ...period });
    await until(async () => (await count(sessionId)) > 0);
    expect(await count((await paid()).sessionId)).toBe(0);
  });

  it('about the account arrive as long as there is a subscription to our URL', async () => {
    const subscriptions = `/v1/accounts/${ACCOUNT}/hooks/subscriptions`;
    const { publicUrl } = settingsFor(sandbox.url);
    const events = ['checkout_transaction'];
    const others = { config: { url: 'https://other.example/callbacks/dintero/account' }, events };
    await sandbox.api('POST', subscriptions, others);
    expect(await gateway.findSubscription()).toBe('missing');
    const config = { url: `${publicUrl}/callbacks/dintero/account`, secret: 'hook' };
    await sandbox.api('POST', subscriptions, { config, events });
    expect(await gateway.findSubscription()).toBe('there');
    const withoutSecret = createDinteroGateway(settingsFor(sandbox.url));
    expect(await withoutSecret.findSubscription()).toBe('not_expected');
  });

  it('about the account are understood: paid, cancelled, captured', async () => {
    const config = { url: `${receiver.url}/callbacks/dintero/account`, secret: 'hook' };
    const events = ['checkout_transaction', 'checkout_authorization'];
    await sandbox.api('POST', `/v1/accounts/${ACCOUNT}/hooks/subscriptions`, { config, events });
    const at = await paid();
    await gateway.operate(request(at));
    const cancelled = await openSession(sandbox);
    await sandbox.call('POST', `/__sim/sessions/${cancelled}/pay`, { outcome: 'cancel' });
    await until(() => receiver.received.length === 5);
    const claims = receiver.received.map(({ headers, body, ...call }) => {
      const named = headers as Record<string, string>;
      const given = gateway.verify({
        ...call,
        headers: named,
        body: Buffer.from(body),
        receivedAt: new Date(),
      });
      if (given.outcome !== 'verified') throw new Error(JSON.stringify(given));
      const { kind, claim, eventId } = given.deliveries[0];
      expect(eventId).toBe(`account/${headers['event-delivery'] as string}`);
      return { kind, ...claim };
    });
    expect(claims).toHaveLength(5);
    expect(claims).toEqual(
      expect.arrayContaining([
        { kind: 'ping' },
        { kind: 'payment', ...at },
        { kind: 'payment', ...at, event: 'CAPTURE', eventRef: expect.stringMatching(/^.+\/CAPTURE$/) },
        { kind: 'payment', sessionId: cancelled, error: 'cancelled' },
      ]),
    );
  });
});
