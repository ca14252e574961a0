import { randomUUID } from 'node:crypto';
import { applyChange } from '../transactions/announce.ts';
import { parseBody } from '../../http/request-body.ts';
import { invalid, Problem } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { lineTotal, updateSchema } from './session-request.ts';
import { addSessionEvent, hasEvent, type Session } from './session.ts';

/** Notes the first time that the checkout was opened. */
export function markVisited(sandbox: Sandbox, session: Session): void {
  if (hasEvent(session, 'VISITED')) return;
  addSessionEvent(session, 'VISITED');
  sandbox.ledger.saveSession(session);
}

/**
 * Cancels a session and voids its initiated or authorized transaction; a 400 in any other state. Repeating it
 * changes nothing.
 */
export function cancelSession(sandbox: Sandbox, session: Session): Session {
  if (session.cancelled_at !== undefined) return session;
  const transaction = sandbox.ledger.transactionOf(session);
  if (transaction !== undefined) {
    if (transaction.status !== 'INITIATED' && transaction.status !== 'AUTHORIZED') {
      throw new Problem(
        400,
        `a session with a transaction in ${transaction.status} can't be cancelled`,
        'INVALID_STATE',
      );
    }
    applyChange(sandbox, transaction, { status: 'AUTHORIZATION_VOIDED', by: sandbox.settings.clientId });
  }
  addSessionEvent(session, 'CANCELLED');
  session.cancelled_at = session.updated_at;
  session.cancelled_by = sandbox.settings.clientId;
  sandbox.ledger.saveSession(session);
  return session;
}

/** Locks the session, as the Web SDK does before an update. */
export function lockSession(sandbox: Sandbox, session: Session): Pick<Session, 'pay_lock'> {
  session.pay_lock ??= { pay_lock_id: randomUUID() };
  addSessionEvent(session, 'PAY_LOCK_START');
  sandbox.ledger.saveSession(session);
  return { pay_lock: session.pay_lock };
}

/**
 * Changes the order of a session that is not being paid: it is locked, or `withoutLock` is set and it was
 * never rendered.
 */
export function updateSession(
  sandbox: Sandbox,
  session: Session,
  body: unknown,
  withoutLock: boolean,
): Session {
  const { order, remove_lock: removeLock } = parseBody(updateSchema, body);
  checkUpdatable(session, withoutLock);
  const { merchant_reference: _, ...changed } = order;
  const total = lineTotal(changed);
  if (total !== undefined && total !== order.amount) {
    throw invalid(`order.amount is ${order.amount} but items and shipping add up to ${total}`);
  }
  session.order = { ...session.order, ...changed };
  addSessionEvent(session, 'UPDATE_SESSION');
  if (removeLock) delete session.pay_lock;
  sandbox.ledger.saveSession(session);
  return session;
}

function checkUpdatable(session: Session, withoutLock: boolean): void {
  if (session.transaction_id !== undefined || session.cancelled_at !== undefined) {
    throw new Problem(400, 'a session that is paid or cancelled can no longer be changed', 'INVALID_STATE');
  }
  if (session.pay_lock !== undefined) return;
  if (!withoutLock) throw new Problem(400, 'the session is not pay-locked', 'INVALID_STATE');
  if (hasEvent(session, 'VISITED')) {
    throw new Problem(400, 'the checkout was already rendered; lock the session first', 'INVALID_STATE');
  }
}
