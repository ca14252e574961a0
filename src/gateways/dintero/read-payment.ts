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

/** Asks what became of a session. A transaction id is a hint: where it leads astray, the session's own is read. */
export async function readPayment(
  reader: Reader,
  at: { readonly sessionId: string; readonly transactionId?: string },
): Promise<Reading> {
  const { sessionId, transactionId } = at;
  // Dintero would answer 403 or 404 about another account's; neither says anything about ours.
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
  if (session.value.id !== sessionId) return unreadable('session', 'id: not the one that was asked for');
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
  // One of another account is told as it is: that is a mismatch to be reviewed, not an accident of reading.
  if (transaction.transactionId !== transactionId && transaction.account === accountOf(transactionId)) {
    return unreadable('transaction', 'id: not the one that was asked for');
  }
  return { kind: 'transaction', transaction };
}

function unreadable(what: string, reason: string): Reading {
  return { kind: 'unreadable', reason: `${what}: ${reason}` };
}
