import { startFakeHttp, type FakeHttp, type Seen as SeenBy } from '../fake-http.ts';
import { createDinteroGateway } from '../../../src/gateways/dintero/adapter.ts';
import type { DinteroDeps, DinteroSettings } from '../../../src/gateways/dintero/settings.ts';
import type { Gateway, SessionRequest } from '../../../src/gateways/gateway.ts';

export const ACCOUNT = 'T12345678';
export const SESSION = `${ACCOUNT}.5GTJoVWsHfUJGe6rSeHHQn`;
export const TRANSACTION = `${ACCOUNT}.3YkJXSdSnUBXcmQSzn7uJj`;
export const KEY = { paymentId: 'pay_1', orderReference: '1001', n: 1 } as const;

export type { Reply } from '../fake-http.ts';
export type Seen = SeenBy<unknown>;
export type FakeDintero = FakeHttp<unknown>;

/** A Dintero that answers as a test says. */
export async function startFakeDintero(): Promise<FakeDintero> {
  const fake = await startFakeHttp<unknown>({
    parse: (body, headers) => (headers['content-type'] === undefined ? undefined : JSON.parse(body)),
    notFound: { status: 404, json: { error: { message: 'not found' } } },
  });
  let tokens = 0;
  fake.on(`POST /v1/accounts/${ACCOUNT}/auth/token`, () => ({
    json: { access_token: `token-${++tokens}`, token_type: 'Bearer', expires_in: 3600 },
  }));
  return fake;
}

/** Settings that point at the fake. */
export function settingsFor(url: string, changes: Partial<DinteroSettings> = {}): DinteroSettings {
  return {
    accountId: ACCOUNT,
    clientId: 'a-client',
    clientSecret: 'a-client-secret',
    profileId: 'default',
    signatureSecrets: ['new-secret', 'old-secret'],
    apiUrl: url,
    checkoutUrl: url,
    publicUrl: 'https://pay.example',
    ...changes,
  };
}

/** The gateway under test, in front of the fake. */
export function gatewayAt(fake: Pick<FakeDintero, 'url'>, deps: DinteroDeps = {}): Gateway {
  return createDinteroGateway(settingsFor(fake.url), deps);
}

export function aSessionRequest(changes: Partial<SessionRequest> = {}): SessionRequest {
  return {
    ...KEY,
    money: { amountMinor: 72200, currency: 'NOK' },
    lines: [],
    returnKey: 'return-key',
    capture: 'manual',
    idempotencyKey: 'open-1',
    expiresAt: new Date('2026-11-21T16:00:00.000Z'),
    ...changes,
  };
}

/** A transaction as in Dintero's answers. */
export function aTransaction(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: TRANSACTION,
    session_id: SESSION,
    amount: 72200,
    currency: 'NOK',
    merchant_reference: '1001',
    payment_product: 'dintero_psp',
    payment_product_type: 'dintero_psp.creditcard',
    status: 'AUTHORIZED',
    settlement_status: 'NOT_SETTLED',
    created_at: '2026-11-21T12:00:00.000Z',
    updated_at: '2026-11-21T12:00:01.250Z',
    events: [anEvent('AUTHORIZE', 'AUTHORIZED', 72200)],
    ...changes,
  };
}

export function anEvent(
  event: string,
  status: string,
  amount: unknown,
  success = true,
): Record<string, unknown> {
  return { id: `${event}-${status}`, event, transaction_status: status, success, amount };
}

/** A session as in Dintero's answers. */
export function aSession(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: SESSION,
    created_at: '2026-11-21T12:00:00.000Z',
    expires_at: '2026-11-21T16:00:00.000Z',
    order: { amount: 72200, currency: 'NOK', merchant_reference: '1001' },
    metadata: { ext_paidonce_payment: 'pay_1', ext_paidonce_order: '1001', ext_paidonce_n: 1 },
    events: [],
    ...changes,
  };
}
