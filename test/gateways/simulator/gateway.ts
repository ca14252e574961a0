/** The gateway of the PSP beside it: the smallest one, and the first to read before you write another. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Transaction } from '../../../src/domain/transaction.ts';
import { GatewayUnavailable, KeySpent } from '../../../src/gateways/gateway-errors.ts';
import type { FoundSession, Gateway } from '../../../src/gateways/gateway.ts';
import { parseKey } from '../../../src/gateways/shared/payment-key.ts';
import { whichSecret } from '../../../src/gateways/shared/which-secret.ts';
import type { Traits } from '../../../src/gateways/traits.ts';
import type { RawRequest, RefusalReason, Verification } from '../../../src/gateways/verification.ts';
import { fingerprintOf, sha256 } from '../../../src/lib/fingerprint.ts';
import type { Answer, Deal, Page, Psp } from './psp.ts';

const HOUR_MS = 3_600_000;

export const ACCOUNT = 'simulated';

export const SIMULATOR_TRAITS: Traits = {
  lifetime: { shortestMs: 60_000, longestMs: 24 * HOUR_MS },
  endsBy: 'us',
  keys: { openMs: HOUR_MS, operateMs: { capture: HOUR_MS, refund: HOUR_MS, void: HOUR_MS } },
  notifies: 'session',
  currencies: { ISK: { digits: 2 } },
  takes: [],
};

const RULES = {
  voids: 'whole',
  captures: 'many',
  finalCapture: false,
  refunds: 'any_time',
  lines: 'optional',
  authorizationDays: 7,
} as const;

export function createSimulatorGateway(psp: Psp, secrets: readonly string[]): Gateway {
  const pages = async () => said(psp.call({ path: 'pages' })) as readonly Page[];
  const pageOf = async (id: string) => said(psp.call({ path: 'page', id })) as Page | null;
  return {
    id: 'simulator',
    account: ACCOUNT,
    mode: 'test',
    traits: SIMULATOR_TRAITS,
    secrets: [{ kind: 'session', variable: 'SIMULATOR_SECRETS', fingerprints: secrets.map(fingerprintOf) }],
    verify: (request) => verify(request, secrets),
    async createSession({ paymentId, orderReference, n, money, idempotencyKey: key }) {
      const labels = { payment: paymentId, order: orderReference, n: String(n) };
      const { amountMinor: minor, currency } = money;
      const answer = psp.call({ path: 'open', key, labels, minor, currency });
      if (typeof answer === 'object' && (answer?.status ?? 0) >= 422) throw new KeySpent('a failure is kept');
      return toFound(said(answer) as Page);
    },
    findSessions: async ({ paymentId }, since) =>
      (await pages())
        .filter(({ createdAt }) => createdAt >= since)
        .map(toFound)
        .filter(({ key }) => key.paymentId === paymentId),
    async readSession(sessionId) {
      const page = await pageOf(sessionId);
      return page === null ? 'absent' : toFound(page);
    },
    async readPayment({ sessionId }) {
      const page = await pageOf(sessionId);
      if (page === null) return { kind: 'absent' };
      if (page.deal !== null) return { kind: 'transaction', transaction: toTransaction(page, page.deal) };
      return { kind: 'session', state: page.state === 'closed' ? 'expired' : page.state };
    },
    async cancelSession(id) {
      const page = said(psp.call({ path: 'close', id })) as Page;
      return page.deal === null ? 'cancelled' : 'refused';
    },
    async operate({ transactionId: id, kind, amountMinor: minor, reference, idempotencyKey: key }) {
      const answer = psp.call({ path: 'move', key, id, kind, minor, reference });
      if (answer === 'unreachable' || answer?.status === 401) return said(answer) as never;
      if (answer === null) return { kind: 'lost', reason: 'no answer' };
      if (answer.status === 409) return { kind: 'declined', reason: String(answer.body) };
      if (answer.status !== 200) return { kind: 'lost', reason: 'a failure is kept', isKeySpent: true };
      const page = answer.body as Page;
      return { kind: 'answered', ...(page.deal && { transaction: toTransaction(page, page.deal) }) };
    },
    rulesFor: () => RULES,
    countMissedCallbacks: async () => 0,
    listings: [{ name: 'all', every: 'sweep' }],
    async listPage({ since }) {
      const found = (await pages()).filter(({ createdAt }) => createdAt >= since);
      const rows = found.flatMap((page) =>
        page.deal === null ? [] : [{ ...toTransaction(page, page.deal), createdAt: page.createdAt }],
      );
      return { rows, next: null };
    },
    findSubscription: async () => 'not_expected',
    checkCredentials: async () => ({ account: String(said(psp.call({ path: 'account' }))) }),
  };
}

/** What the PSP has said. @throws GatewayUnavailable where it has said nothing about the request */
function said(answer: Answer): unknown {
  if (answer === null || answer === 'unreachable')
    throw new GatewayUnavailable('no answer', { kind: 'silent' });
  if (answer.status !== 401) return answer.body;
  throw new GatewayUnavailable('our password was refused', { kind: 'credentials' });
}

function toFound({ id, labels, minor, currency, createdAt, state }: Page): FoundSession {
  return {
    sessionId: id,
    checkoutUrl: `https://simulator.example/${id}`,
    key: { paymentId: labels.payment, orderReference: labels.order, n: Number(labels.n) },
    reference: labels.order,
    money: { amountMinor: minor, currency },
    createdAt,
    live: state === 'open',
  };
}

function toTransaction(page: Page, deal: Deal): Transaction {
  const { id, minor, currency, captured, refunded, status, moves } = deal;
  const authorized = status === 'held' || status === 'voided';
  return {
    transactionId: id,
    sessionId: page.id,
    account: ACCOUNT,
    reference: page.labels.order,
    money: { amountMinor: minor, currency },
    status: statusOf(deal),
    gatewayStatus: status,
    authorized,
    authorizedMinor: authorized ? minor : 0,
    capturedMinor: captured,
    refundedMinor: refunded,
    capturableMinor: status === 'held' ? minor - captured : 0,
    operations: moves.map((move) => ({ ...move, amountMinor: move.minor, state: 'done', eventId: move.id })),
    knownEvents: [`${id}-${status}`, `${id}-held`, ...moves.map((move) => move.id)],
    updatedAt: deal.changedAt,
  };
}

function statusOf({ status, minor, captured, refunded }: Deal): Transaction['status'] {
  if (status !== 'held') return ({ pending: 'ON_HOLD', failed: 'FAILED', voided: 'VOIDED' } as const)[status];
  if (refunded > 0) return refunded === minor ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
  return captured === 0 ? 'AUTHORIZED' : captured === minor ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
}

const messageSchema = z.object({
  id: z.string(),
  deal: z.string(),
  labels: z.object({ payment: z.string(), order: z.string(), n: z.string() }),
});

/** The header is `<unix seconds>.<HMAC-SHA256 of the seconds, a dot and the body>`. */
function verify({ headers, body, receivedAt }: RawRequest, secrets: readonly string[]): Verification {
  const header = headers['simulator-signature'];
  if (header === undefined) return refused('no_signature');
  const [, time = '', digest = ''] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(header) ?? [];
  if (digest === '') return refused('malformed_signature');
  const sign = (secret: string) => createHmac('sha256', secret).update(`${time}.`).update(body).digest();
  const which = whichSecret(secrets, [Buffer.from(digest, 'hex')], sign);
  if (which === null) return refused('wrong_signature');
  const ageSeconds = Math.floor(receivedAt.getTime() / 1_000) - Number(time);
  const signed = { ...which, ageSeconds, isBodySigned: true, contentHash: sha256(body) };
  const message = messageSchema.safeParse(jsonOf(body)).data;
  return {
    outcome: Math.abs(ageSeconds) <= 300 ? 'verified' : 'stale',
    deliveries: [
      message === undefined
        ? { ...signed, ...UNCLEAR, eventId: sha256(body) }
        : { ...signed, ...toDelivery(message) },
    ],
  };
}

const UNCLEAR = { kind: 'unclear', key: null, claim: {} } as const;

function toDelivery({ id, deal, labels }: z.infer<typeof messageSchema>) {
  const key = parseKey(labels.payment, labels.order, labels.n);
  return {
    kind: 'payment',
    eventId: id,
    key,
    claim: { transactionId: deal, event: id, eventRef: id },
  } as const;
}

function refused(reason: RefusalReason): Verification {
  return { outcome: 'refused', reason, detail: `simulator-signature: ${reason}`, key: null, claim: {} };
}

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
