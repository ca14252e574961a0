import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Reading, Transaction } from '../../../src/domain/transaction.ts';
import type { Gateway, ListedTransaction } from '../../../src/gateways/gateway.ts';
import { pagesOf } from '../../support/listings.ts';
import type { FakeDintero } from './fake-dintero.ts';
import {
  ACCOUNT,
  anEvent,
  aSession,
  aTransaction,
  gatewayAt,
  SESSION,
  startFakeDintero,
  TRANSACTION,
} from './fake-dintero.ts';

const READ_SESSION = `GET /v1/sessions/${SESSION}`;
const READ = `GET /v1/transactions/${TRANSACTION}`;
const LIST = 'GET /v1/transactions';

let fake: FakeDintero;
let gateway: Gateway;

beforeEach(async () => {
  fake = await startFakeDintero();
  gateway = gatewayAt(fake);
});

afterEach(() => fake.close());

function look(transactionId: string = TRANSACTION): Promise<Reading> {
  return gateway.readPayment({ sessionId: SESSION, transactionId });
}

function aCapture(n: number, amount: number): Record<string, unknown> {
  return { ...anEvent('CAPTURE', 'PARTIALLY_CAPTURED', amount), id: `capture-${n}` };
}

async function transactionOf(changes: Record<string, unknown>): Promise<Transaction> {
  fake.on(READ, { json: aTransaction(changes) });
  const reading = await look();
  if (reading.kind !== 'transaction') throw new Error(JSON.stringify(reading));
  return reading.transaction;
}

describe('reading a dintero transaction', () => {
  it.each([
    ['INITIATED', 'INITIATED'],
    ['ON_HOLD', 'ON_HOLD'],
    ['AUTHORIZED', 'AUTHORIZED'],
    ['AUTHORIZATION_VOIDED', 'VOIDED'],
    ['CAPTURED', 'CAPTURED'],
    ['PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED'],
    ['PARTIALLY_CAPTURED_REFUNDED', 'PARTIALLY_REFUNDED'],
    ['REFUNDED', 'REFUNDED'],
    ['PARTIALLY_REFUNDED', 'PARTIALLY_REFUNDED'],
    ['DECLINED', 'DECLINED'],
    ['FAILED', 'FAILED'],
    ['UNKNOWN', 'UNCLEAR'],
    ['authorized', 'UNCLEAR'],
    ['SETTLED', 'UNCLEAR'],
    ['constructor', 'UNCLEAR'],
  ])('takes the status %s as %s', async (gatewayStatus, status) => {
    expect(await transactionOf({ status: gatewayStatus })).toMatchObject({ status, gatewayStatus });
  });

  it('reports all fields in our words', async () => {
    expect(await transactionOf({ new_field: { of: 'tomorrow' } })).toEqual({
      transactionId: TRANSACTION,
      sessionId: SESSION,
      account: ACCOUNT,
      reference: '1001',
      money: { amountMinor: 72200, currency: 'NOK' },
      status: 'AUTHORIZED',
      gatewayStatus: 'AUTHORIZED',
      authorized: true,
      authorizedMinor: 72200,
      capturedMinor: 0,
      refundedMinor: 0,
      capturableMinor: 72200,
      operations: [],
      updatedAt: '2026-11-21T12:00:01.250Z',
      paymentMethod: 'dintero_psp.creditcard',
      authorizationExpiresAt: '2026-11-28T12:00:00.000Z',
    });
  });

  it.each([
    ['vipps', 'AUTHORIZED', '2026-11-26T12:00:00.000Z'],
    ['klarna.klarna', 'AUTHORIZED', '2026-12-19T12:00:00.000Z'],
    ['swish.swish', 'CAPTURED', undefined],
    ['dintero_psp.creditcard', 'CAPTURED', undefined],
    ['dintero_psp.creditcard', 'AUTHORIZATION_VOIDED', undefined],
  ])('expects %s that is %s to lapse at %s', async (product, status, at) => {
    const { authorizationExpiresAt } = await transactionOf({ payment_product_type: product, status });
    expect(authorizationExpiresAt).toBe(at);
  });

  const authorize = anEvent('AUTHORIZE', 'AUTHORIZED', 72200);
  const failedCapture = anEvent('CAPTURE', 'AUTHORIZED', 72200, false);
  it.each([
    ['AUTHORIZED', undefined, true, 0, 0],
    ['CAPTURED', [], true, 72200, 0],
    ['CAPTURED', [authorize, failedCapture, anEvent('CAPTURE', 'CAPTURED', 72200)], true, 72200, 0],
    ['PARTIALLY_CAPTURED', [authorize, anEvent('CAPTURE', 'PARTIALLY_CAPTURED', 100)], true, 100, 0],
    [
      'PARTIALLY_CAPTURED_REFUNDED',
      [
        authorize,
        anEvent('CAPTURE', 'PARTIALLY_CAPTURED', 100),
        anEvent('REFUND', 'PARTIALLY_CAPTURED_REFUNDED', 40),
      ],
      true,
      100,
      40,
    ],
    ['REFUNDED', [anEvent('AUTHORIZE', 'CAPTURED', 72200)], true, 72200, 72200],
    [
      'PARTIALLY_REFUNDED',
      [
        anEvent('CAPTURE', 'CAPTURED', 72200),
        anEvent('REFUND', 'PARTIALLY_REFUNDED', 1),
        anEvent('REFUND', 'X', 2),
      ],
      true,
      72200,
      3,
    ],
    ['AUTHORIZATION_VOIDED', [authorize, anEvent('VOID', 'AUTHORIZATION_VOIDED', 72200)], true, 0, 0],
    ['AUTHORIZATION_VOIDED', [anEvent('AUTHORIZE', 'AUTHORIZED', 72200, false)], false, 0, 0],
    ['AUTHORIZATION_VOIDED', [], false, 0, 0],
    ['INITIATED', [], false, 0, 0],
    ['ON_HOLD', [anEvent('INITIALIZE', 'ON_HOLD', 72200)], false, 0, 0],
    ['UNKNOWN', [authorize], false, 0, 0],
  ])('computes the sums of %s', async (status, events, authorized, capturedMinor, refundedMinor) => {
    const authorizedMinor = authorized ? 72200 : 0;
    const expected = { authorized, authorizedMinor, capturedMinor, refundedMinor };
    expect(await transactionOf({ status, events })).toMatchObject(expected);
  });

  it('reports why it failed', async () => {
    const events = [
      { ...anEvent('AUTHORIZE', 'FAILED', 1, false), error: { code: '05', message: 'Do not honour' } },
    ];
    expect(await transactionOf({ status: 'FAILED', events })).toMatchObject({ reason: 'Do not honour' });
  });

  it.each([
    ['id', { id: undefined }],
    ['session_id', { session_id: 5 }],
    ['amount', { amount: 722.5 }],
    ['amount', { amount: '72200' }],
    ['amount', { amount: -1 }],
    ['amount', { amount: 2 ** 31 }],
    ['currency', { currency: 'kroner' }],
    ['merchant_reference', { merchant_reference: null }],
    ['status', { status: ['AUTHORIZED'] }],
    ['events.0.amount', { events: [anEvent('CAPTURE', 'CAPTURED', 1.5)] }],
    ['events.0.amount', { events: [anEvent('REFUND', 'REFUNDED', '100')] }],
    ['events', { events: [aCapture(1, 2 ** 31 - 1), aCapture(2, 1)] }],
    ['id', { id: `${ACCOUNT}.another` }],
  ])('is unreadable with a wrong %s: %j', async (field, changes) => {
    fake.on(READ, { json: aTransaction(changes) });
    fake.on(READ_SESSION, { json: aSession({ transaction_id: TRANSACTION }) });
    expect(await look()).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining(`transaction: ${field}: `),
    });
  });

  it.each([
    ['truncated JSON', { raw: '{"id":"T123' }],
    ['HTML', { raw: '<html>' }],
    ['a 400', { status: 400, json: { error: { message: 'odd' } } }],
    ['a 422', { status: 422 }],
  ])('is unreadable after %s', async (_name, reply) => {
    fake.on(READ, reply);
    fake.on(READ_SESSION, { json: aSession({ transaction_id: TRANSACTION }) });
    expect(await look()).toMatchObject({ kind: 'unreadable' });
  });

  it('has no expiry where its authorization has no usable time', async () => {
    const events = [{ ...anEvent('AUTHORIZE', 'AUTHORIZED', 72200), created_at: '+275760-09-13T00:00:00Z' }];
    const { authorizationExpiresAt } = await transactionOf({ status: 'AUTHORIZED', events });
    expect(authorizationExpiresAt).toBeUndefined();
  });

  it('reports the account of a transaction of another account', async () => {
    fake.on(READ, { json: aTransaction({ id: 'P99999999.abc' }) });
    expect(await look()).toMatchObject({ kind: 'transaction', transaction: { account: 'P99999999' } });
  });
});

describe('reading a dintero payment', () => {
  it('uses the session where no transaction is known', async () => {
    fake.on(READ, { json: aTransaction() });
    fake.on(READ_SESSION, { json: aSession({ transaction_id: TRANSACTION }) });
    expect(await gateway.readPayment({ sessionId: SESSION })).toMatchObject({ kind: 'transaction' });
  });

  it.each([
    ['is unknown', `${ACCOUNT}.unknown`],
    ['belongs to another session', `${ACCOUNT}.foreign`],
    ['belongs to another account', 'P99999999.abc'],
    ['is a path', '../sessions'],
  ])('uses the session where the given transaction %s', async (_name, transactionId) => {
    fake.on(`GET /v1/transactions/${ACCOUNT}.foreign`, {
      json: aTransaction({ id: `${ACCOUNT}.foreign`, session_id: `${ACCOUNT}.elsewhere` }),
    });
    fake.on(READ, { json: aTransaction() });
    fake.on(READ_SESSION, { json: aSession({ transaction_id: TRANSACTION }) });
    expect(await look(transactionId)).toMatchObject({
      kind: 'transaction',
      transaction: { transactionId: TRANSACTION },
    });
  });

  it('is absent where Dintero has no such session, or not yet its transaction', async () => {
    expect(await gateway.readPayment({ sessionId: SESSION })).toEqual({ kind: 'absent' });
    fake.on(READ_SESSION, { json: aSession({ transaction_id: TRANSACTION }) });
    expect(await gateway.readPayment({ sessionId: SESSION })).toEqual({ kind: 'absent' });
    expect(await gateway.readPayment({ sessionId: 'P99999999.abc' })).toEqual({ kind: 'absent' });
  });

  it.each([
    [['INITIATED', 'VISITED'], 'open'],
    [['VISITED', 'PAY_LOCK_START', 'PAY_FAILED'], 'open'],
    [['VISITED', 'PAY_FAILED', 'FAILED'], 'failed'],
    [['VISITED', 'DECLINED'], 'declined'],
    [['FAILED', 'UPDATE_SESSION'], 'failed'],
    [['FAILED', 'VISITED'], 'open'],
    [['DECLINED', 'PAY_LOCK_START'], 'open'],
    [['CANCELLED', 'VISITED'], 'cancelled'],
    [['FAILED', 'SOMETHING_NEW'], 'failed'],
  ])('reads a session with %j and no transaction as %s', async (names, state) => {
    fake.on(READ_SESSION, { json: aSession({ events: names.map((name) => ({ name })) }) });
    expect(await gateway.readPayment({ sessionId: SESSION })).toMatchObject({ kind: 'session', state });
  });

  it('orders events by their time, needs none, and accepts cancelled_at', async () => {
    const failed = { name: 'FAILED', created_at: '2026-11-21T12:00:01Z', details: { error: 'no funds' } };
    const visited = { name: 'VISITED', created_at: '2026-11-21T12:00:00Z' };
    fake.on(READ_SESSION, { json: aSession({ events: [failed, visited] }) });
    const reading = await gateway.readPayment({ sessionId: SESSION });
    expect(reading).toEqual({ kind: 'session', state: 'failed', reason: 'no funds' });
    fake.on(READ_SESSION, { json: aSession({ events: undefined }) });
    expect(await gateway.readPayment({ sessionId: SESSION })).toEqual({ kind: 'session', state: 'open' });
    fake.on(READ_SESSION, { json: aSession({ events: [failed], cancelled_at: '2026-11-21T12:01:00Z' }) });
    expect(await gateway.readPayment({ sessionId: SESSION })).toMatchObject({ state: 'cancelled' });
  });

  it("repeats no data of the payer from a session's reason", async () => {
    const details = { error: 'no funds for kari@example.com, +47 912 34 567' };
    fake.on(READ_SESSION, { json: aSession({ events: [{ name: 'FAILED', details }] }) });
    const reading = JSON.stringify(await gateway.readPayment({ sessionId: SESSION }));
    expect(reading).toContain('no funds');
    expect(reading).not.toMatch(/kari|912/);
  });

  it.each([
    ['session: id', { json: aSession({ id: undefined }) }],
    ['session: id', { json: aSession({ id: `${ACCOUNT}.other` }) }],
    ['session: transaction_id', { json: aSession({ transaction_id: 7 }) }],
    ['session: events', { json: aSession({ events: 'none' }) }],
    ['session: answer is not JSON', { raw: '{' }],
    ['session: answered 400', { status: 400 }],
  ])('is unreadable for a session with a wrong %s', async (reason, reply) => {
    fake.on(READ_SESSION, reply);
    expect(await gateway.readPayment({ sessionId: SESSION })).toMatchObject({
      kind: 'unreadable',
      reason: expect.stringContaining(reason),
    });
  });

  it.each([500, 503, 401, 403, 429])('has no reading when answered %i', async (status) => {
    fake.on(READ, { status });
    await expect(look()).rejects.toMatchObject({ name: 'GatewayUnavailable' });
  });
});

describe('listing dintero transactions', () => {
  const SINCE = new Date('2026-11-21T11:00:00.000Z');

  async function listed(): Promise<ListedTransaction[][]> {
    const pages: ListedTransaction[][] = [];
    for await (const page of pagesOf(gateway, 'created', SINCE)) pages.push([...page]);
    return pages;
  }

  const rows = (count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => aTransaction({ id: `${ACCOUNT}.x${from + index}` }));

  it('goes page by page until one is short', async () => {
    const pages = [rows(100), rows(100, 100), rows(50, 200)];
    fake.on(LIST, { json: pages[0] }, { json: pages[1] }, { json: pages[2] });
    expect((await listed()).map((page) => page.length)).toEqual([100, 100, 50]);
    const queries = fake.calls(LIST).map(({ query }) => Object.fromEntries(query));
    const first = { 'created_at.gte': SINCE.toISOString(), limit: '100' };
    expect(queries).toEqual([
      first,
      { ...first, starting_after: `${ACCOUNT}.x99` },
      { ...first, starting_after: `${ACCOUNT}.x199` },
    ]);
  });

  it('leaves out what is newer than the end that is asked for', async () => {
    fake.on(LIST, { json: [] });
    const until = new Date(SINCE.getTime() + 60_000);
    await gateway.listPage({ listing: 'created', since: SINCE, until, cursor: null });
    expect(fake.calls(LIST)[0]?.query.get('created_at.lte')).toBe(until.toISOString());
  });

  it('ends after a full page with an empty one', async () => {
    fake.on(LIST, { json: rows(100) }, { json: [] });
    expect((await listed()).flat()).toHaveLength(100);
  });

  it('does not loop when the cursor stays the same', async () => {
    fake.on(LIST, { json: rows(100) });
    await expect(listed()).rejects.toMatchObject({ name: 'GatewayRejected' });
    expect(fake.calls(LIST)).toHaveLength(2);
  });

  it.each([2, 3, 7, 20])('does not loop over a circle of %i pages', async (length) => {
    const before = 5;
    fake.on(LIST, ({ query }) => {
      const after = Number(query.get('starting_after')?.split('.x')[1] ?? -1);
      const page = Math.floor(after / 100) + 1;
      return { json: rows(100, 100 * (page < before + length ? page : before)) };
    });
    await expect(listed()).rejects.toThrow('the listing repeats itself');
    expect(fake.calls(LIST).length).toBeLessThan(3 * (before + length) + 3);
  });

  it('continues at a cursor, which is short for a listing of any length', async () => {
    fake.on(LIST, ({ query }) => {
      const after = Number(query.get('starting_after')?.split('.x')[1] ?? -1);
      return { json: rows(after < 49_999 ? 100 : 1, after + 1) };
    });
    let [cursor, longest]: [string | null, number] = [null, 0];
    do {
      const { next } = await gateway.listPage({ listing: 'created', since: SINCE, cursor });
      cursor = next;
      longest = Math.max(longest, next?.length ?? 0);
    } while (cursor !== null);
    expect(fake.calls(LIST)).toHaveLength(501);
    expect(longest).toBeLessThan(120);
  });

  it.each(['', 'x', '{}', '{"after":7}', 'null'])('refuses an invalid cursor (%j)', async (cursor) => {
    const place = { listing: 'created', since: SINCE, cursor };
    await expect(gateway.listPage(place)).rejects.toMatchObject({ name: 'GatewayRejected' });
  });

  it('refuses an unknown listing', async () => {
    const place = { listing: 'hidden', since: SINCE, cursor: null };
    await expect(gateway.listPage(place)).rejects.toThrow('no listing "hidden"');
  });

  it('shows partly readable rows as unclear and drops rows without a session', async () => {
    const odd = { id: `${ACCOUNT}.odd`, session_id: SESSION, amount: 1.5, status: 'AUTHORIZED' };
    fake.on(LIST, { json: [odd, { id: `${ACCOUNT}.lost` }, 'text', aTransaction()] });
    expect((await listed()).flat()).toMatchObject([
      { transactionId: `${ACCOUNT}.odd`, sessionId: SESSION, status: 'UNCLEAR' },
      {
        transactionId: TRANSACTION,
        sessionId: SESSION,
        status: 'AUTHORIZED',
        money: { amountMinor: 72200, currency: 'NOK' },
        createdAt: new Date('2026-11-21T12:00:00.000Z'),
      },
    ]);
  });

  it.each([
    ['no list', { json: { transactions: [] } }, 'GatewayUnavailable'],
    ['truncated JSON', { raw: '[{"id"' }, 'GatewayUnavailable'],
    ['a 500 on the second page', { status: 500 }, 'GatewayUnavailable'],
    ['a 400', { status: 400 }, 'GatewayRejected'],
  ])('is incomplete after %s', async (_name, reply, name) => {
    fake.on(LIST, { json: rows(100) }, reply);
    await expect(listed()).rejects.toMatchObject({ name });
  });
});
