import { z } from 'zod';
import type { OperationAnswer, OperationRequest } from '../gateway.ts';
import type { DinteroClient } from './client.ts';
import type { Answer } from '../shared/http-exchange.ts';
import { Silence } from '../shared/http-exchange.ts';
import { isIdOf } from './id-parts.ts';
import { toTransaction, transactionSchema } from './parse-transaction.ts';
import { expected, refusalOf, rejected, understand } from './parse-answer.ts';

interface MoneyCalls {
  readonly client: DinteroClient;
  readonly accountId: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Captures, refunds or voids, once. Throws `GatewayUnavailable` only if it is certain that nothing was done.
 */
export async function operate(
  { client, accountId, signal }: MoneyCalls,
  request: OperationRequest,
): Promise<OperationAnswer> {
  const { transactionId, kind } = request;
  if (!isIdOf(accountId, transactionId))
    return { kind: 'declined', reason: 'the transaction does not belong to our account' };
  const path = `${pathOf(transactionId)}/${kind}`;
  const body = bodyOf(request);
  try {
    const answer = await client({ operation: kind, method: 'POST', path, signal, ...(body && { body }) });
    return toAnswer(answer, transactionId);
  } catch (error) {
    return afterSilence(error, kind);
  }
}

/** Writes the one field of a transaction that can be changed later. Repeating it changes nothing. */
export async function updateReference(
  { client, accountId, signal }: MoneyCalls,
  transactionId: string,
  merchantReference2: string,
): Promise<void> {
  const operation = 'update transaction';
  if (!isIdOf(accountId, transactionId)) throw rejected(operation, NOT_OURS);
  const body = { merchant_reference_2: merchantReference2 };
  const answer = await client({ operation, method: 'PUT', path: pathOf(transactionId), body, signal });
  expected(z.unknown(), operation, answer);
}

const NOT_OURS: Answer = {
  status: 404,
  body: { error: { message: 'the transaction does not belong to our account' } },
};

function pathOf(transactionId: string): string {
  return `/v1/transactions/${encodeURIComponent(transactionId)}`;
}

/** Dintero accepts no body for a void, so a void has no reference. */
function bodyOf({
  kind,
  amountMinor,
  reference,
  lines,
  finalCapture,
  reason,
}: OperationRequest): object | undefined {
  if (kind === 'void') return undefined;
  const items = lines?.map((line) => ({
    line_id: line.lineId,
    amount: line.amountMinor,
    ...(line.quantity !== undefined && { quantity: line.quantity }),
  }));
  const common = { amount: amountMinor, ...(items !== undefined && items.length > 0 && { items }) };
  if (kind === 'refund') return { ...common, refund_reference: reference, ...(reason && { reason }) };
  return { ...common, capture_reference: reference, ...(finalCapture && { final_capture: true }) };
}

function toAnswer(answer: Answer, transactionId: string): OperationAnswer {
  const { status } = answer;
  if (status === 409) return { kind: 'busy', reason: refusalOf(answer) };
  if (status >= 400) return { kind: 'declined', reason: refusalOf(answer) };
  const understood = understand(transactionSchema, answer);
  if (understood.ok && understood.value.id === transactionId)
    return { kind: 'answered', transaction: toTransaction(understood.value) };
  // 202 and similar statuses promise no transaction. A 200 without the right transaction proves nothing.
  if (status !== 200) return { kind: 'answered' };
  const what = understood.ok ? 'id: not the requested one' : understood.reason;
  return { kind: 'lost', reason: `answered 200, but ${what}` };
}

/** The answer after silence, by whether the operation may have been done. */
function afterSilence(error: unknown, operation: string): OperationAnswer {
  // Silence of the token call means that the operation was not sent.
  if (!(error instanceof Silence) || error.operation !== operation || !error.mayHaveArrived) throw error;
  const isBusy = error.status === 503 && error.isJson;
  return { kind: isBusy ? 'busy' : 'lost', reason: error.message };
}
