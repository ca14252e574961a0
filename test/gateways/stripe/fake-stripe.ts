/** A Stripe that answers as a test says, and Stripe's objects as its answers have them. */
import { noteRequest } from '../../../sandbox/stripe/http/request-journal.ts';
import { startFakeHttp, type FakeHttp, type Reply } from '../fake-http.ts';
import { createStripeGateway } from '../../../src/gateways/stripe/adapter.ts';
import type { StripeDeps, StripeSettings } from '../../../src/gateways/stripe/settings.ts';
import type { Gateway, OperationRequest, SessionRequest } from '../../../src/gateways/gateway.ts';

export const ACCOUNT = 'acct_1MsQ2aLkdIwHu7ix';
export const SECRET_KEY = 'sk_test_51MsQ2aLkdIwHu7ix';
export const SESSION = 'cs_test_a1Xk2TtB8VnQ5mWq0pZr7LhYc';
export const INTENT = 'pi_3MtwBwLkdIwHu7ix28a3tqPa';
export const CHARGE = 'ch_3MtwBwLkdIwHu7ix2DyEeyTq';
export const KEY = { paymentId: 'pay_1', orderReference: '1001', n: 1 } as const;
export const HOST = 'pay.example';
export const METADATA = { payment: 'pay_1', order: '1001', n: '1', host: HOST } as const;
/** When the fake answers, and the same in a header. */
export const ANSWERED = '2026-11-21T12:00:05.000Z';

export type FakeStripe = FakeHttp<URLSearchParams>;

/** A Stripe that answers as a test says. */
export function startFakeStripe(): Promise<FakeStripe> {
  return startFakeHttp({
    parse: (body) => new URLSearchParams(body),
    notFound: {
      status: 404,
      json: { error: { type: 'invalid_request_error', code: 'resource_missing', message: 'No such object' } },
    },
    headers: () => ({ date: new Date(ANSWERED).toUTCString() }),
    onSeen: ({ query, body, ...request }) =>
      noteRequest(process.env['STRIPE_SANDBOX_REQUESTS'], {
        ...request,
        query: query.toString(),
        form: body.toString(),
      }),
  });
}

/** An error as Stripe answers it. */
export function anError(status: number, error: Record<string, unknown>, headers = {}): Reply {
  return { status, json: { error: { type: 'invalid_request_error', ...error } }, headers };
}

/** Settings that point at the fake. */
export function settingsFor(url: string, changes: Partial<StripeSettings> = {}): StripeSettings {
  return {
    accountId: ACCOUNT,
    secretKey: SECRET_KEY,
    webhookSecrets: ['whsec_new', 'whsec_old'],
    apiUrl: url,
    publicUrl: `https://${HOST}`,
    ...changes,
  };
}

/** The gateway under test, in front of the fake. */
export function gatewayAt(fake: Pick<FakeStripe, 'url'>, deps: StripeDeps = {}): Gateway {
  return createStripeGateway(settingsFor(fake.url), deps);
}

export function aSessionRequest(changes: Partial<SessionRequest> = {}): SessionRequest {
  return {
    ...KEY,
    money: { amountMinor: 72_200, currency: 'NOK' },
    lines: [],
    returnKey: 'return-key',
    expiresAt: new Date('2026-11-21T16:00:00.000Z'),
    capture: 'manual',
    idempotencyKey: 'pay_1-open-1',
    ...changes,
  };
}

export function anOperation(changes: Partial<OperationRequest> = {}): OperationRequest {
  return {
    transactionId: INTENT,
    kind: 'capture',
    idempotencyKey: 'op_1',
    reference: 'parcel-1',
    amountMinor: 72_200,
    currency: 'NOK',
    ...changes,
  };
}

type Fields = Record<string, unknown>;

/** A list as Stripe answers it. */
export function aList(data: readonly unknown[], hasMore = false): Fields {
  return { object: 'list', data, has_more: hasMore, url: '/v1/x' };
}

export function aRefund(changes: Fields = {}): Fields {
  return {
    id: 're_3MtwBwLkdIwHu7ix2one',
    object: 'refund',
    amount: 10_000,
    charge: CHARGE,
    created: 1_795_262_500,
    currency: 'nok',
    metadata: {},
    payment_intent: INTENT,
    reason: null,
    status: 'succeeded',
    ...changes,
  };
}

export function aDispute(changes: Fields = {}): Fields {
  return {
    id: 'du_1MtJUT2eZvKYlo2CNaw2HvEv',
    object: 'dispute',
    amount: 72_200,
    charge: CHARGE,
    currency: 'nok',
    evidence_details: { due_by: 1_796_000_000 },
    livemode: false,
    payment_intent: INTENT,
    reason: 'fraudulent',
    status: 'needs_response',
    ...changes,
  };
}

/** A charge that holds the money. */
export function aCharge(changes: Fields = {}): Fields {
  return {
    id: CHARGE,
    object: 'charge',
    amount: 72_200,
    amount_captured: 0,
    amount_refunded: 0,
    captured: false,
    currency: 'nok',
    disputed: false,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: METADATA,
    payment_intent: INTENT,
    payment_method_details: {
      card: { capture_before: 1_795_867_200, multicapture: { status: 'unavailable' } },
      type: 'card',
    },
    refunded: false,
    refunds: aList([]),
    status: 'succeeded',
    ...changes,
  };
}

/** A PaymentIntent that is authorized and not captured. */
export function anIntent(changes: Fields = {}): Fields {
  return {
    id: INTENT,
    object: 'payment_intent',
    amount: 72_200,
    amount_capturable: 72_200,
    amount_received: 0,
    cancellation_reason: null,
    capture_method: 'manual',
    currency: 'nok',
    last_payment_error: null,
    latest_charge: aCharge(),
    livemode: false,
    metadata: METADATA,
    status: 'requires_capture',
    ...changes,
  };
}

/** All of it captured. */
export function aCapturedIntent(changes: Fields = {}, charge: Fields = {}): Fields {
  return anIntent({
    amount_capturable: 0,
    amount_received: 72_200,
    capture_method: 'automatic_async',
    latest_charge: aCharge({ amount_captured: 72_200, captured: true, ...charge }),
    status: 'succeeded',
    ...changes,
  });
}

/** A session that the payer has completed, as read with its payment. */
export function aSession(changes: Fields = {}): Fields {
  return {
    id: SESSION,
    object: 'checkout.session',
    amount_total: 72_200,
    client_reference_id: 'pay_1',
    created: 1_795_262_400,
    currency: 'nok',
    expires_at: 1_795_276_800,
    livemode: false,
    metadata: METADATA,
    mode: 'payment',
    payment_intent: anIntent(),
    payment_status: 'unpaid',
    status: 'complete',
    url: null,
    ...changes,
  };
}

/** A session that the payer has not completed. */
export function anOpenSession(changes: Fields = {}): Fields {
  const url = `https://checkout.stripe.com/c/pay/${SESSION}`;
  return aSession({ payment_intent: null, status: 'open', url, ...changes });
}
