import type { Reading } from '../../domain/transaction.ts';
import type { DinteroClient } from './client.ts';
import { accountOf, isIdOf } from './id-parts.ts';
import { progressSchema, toSessionState } from './sessions.ts';
import { toTransaction, transactionSchema } from './parse-transaction.ts';
import { understand } from './parse-answer.ts';

interface Reader {
  readonly client: DinteroClient;
  readonly accountId: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Reads the result of a session. The transaction id is only a hint: if it is wrong, the session's own
 * transaction is read.
 */
export async function readPayment(
  reader: Reader,
  at: { readonly sessionId: string; readonly transactionId?: string },
): Promise<Reading> {
  const { sessionId, transactionId } = at;
  // For another account's session Dintero would answer 403 or 404, which says nothing about ours.
  if (!isIdOf(reader.accountId, sessionId)) return { kind: 'absent' };
  if (transactionId !== undefined && isIdOf(reader.accountId, transactionId)) {
    const reading = await readTransaction(reader, transactionId);
    if (reading.kind === 'transaction' && reading.transaction.sessionId === sessionId) return reading;
  }
  return readThroughSession(reader, sessionId);
}

async function readThroughSession(reader: Reader, sessionId: string): Promise<Reading> {
  const { client, signal } = reader;
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}`;
  const answer = await client({ operation: 'read session', method: 'GET', path, signal });
  if (answer.status === 404) return { kind: 'absent' };
  const session = understand(progressSchema, answer);
  if (!session.ok) return unreadable('session', session.reason);
  if (session.value.id !== sessionId) return unreadable('session', 'id: not the requested one');
  const transactionId = session.value.transaction_id;
  return transactionId ? readTransaction(reader, transactionId) : toSessionState(session.value);
}

async function readTransaction({ client, signal }: Reader, transactionId: string): Promise<Reading> {
  const path = `/v1/transactions/${encodeURIComponent(transactionId)}`;
  const answer = await client({ operation: 'read transaction', method: 'GET', path, signal });
  if (answer.status === 404) return { kind: 'absent' };
  const understood = understand(transactionSchema, answer);
  if (!understood.ok) return unreadable('transaction', understood.reason);
  const transaction = toTransaction(understood.value);
  // A transaction of another account is returned as it is: that is a mismatch for a review, not a reading
  // error.
  if (transaction.transactionId !== transactionId && transaction.account === accountOf(transactionId)) {
    return unreadable('transaction', 'id: not the requested one');
  }
  return { kind: 'transaction', transaction };
}

function unreadable(what: string, reason: string): Reading {
  return { kind: 'unreadable', reason: `${what}: ${reason}` };
}
