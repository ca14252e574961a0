/**
 * The gateway as our activities see it: the PSP's books behind a connection that loses, delays and hides
 * answers.
 */
import type { Reading } from '../../../src/domain/transaction.ts';
import { DINTERO_TRAITS } from '../../../src/gateways/dintero/capabilities.ts';
import { GatewayUnavailable } from '../../../src/gateways/gateway-errors.ts';
import type {
  FoundSession,
  Gateway,
  OperationAnswer,
  OperationRequest,
  SessionRequest,
} from '../../../src/gateways/gateway.ts';
import { ACCOUNT, type Psp, type PspSession } from './psp.ts';

/** The result of a request to move money. */
export type OperationFate =
  | 'done'
  | 'lost_before'
  | 'lost_after'
  | 'lost_and_late'
  | 'busy'
  | 'busy_after'
  | 'refused_us'
  | 'declined'
  | 'failed'
  | 'accepted'
  /** A failure of the gateway's own that it keeps for the key, before or after the effect. */
  | 'kept_before'
  | 'kept_after';

/** The fault of a read. */
export type ReadFate = 'fine' | 'stale' | 'absent' | 'unreadable';

export interface Line {
  now(): number;
  /** A call to the gateway and back. The request or the answer may be lost. */
  call<Answer>(what: string, work: () => Answer, lost?: Answer): Promise<Answer>;
  ofRead(): { fate: ReadFate; lagMs: number };
  ofOperation(request: OperationRequest): OperationFate;
  ofOpening(): 'done' | 'kept_before' | 'kept_after';
  /** For a request that the gateway has accepted: it ends later. */
  endLater(session: PspSession, request: OperationRequest): void;
  /** For a request that may arrive later, although its sender was not answered. */
  arriveLater(arrive: () => void): void;
  /**
   * Called just before the gateway carries out a request. @throws Error for a request that must never be made
   */
  sending(request: OperationRequest, session: PspSession | undefined, fate: OperationFate): void;
  cancelling(session: PspSession): void;
  /** The age at which a search finds a session. */
  readonly searchLagMs: number;
  /** Whether a read shows any named transaction, also one of another session. */
  readonly isCareless: boolean;
}

export type ModelGateway = Pick<
  Gateway,
  | 'id'
  | 'account'
  | 'traits'
  | 'createSession'
  | 'findSessions'
  | 'readSession'
  | 'readPayment'
  | 'cancelSession'
  | 'operate'
  | 'rulesFor'
>;

export function createModelGateway(psp: Psp, line: Line): ModelGateway {
  return {
    id: psp.gateway,
    account: ACCOUNT,
    traits: DINTERO_TRAITS,
    rulesFor: () => psp.rules.rules,
    createSession: (request) => line.call('create a session', () => create(psp, request)),
    findSessions: ({ paymentId }) =>
      line.call('search for sessions', () =>
        psp.sessions
          .filter(
            ({ key, createdAt }) => key.paymentId === paymentId && line.now() - createdAt >= line.searchLagMs,
          )
          .map(foundSession),
      ),
    readSession: (sessionId) =>
      line.call('read a session', () => {
        const session = psp.find(sessionId);
        return session === undefined ? 'absent' : foundSession(session);
      }),
    readPayment: (at) => line.call(`read ${at.sessionId}`, () => read(psp, line, at)),
    cancelSession: (sessionId) =>
      line.call(`cancel ${sessionId}`, () => {
        const session = psp.find(sessionId) as PspSession;
        line.cancelling(session);
        return psp.cancel(session);
      }),
    async operate(request) {
      const what = `${request.kind} ${request.reference}`;
      const answer = await line.call<ReturnType<typeof operate>>(
        what,
        () => operate(psp, line, request),
        LOST,
      );
      if (answer !== 'refused us') return answer;
      throw new GatewayUnavailable('403', { kind: 'credentials' });
    },
  };
}

export const LOST = { kind: 'lost', reason: 'time-out' } as const;

function create(psp: Psp, { paymentId, orderReference, n, money, expiresAt }: SessionRequest) {
  const { amountMinor, currency } = money;
  const key = { paymentId, orderReference, n };
  return foundSession(psp.open({ key, amountMinor, currency, expiresAt: expiresAt.getTime() }));
}

export function foundSession(session: PspSession): FoundSession {
  const { id: sessionId, key, reference, amountMinor, currency, createdAt, state } = session;
  return {
    sessionId,
    checkoutUrl: `https://checkout.example/${sessionId}`,
    key,
    reference,
    money: { amountMinor, currency },
    createdAt: new Date(createdAt),
    live: state !== 'cancelled' && state !== 'expired',
  };
}

export function read(psp: Psp, line: Line, at: { sessionId: string; transactionId?: string }): Reading {
  const { fate, lagMs } = line.ofRead();
  const own = psp.find(at.sessionId);
  if (own !== undefined) own.lastAsked = line.now();
  if (fate === 'absent') return { kind: 'absent' };
  if (fate === 'unreadable') return { kind: 'unreadable', reason: 'no JSON' };
  const named = at.transactionId === undefined ? undefined : psp.byTransaction(at.transactionId);
  const session = named !== undefined && (line.isCareless || named === own) ? named : own;
  if (session === undefined) return { kind: 'absent' };
  const reading = psp.sayOf(session, lagMs);
  if (session === own) own.lastRead = { at: line.now(), asOf: line.now() - lagMs, reading };
  return reading;
}

function operate(psp: Psp, line: Line, request: OperationRequest): OperationAnswer | 'refused us' {
  const { transactionId, kind, reference, amountMinor } = request;
  const session = psp.byTransaction(transactionId);
  const fate = line.ofOperation(request);
  line.sending(request, session, fate);
  if (fate === 'refused_us') return 'refused us';
  if (fate === 'busy') return { kind: 'busy', reason: '409' };
  if (fate === 'lost_before') return LOST;
  if (session?.ledger?.allows(kind, amountMinor, psp.rules.rules) !== true || fate === 'declined')
    return { kind: 'declined', reason: 'not possible' };
  if (fate === 'lost_and_late') {
    line.arriveLater(() => {
      if (session.ledger?.allows(kind, amountMinor, psp.rules.rules) === true)
        psp.book(session, { kind, who: reference, isOurs: true, amountMinor, state: 'done' });
    });
    return LOST;
  }
  const state = fate === 'failed' ? 'failed' : fate === 'accepted' ? 'pending' : 'done';
  psp.book(session, { kind, who: reference, isOurs: true, amountMinor, state });
  if (fate === 'accepted') line.endLater(session, request);
  if (fate === 'lost_after') return LOST;
  if (fate === 'busy_after') return { kind: 'busy', reason: '503, and it was done' };
  const reading = psp.sayOf(session, 0);
  return { kind: 'answered', ...(reading.kind === 'transaction' && { transaction: reading.transaction }) };
}
