import { fractionDigits } from '../../../src/domain/money.ts';
import type { RawRequest } from '../../../src/gateways/verification.ts';
import { createSimulatorGateway, SIMULATOR_TRAITS } from '../simulator/gateway.ts';
import { PAGES_AT_ONCE, Psp, type Fault } from '../simulator/psp.ts';
import { forgedInBody } from './forged.ts';
import { RETRY_AFTER_S, type StandKind, type Trouble } from './stand.ts';

const SECRETS = ['newest-secret', 'older-secret'];
const SIGNING = 'newest-secret';
const HTML = '<!DOCTYPE html><h1>Sorry</h1>';

/** It has no connection that could hang, and no bytes. */
const FAULTS: Readonly<Partial<Record<Trouble, Fault>>> = {
  unreachable: 'unreachable',
  lost_before: 'lost_before',
  lost_after: 'lost_after',
  status_500: { status: 500, body: null },
  html_503: { status: 503, body: HTML },
  html_200: { status: 200, body: HTML },
  redirect_302: { status: 302, body: HTML },
  forbidden_403: { status: 403, body: HTML },
  too_many_429: { status: 429, body: null, retryAfterSeconds: RETRY_AFTER_S },
};

export const SIMULATOR_STAND: StandKind = {
  name: 'simulator',
  descriptor: null,
  traits: SIMULATOR_TRAITS,
  async start() {
    const psp = new Psp(SIGNING);
    // As its PSP counts: ISK in hundredths.
    const digitsOf = (currency: string) => (currency === 'ISK' ? 2 : fractionDigits(currency));
    const messageOf = (about: object) => requestOf([{ id: `message-${JSON.stringify(about)}`, ...about }]);
    const requestOf = (messages: unknown, ageSeconds = 0, secret = SIGNING): RawRequest =>
      signed(typeof messages === 'string' ? messages : JSON.stringify(messages), ageSeconds, secret);
    const signed = (body: string, ageSeconds: number, secret: string) =>
      toRequest(body, psp.sign(body, secret, ageSeconds));
    return {
      gateway: createSimulatorGateway(psp, SECRETS),
      neighbour: createSimulatorGateway(psp, SECRETS, 'https://another-shop.example'),
      secrets: [SECRETS],
      credentials: [],
      moreThanAPage: 2 * PAGES_AT_ONCE + 1,
      async act(sessionId, act) {
        if (act === 'leave') psp.page(sessionId).state = 'cancelled';
        else psp.pay(sessionId, ({ pay: 'held', hold: 'pending', fail: 'failed' } as const)[act]);
      },
      async payWrongly(sessionId, { amountMinor: minor, currency }) {
        psp.pay(sessionId, 'held', { minor, currency });
      },
      decide: async (sessionId, outcome) => void psp.pay(sessionId, outcome === 'paid' ? 'held' : 'failed'),
      async move(id, kind, minor) {
        psp.call({ path: 'move', key: `desk-${Math.random()}`, id, kind, minor, reference: 'by-hand' });
      },
      async session(sessionId) {
        const { minor, currency, expiresAt, returnUrl } = psp.page(sessionId);
        return { amount: minor / 10 ** digitsOf(currency), currency, expiresAt, returnUrl };
      },
      async holdRefunds() {
        psp.holdsRefunds = true;
      },
      endRefund: async (transactionId, outcome) => psp.endRefund(transactionId, outcome),
      dispute: () => null,
      showUnknownStatus: async (sessionId) => void psp.pay(sessionId, 'frozen'),
      silence: async () => undefined,
      trouble(call, trouble) {
        const fault = FAULTS[trouble];
        if (fault === undefined) return null;
        if (call === 'all') psp.outage = fault;
        else psp.faults.push(fault);
        return Promise.resolve();
      },
      async lockOut() {
        psp.outage = 'unauthorized';
      },
      async callbacks(sessionId) {
        return psp.messages
          .filter(({ page }) => page === sessionId)
          .map(({ body, signature }) => toRequest(body, signature));
      },
      signedAt: ({ body }, seconds) => requestOf(body.toString(), -seconds),
      forgeries: (callback) =>
        forgedInBody(callback, 'simulator-signature', (body, secret) => psp.sign(body.toString(), secret)),
      strangers: async () => [messageOf({ type: 'deal', deal: 'deal-of-another-shop' })],
      otherBusiness: async () => [messageOf({ type: 'payout' }), messageOf({ type: 'applause' })],
      unclear: () => ['{}', '[{}]', '"text"', '[{"type":"deal"}]', 'no JSON'].map((body) => requestOf(body)),
      // Its messages only say that something has changed.
      withUnknownStatus: () => null,
      batched: (callbacks) => requestOf(callbacks.flatMap(({ body }) => JSON.parse(body.toString()))),
      close: async () => undefined,
    };
  },
};

function toRequest(body: string, signature: string): RawRequest {
  return {
    method: 'POST',
    target: '/callbacks/simulator',
    headers: { 'simulator-signature': signature, 'content-type': 'application/json' },
    body: Buffer.from(body),
    receivedAt: new Date(),
  };
}
