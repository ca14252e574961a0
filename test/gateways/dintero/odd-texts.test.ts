/**
 * NUL, half of a surrogate pair, control characters and 10,000 characters in every text that Dintero may
 * send: none of them reaches the store.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signBody } from '../../../src/gateways/dintero/body-signature.ts';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import { signCallback } from '../../../src/gateways/dintero/signature.ts';
import { GatewayRejected, GatewayUnavailable } from '../../../src/gateways/gateway-errors.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { decide } from '../../../src/domain/decide.ts';
import { snapshotOf } from '../../../src/store/payment-snapshot.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { aPayment, aRecord, TELLS } from '../../support/builders.ts';
import { openTestStore, type TestStore } from '../../support/store.ts';
import {
  ACCOUNT,
  anEvent,
  aSession,
  aSessionRequest,
  aTransaction,
  gatewayAt,
  KEY,
  SESSION,
  settingsFor,
  startFakeDintero,
  TRANSACTION,
  type FakeDintero,
} from './fake-dintero.ts';

const ODD: readonly (readonly [string, string])[] = [
  ['a NUL', 'NUL\0here'],
  ['half of a character', 'half\ud800here'],
  ['control characters', 'line\r\nline\u0085\u001b[31m'],
  ['10,000 characters', 'x'.repeat(10_000)],
  ['a far time', '+275760-09-13T00:00:00.000Z'],
];

let fake: FakeDintero;
let store: TestStore;
beforeAll(async () => {
  [fake, store] = [await startFakeDintero(), await openTestStore()];
}, 60_000);
afterAll(async () => {
  await fake.close();
  await store.close();
});

/** The texts of an answer, as paths. */
function* textsIn(value: unknown, path: readonly (string | number)[] = []): Generator<(string | number)[]> {
  if (typeof value === 'string') yield [...path];
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value))
    yield* textsIn(inner, [...path, Array.isArray(value) ? Number(name) : name]);
}

function withTextAt(value: unknown, path: readonly (string | number)[], text: string): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return text;
  if (Array.isArray(value))
    return value.map((inner, index) => (index === name ? withTextAt(inner, rest, text) : inner));
  const fields = value as Record<string, unknown>;
  return { ...fields, [name]: withTextAt(fields[name], rest, text) };
}

/** Every text of an answer in turn, replaced by each of the odd texts. */
function everywhere(answer: unknown): [string, unknown][] {
  return [...textsIn(answer)].flatMap((path) =>
    ODD.map(([what, text]): [string, unknown] => [
      `${what} at ${path.join('.')}`,
      withTextAt(answer, path, text),
    ]),
  );
}

const TRANSACTION_ANSWER = {
  ...aTransaction({ status: 'PARTIALLY_CAPTURED_REFUNDED' }),
  customer: { email: 'ada@shop.example', phone_number: '+4799999999' },
  events: [
    { ...anEvent('AUTHORIZE', 'AUTHORIZED', 72_200), created_at: '2026-11-21T12:00:00.000Z' },
    {
      ...anEvent('CAPTURE', 'PARTIALLY_CAPTURED', 40_000),
      created_at: '2026-11-21T12:00:02.000Z',
      event_reference: 'parcel-1',
      request_id: 'r1',
      correlation_request_id: 'r0',
    },
    {
      ...anEvent('REFUND', 'PARTIALLY_CAPTURED', 10_000, false),
      error: { message: 'ask ada@shop.example', code: 'E' },
      correction: { event_ids: ['e1'], status: 'PARTIALLY_CAPTURED' },
    },
  ],
};

describe('a transaction with', () => {
  it.each(everywhere(TRANSACTION_ANSWER))(
    '%s is understood, or unreadable, and can be recorded',
    async (_, answer) => {
      fake.on(`GET /v1/transactions/${TRANSACTION}`, { json: answer });
      fake.on(`GET /v1/sessions/${SESSION}`, {
        json: { id: SESSION, transaction_id: TRANSACTION, events: [] },
      });
      const reading = await gatewayAt(fake).readPayment({ sessionId: SESSION, transactionId: TRANSACTION });
      expect(canBeWritten(reading)).toBe(true);
      expect(['transaction', 'unreadable']).toContain(reading.kind);
      if (reading.kind !== 'transaction') return;
      const { transaction } = reading;
      const payment = await aPayment(store.db, { money: transaction.money });
      const row = { ...payment, orderReference: KEY.orderReference, sessionId: SESSION };
      const watch = { now: Date.now(), unclearSince: null };
      const decision = decide(snapshotOf(row, { account: ACCOUNT }), reading, watch);
      if (decision.kind !== 'find') return;
      const { finding } = decision;
      const { gatewayStatus, paymentMethod, reason } = transaction;
      const notes = [
        { kind: 'read' as const, text: gatewayStatus, data: { gatewayStatus, paymentMethod, reason } },
      ];
      const record = aRecord(payment, { finding, transaction, notes });
      await expect(recordFinding(store.db, record, TELLS)).resolves.toMatchObject({
        payment: { status: finding.status },
      });
    },
  );
});

describe('a session with', () => {
  const session = {
    ...aSession({ transaction_id: TRANSACTION, cancelled_at: '2026-11-21T13:00:00.000Z' }),
    events: [
      { name: 'FAILED', created_at: '2026-11-21T12:00:00.000Z', details: { error: 'call +47 99 99 99 99' } },
    ],
  };

  it.each(everywhere(session))('%s is understood or not, and its texts can be stored', async (_, answer) => {
    fake.on(`GET /v1/transactions/${TRANSACTION}`, { json: TRANSACTION_ANSWER });
    fake.on(`GET /v1/sessions/${SESSION}`, { json: answer });
    fake.on('GET /v1/sessions', { json: [answer] });
    const gateway = gatewayAt(fake);
    expect(canBeWritten(await gateway.readPayment({ sessionId: SESSION }))).toBe(true);
    expect(canBeWritten(await settled(gateway.readSession(SESSION)))).toBe(true);
    expect(canBeWritten(await settled(gateway.findSessions(KEY, new Date(0))))).toBe(true);
    expect(
      canBeWritten(
        await settled(
          gateway.countMissedCallbacks({ sessionIds: [SESSION], from: new Date(0), to: new Date() }),
        ),
      ),
    ).toBe(true);
  });

  it.each(everywhere({ id: SESSION, url: 'https://checkout.example/v1/view/x' }))(
    '%s in the answer to its creation is accepted or may exist',
    async (_, answer) => {
      fake.on('POST /v1/sessions-profile', { json: answer });
      expect(canBeWritten(await settled(gatewayAt(fake).createSession(aSessionRequest())))).toBe(true);
    },
  );
});

describe('a listing with', () => {
  it.each(everywhere([TRANSACTION_ANSWER]))(
    '%s shows a row that can be stored, or no row',
    async (_, answer) => {
      fake.on('GET /v1/transactions', { json: answer });
      const rows = await settled(
        gatewayAt(fake).listPage({
          listing: 'created',
          since: new Date('2026-11-01T00:00:00Z'),
          cursor: null,
        }),
      );
      expect(canBeWritten(rows)).toBe(true);
    },
  );
});

describe('a refusal with', () => {
  const refusal = {
    error: {
      message: 'no: mail ada@shop.example',
      code: 'E',
      errors: [{ description: 'call +47 99 99 99 99' }],
    },
  };

  it.each(everywhere(refusal))('%s has texts that can be stored, without contacts', async (_, json) => {
    const reply = { status: 400, json };
    fake.on('POST /v1/sessions-profile', reply);
    fake.on(`POST /v1/transactions/${TRANSACTION}/capture`, reply);
    fake.on(`PUT /v1/transactions/${TRANSACTION}`, reply);
    fake.on(`GET /v1/transactions/${TRANSACTION}`, reply);
    fake.on(`GET /v1/sessions/${SESSION}`, reply);
    const gateway = gatewayAt(fake);
    const capture = {
      transactionId: TRANSACTION,
      kind: 'capture' as const,
      reference: 'r',
      amountMinor: 1,
      currency: 'NOK',
      idempotencyKey: 'k',
    };
    const answers = await Promise.all([
      settled(gateway.createSession(aSessionRequest())),
      settled(gateway.operate(capture)),
      settled(gateway.updateReference?.(TRANSACTION, 'x') ?? Promise.resolve()),
      settled(gateway.readPayment({ sessionId: SESSION, transactionId: TRANSACTION })),
      settled(gateway.readSession(SESSION)),
    ]);
    expect(canBeWritten(answers)).toBe(true);
    expect(JSON.stringify(answers)).not.toMatch(/ada@|99 99/);
  });
});

describe('a callback with', () => {
  const gateway = createDinteroGateway(
    settingsFor('http://127.0.0.1:1', { webhookSecrets: ['hook-secret'] }),
  );
  const params = {
    payment: 'pay_1',
    order: '1001',
    n: '1',
    session_id: SESSION,
    transaction_id: TRANSACTION,
    merchant_reference: '1001',
    event: 'CAPTURE',
    event_id: 'e1',
    error: 'declined: call +47 99 99 99 99',
    time: '2026-11-21T12:00:00Z',
  };

  it.each(everywhere(params))('%s is verified and has only texts that can be stored', (_, changed) => {
    const target = `/callbacks/dintero?${new URLSearchParams(changed as Record<string, string>).toString()}`;
    const receivedAt = new Date('2026-11-21T12:00:00Z');
    const header = signCallback({
      secret: 'new-secret',
      timestamp: Math.floor(receivedAt.getTime() / 1_000),
      accountId: ACCOUNT,
      method: 'GET',
      url: `https://pay.example${target}`,
    });
    const headers = { 'dintero-signature': header, 'event-delivery': 'tab\tand\u0085' };
    const request: RawRequest = { method: 'GET', target, headers, body: Buffer.alloc(0), receivedAt };
    const verified = gateway.verify(request);
    expect(verified.outcome).toBe('verified');
    expect(canBeWritten(verified)).toBe(true);
    expect(JSON.stringify(verified)).not.toMatch(/99 99/);
  });

  const envelope = {
    account_id: ACCOUNT,
    event: 'checkout_authorization',
    event_delivery: 'd1',
    transaction: TRANSACTION_ANSWER,
    authorization: { session_id: SESSION, transaction_id: TRANSACTION, error: 'mail ada@shop.example' },
  };

  it.each(everywhere(envelope))('%s in an account webhook is verified and can be stored', (_, changed) => {
    const body = Buffer.from(JSON.stringify(changed));
    const headers = { 'event-signature': signBody(body, 'hook-secret'), 'event-delivery': 'a\u0085b' };
    const request: RawRequest = {
      method: 'POST',
      target: '/callbacks/dintero/account',
      headers,
      body,
      receivedAt: new Date(),
    };
    const verified = gateway.verify(request);
    expect(verified.outcome).toBe('verified');
    expect(canBeWritten(verified)).toBe(true);
    expect(JSON.stringify(verified)).not.toMatch(/ada@/);
  });
});

/** Every text in it is short, and without characters that a database refuses; every time can be stored. */
function canBeWritten(value: unknown): boolean {
  if (typeof value === 'string') return value.length <= 2_048 && !/[\p{Cc}\p{Cs}]/u.test(value);
  if (value instanceof Date) return value.getTime() >= 0 && value.getFullYear() < 9_000;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every(canBeWritten);
}

/** The result of a call: its answer, or the message of its failure. */
async function settled(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof GatewayRejected || error instanceof GatewayUnavailable) return error.message;
    throw error;
  }
}
