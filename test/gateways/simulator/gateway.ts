/** The gateway of the PSP beside it: the smallest one, and the first to read before you write another. */
import type { Transaction } from '../../../src/domain/transaction.ts';
import { GatewayRejected, GatewayUnavailable, KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { FoundSession, Gateway } from '../../../src/gateways/gateway.ts';
import { explainSignature } from '../../../src/gateways/shared/explain-signature.ts';
import { returnUrlAt } from '../../../src/gateways/shared/public-urls.ts';
import type { Traits } from '../../../src/gateways/traits.ts';
import { fingerprintOf } from '../../../src/lib/fingerprint.ts';
import { ACCOUNT, PAGES_AT_ONCE, type Answer, type Deal, type Message, type Page, type Psp } from './psp.ts';
import { messagesIn, schemeOf, toEvent, verifyCallback } from './verify-callback.ts';

const HOUR_MS = 3_600_000;

export const SIMULATOR_TRAITS: Traits = {
  lifetime: { shortestMs: 60_000, longestMs: 24 * HOUR_MS },
  endsBy: 'us',
  keys: { openMs: HOUR_MS, operateMs: { capture: HOUR_MS, refund: HOUR_MS, void: HOUR_MS } },
  notifies: 'session',
  currencies: { ISK: { digits: 2 } },
  takes: [],
  unlisted: [],
  eventHistoryMs: 24 * HOUR_MS,
};

const RULES = {
  voids: 'whole',
  captures: 'many',
  finalCapture: false,
  refunds: 'any_time',
  lines: 'optional',
  authorizationDays: 7,
} as const;

export function createSimulatorGateway(
  psp: Psp,
  secrets: readonly string[],
  publicUrl = 'https://pay.example',
): Gateway {
  const { host } = new URL(publicUrl);
  const pageOf = async (id: string) => said(psp.call({ path: 'page', id })) as Page | null;
  return {
    id: 'simulator',
    account: ACCOUNT,
    mode: 'test',
    traits: SIMULATOR_TRAITS,
    secrets: [{ kind: 'session', variable: 'SIMULATOR_SECRETS', fingerprints: secrets.map(fingerprintOf) }],
    verify: (request) => verifyCallback(request, { secrets, host }),
    explainRefusal: (request, known) => explainSignature(request, schemeOf(request.body, secrets), known),
    async createSession({ paymentId, orderReference, n, money, returnKey, expiresAt, idempotencyKey: key }) {
      const labels = { payment: paymentId, order: orderReference, n: String(n), host };
      const { amountMinor: minor, currency } = money;
      const returnUrl = returnUrlAt(publicUrl, 'simulator', { paymentId, returnKey });
      const answer = psp.call({ path: 'open', key, labels, minor, currency, returnUrl, expiresAt });
      if (isSpent(answer)) throw new KeySpent('another answer is kept for the key');
      return toFound(said(answer) as Page);
    },
    async findSessions({ paymentId }, since) {
      const found = said(psp.call({ path: 'search', label: 'payment', text: paymentId })) as readonly Page[];
      return found.filter((page) => page.labels['host'] === host && page.createdAt >= since).map(toFound);
    },
    async readSession(sessionId) {
      const page = await pageOf(sessionId);
      if (page === null) return 'absent';
      return page.labels['host'] === host ? toFound(page) : 'foreign';
    },
    async readPayment({ sessionId }) {
      const page = await pageOf(sessionId);
      if (page === null) return { kind: 'absent' };
      if (page.deal !== null) return { kind: 'transaction', transaction: toTransaction(page, page.deal) };
      return { kind: 'session', state: page.state === 'closed' ? 'expired' : page.state };
    },
    async cancelSession(id) {
      const page = said(psp.call({ path: 'close', id })) as Page;
      return page.state === 'open' ? 'refused' : 'cancelled';
    },
    async operate({ transactionId: id, kind, amountMinor: minor, reference, idempotencyKey: key }) {
      const answer = psp.call({ path: 'move', key, id, kind, minor, reference });
      if (answer === 'unreachable' || [401, 403, 429].includes(answer?.status ?? 0))
        return said(answer) as never;
      if (answer?.status === 409) return { kind: 'declined', reason: String(answer.body) };
      if (answer?.status === 200 && typeof answer.body === 'object') {
        const page = answer.body as Page;
        return { kind: 'answered', ...(page.deal && { transaction: toTransaction(page, page.deal) }) };
      }
      return { kind: 'lost', reason: 'no answer', ...(isSpent(answer) && { isKeySpent: true as const }) };
    },
    rulesFor: () => RULES,
    countMissedCallbacks: async () => 0,
    listings: [{ name: 'all', every: 'sweep' }],
    async listPage({ since, cursor: after }) {
      const pages = said(psp.call({ path: 'pages', after })) as readonly Page[];
      const rows = pages.flatMap((page) =>
        page.deal === null || new Date(page.deal.changedAt) < since
          ? []
          : [{ ...toTransaction(page, page.deal), createdAt: page.createdAt }],
      );
      return { rows, next: pages.at(PAGES_AT_ONCE - 1)?.id ?? null };
    },
    async listEvents({ since, until, cursor: after }) {
      const known = psp.messages.some(({ id }) => id === after);
      if (after !== null && !known) throw new GatewayRejected(`${after} is not a cursor`);
      const messages = said(psp.call({ path: 'messages', after })) as readonly Message[];
      const within = messages.filter(({ sentAt }) => sentAt >= since && sentAt <= until);
      const rows = within.flatMap(({ body, sentAt }) =>
        messagesIn(Buffer.from(body)).map((message) => ({
          ...toEvent(message, host),
          createdAt: new Date(sentAt),
        })),
      );
      return { rows, next: messages.at(PAGES_AT_ONCE - 1)?.id ?? null };
    },
    findSubscription: async () => 'not_expected',
    checkCredentials: async () => said(psp.call({ path: 'account' })) as { account: string },
  };
}

/** The PSP keeps the answer to another request, or a failure of its own. */
function isSpent(answer: Answer): boolean {
  if (answer === null || answer === 'unreachable') return false;
  return answer.status === 422 || (answer.status === 500 && answer.body === 'kept for the key');
}

/** What the PSP has said. @throws GatewayUnavailable where it has said nothing about the request */
function said(answer: Answer): unknown {
  const { status = 0, body, retryAfterSeconds: wait = 0 } = typeof answer === 'object' ? (answer ?? {}) : {};
  // A text is the page of a proxy.
  if (status === 200 && typeof body === 'object') return body;
  if (status === 429)
    throw new GatewayUnavailable('429', { kind: 'rate_limited', retryAfterMs: wait * 1_000 });
  const isRefused = status === 401 || status === 403;
  throw new GatewayUnavailable(`answered ${status}`, { kind: isRefused ? 'credentials' : 'silent' });
}

function toFound({ id, labels, minor, currency, createdAt, expiresAt, state }: Page): FoundSession {
  const { payment = '', order = '', n } = labels;
  return {
    sessionId: id,
    checkoutUrl: `https://simulator.example/${id}`,
    key: { paymentId: payment, orderReference: order, n: Number(n) },
    reference: order,
    money: { amountMinor: minor, currency },
    createdAt,
    expiresAt,
    live: state === 'open',
  };
}

function toTransaction(page: Page, deal: Deal): Transaction {
  const { id, minor, currency, captured, refunded, status, moves, hadMoney: authorized } = deal;
  return {
    transactionId: id,
    sessionId: page.id,
    account: ACCOUNT,
    reference: page.labels['order'] ?? '',
    money: { amountMinor: minor, currency },
    status: statusOf(deal),
    gatewayStatus: status,
    authorized,
    authorizedMinor: authorized ? minor : 0,
    capturedMinor: captured,
    refundedMinor: refunded,
    capturableMinor: status === 'held' ? minor - captured : 0,
    operations: moves.map((move) => ({ ...move, amountMinor: move.minor, eventId: move.id })),
    knownEvents: [`${id}-${status}`, `${id}-held`, ...moves.map((move) => `${move.id}-${move.state}`)],
    updatedAt: deal.changedAt,
  };
}

/** Every other word may be a new one. */
const WITHOUT_SUMS: Readonly<Record<string, Transaction['status']>> = {
  begun: 'INITIATED',
  pending: 'ON_HOLD',
  failed: 'FAILED',
  declined: 'DECLINED',
  voided: 'VOIDED',
};

function statusOf({ status, minor, captured, refunded }: Deal): Transaction['status'] {
  if (status !== 'held') return WITHOUT_SUMS[status] ?? 'UNCLEAR';
  if (refunded > 0) return refunded === minor ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  return captured === 0 ? 'AUTHORIZED' : captured === minor ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
}
