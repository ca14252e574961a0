/**
 * A gateway of a few lines: plain data that a test can copy to try alternatives. Shares nothing with the
 * sandbox.
 */
import type { Money } from '../../src/domain/money.ts';
import type { Reading, Transaction, TransactionStatus } from '../../src/domain/transaction.ts';

export interface SimulatedSession {
  readonly sessionId: string;
  readonly reference: string;
  readonly money: Money;
  readonly paymentId: string;
  state: 'open' | 'cancelled';
  status: TransactionStatus | null;
  /** Counts the transaction's changes: its `updated_at`. */
  version: number;
  /** The status that a hold gets by itself, and when. */
  resolution: { readonly to: 'AUTHORIZED' | 'FAILED'; readonly at: number } | null;
  /** Whether it has ever shown that status: an order may be paid only then. */
  everAuthorized: boolean;
  /** The session that its transaction names, where that is another one. */
  pointsTo?: string;
  /** A lagging replica answers 404. */
  isHidden?: boolean;
}

export interface SimulatedPsp {
  sessions: SimulatedSession[];
  /** Answers 503 to every read until the test resets it. */
  isDown: boolean;
}

export const ACCOUNT = 'T12345678';

export function newPsp(): SimulatedPsp {
  return { sessions: [], isDown: false };
}

export function copyPsp(psp: SimulatedPsp): SimulatedPsp {
  return { ...psp, sessions: psp.sessions.map((session) => ({ ...session })) };
}

export function createSession(
  psp: SimulatedPsp,
  of: Pick<SimulatedSession, 'sessionId' | 'reference' | 'money' | 'paymentId'>,
): SimulatedSession {
  const session: SimulatedSession = {
    ...of,
    state: 'open',
    status: null,
    version: 0,
    resolution: null,
    everAuthorized: false,
  };
  psp.sessions.push(session);
  return session;
}

export function sessionOf(psp: SimulatedPsp, sessionId: string): SimulatedSession {
  const session = psp.sessions.find((candidate) => candidate.sessionId === sessionId);
  if (session === undefined) throw new Error(`the simulated gateway has no session ${sessionId}`);
  return session;
}

/** Moves a transaction, or makes one. */
export function change(session: SimulatedSession, status: TransactionStatus): void {
  session.status = status;
  session.version += 1;
  session.resolution = null;
  if (status === 'AUTHORIZED' || status === 'CAPTURED') session.everAuthorized = true;
}

/**
 * The payer pays and the money is held; an existing hold is resolved. Nothing can be paid in a cancelled
 * session.
 */
export function holdOrResolve(session: SimulatedSession, to: 'AUTHORIZED' | 'FAILED', at: number): void {
  if (session.status === 'ON_HOLD') return change(session, to);
  if (session.status !== null || session.state === 'cancelled') return;
  change(session, 'ON_HOLD');
  session.resolution = { to, at };
}

/** Resolves the holds whose time has come. */
export function resolveHolds(psp: SimulatedPsp, now: number): void {
  for (const session of psp.sessions)
    if (session.resolution !== null && session.resolution.at <= now) change(session, session.resolution.to);
}

/**
 * Dintero's rule: a cancelled session takes its transaction with it, unless that is on hold, captured or
 * over.
 */
export function cancelSession(session: SimulatedSession): 'cancelled' | 'refused' {
  if (session.status === 'AUTHORIZED' || session.status === 'INITIATED') {
    change(session, 'VOIDED');
    session.state = 'cancelled';
    return 'cancelled';
  }
  if (session.status !== null) return 'refused';
  session.state = 'cancelled';
  return 'cancelled';
}

/** Money that a payment may not keep goes back. */
export function returnMoney(session: SimulatedSession): void {
  if (session.status === 'AUTHORIZED') change(session, 'VOIDED');
  if (session.status === 'CAPTURED') change(session, 'REFUNDED');
}

export function readingOf(session: SimulatedSession): Reading {
  if (session.isHidden === true) return { kind: 'absent' };
  if (session.status === null) return { kind: 'session', state: session.state };
  return { kind: 'transaction', transaction: transactionOf(session, session.status) };
}

export function transactionIdOf(session: SimulatedSession): string {
  return `${session.sessionId}-tx`;
}

function transactionOf(session: SimulatedSession, status: TransactionStatus): Transaction {
  const { amountMinor } = session.money;
  const isCaptured = status === 'CAPTURED' || status === 'REFUNDED';
  return {
    transactionId: transactionIdOf(session),
    sessionId: session.pointsTo ?? session.sessionId,
    account: ACCOUNT,
    reference: session.reference,
    money: session.money,
    status,
    gatewayStatus: status === 'UNCLEAR' ? 'UNKNOWN' : status,
    authorized: session.everAuthorized,
    authorizedMinor: session.everAuthorized ? amountMinor : 0,
    capturedMinor: isCaptured ? amountMinor : 0,
    refundedMinor: status === 'REFUNDED' ? amountMinor : 0,
    capturableMinor: status === 'AUTHORIZED' ? amountMinor : 0,
    operations: [],
    updatedAt: TIMES[session.version] ?? timeOf(session.version),
  };
}

/** Written once, since the orders of the pure core use them several hundred thousand times. */
const TIMES = Array.from({ length: 50 }, (_, version) => timeOf(version));

function timeOf(version: number): string {
  return new Date(Date.UTC(2026, 0, 1) + version * 1_000).toISOString();
}
