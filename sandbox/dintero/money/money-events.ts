/** Writes captures, refunds and voids into a transaction. Its events, status and sums always agree. */
import type { MoneyCommand, MoneyKind } from './money-request.ts';
import { leftOf, statusBySums, sumsOf } from '../transactions/sums.ts';
import { nowIso, shortId } from '../records/ids-and-times.ts';
import type { Session } from '../sessions/session.ts';
import type { Correction, EventError, Transaction, TransactionEvent } from '../transactions/transaction.ts';

export interface Facts {
  readonly session: Session;
  readonly by: string;
  readonly requestId: string;
  /** The id of the request that this completes. */
  readonly correlationId?: string | undefined;
  /** The status after a void of the rest; undefined for the status that follows from the sums. */
  readonly afterVoidOfRest?: string | undefined;
}

const FAILURE: EventError = {
  code: 'OPERATION_FAILED',
  message: 'the payment provider refused the operation',
  type: ['UNKNOWN'],
  retry_policy: { retry_codes: 'DO_NOT_RETRY' },
};

/**
 * Writes a successful operation. The first event is the operation itself; a final capture adds the void of
 * the rest.
 */
export function writeSuccess(
  transaction: Transaction,
  command: MoneyCommand,
  facts: Facts,
): readonly [TransactionEvent, ...TransactionEvent[]] {
  const event = written(transaction, command, facts);
  const rest = command.isFinal === true ? leftOf(transaction).capture : 0;
  if (rest <= 0) return [event];
  const remainder: MoneyCommand = { kind: 'void', amount: rest };
  return [event, written(transaction, remainder, { ...facts, correlationId: undefined })];
}

/** Writes that the operation failed; the status stays. */
export function writeFailure(
  transaction: Transaction,
  command: MoneyCommand,
  facts: Facts,
  error: EventError = FAILURE,
): TransactionEvent {
  const failed = { ...eventOf(transaction, command, facts), success: false, error };
  return appended(transaction, failed);
}

/** Writes that the operation was accepted and is not finished; the status stays. */
export function writeAccepted(
  transaction: Transaction,
  command: MoneyCommand,
  facts: Facts,
): TransactionEvent {
  const event = eventOf(transaction, command, facts);
  return appended(transaction, { ...event, event: `INITIATE_${event.event}` });
}

/** Corrects a failed event. The money that it had not moved is moved now, if it is still there. */
export function writeCorrection(
  transaction: Transaction,
  failed: TransactionEvent,
  facts: Facts,
): TransactionEvent | undefined {
  const command = commandOf(failed);
  const left = leftOf(transaction)[command.kind === 'refund' ? 'refund' : 'capture'];
  const moved = command.amount <= left ? written(transaction, command, facts) : undefined;
  failed.correction = correctionOf(transaction, moved === undefined ? [] : [moved.id]);
  return moved;
}

/** Reverses a successful event: the event gets a correction with the present state. */
export function writeReversal(transaction: Transaction, done: TransactionEvent, status?: string): void {
  done.correction = correctionOf(transaction, []);
  transaction.status = status ?? statusBySums(transaction.amount, sumsOf(transaction));
  done.correction = correctionOf(transaction, []);
  transaction.updated_at = nowIso();
}

/** The command of an event. */
export function commandOf(event: TransactionEvent, isFinal?: boolean): MoneyCommand {
  // Only this file writes these events, so the part after INITIATE_ is one of the three kinds.
  const kind = event.event.replace('INITIATE_', '').toLowerCase() as MoneyKind;
  const { amount, items, event_reference: reference, metadata } = event;
  return { kind, amount, items, reference, metadata, isFinal };
}

function written(transaction: Transaction, command: MoneyCommand, facts: Facts): TransactionEvent {
  const event = eventOf(transaction, command, facts);
  const { captured, refunded, voided } = sumsOf({ events: [...transaction.events, event] });
  const bySums = statusBySums(transaction.amount, { captured, refunded, voided });
  const isRest = command.kind === 'void' && captured > 0 && refunded === 0;
  const status = (isRest ? facts.afterVoidOfRest : undefined) ?? bySums;
  transaction.status = status;
  return appended(transaction, { ...event, transaction_status: status });
}

function appended(transaction: Transaction, event: TransactionEvent): TransactionEvent {
  transaction.events.push(event);
  transaction.updated_at = event.created_at;
  return event;
}

function eventOf(
  transaction: Transaction,
  { kind, amount, items, reference, reason, metadata }: MoneyCommand,
  { session, by, requestId, correlationId }: Facts,
): TransactionEvent {
  const eventReference = reference ?? session.order['event_reference'];
  const details = { ...metadata, ...(reason === undefined ? {} : { reason }) };
  return {
    id: shortId(),
    event: kind.toUpperCase(),
    transaction_status: transaction.status,
    success: true,
    amount,
    created_at: nowIso(),
    created_by: by,
    request_id: requestId,
    ...(items === undefined ? {} : { items }),
    ...(correlationId === undefined ? {} : { correlation_request_id: correlationId }),
    ...(typeof eventReference === 'string' ? { event_reference: eventReference } : {}),
    ...(Object.keys(details).length === 0 ? {} : { metadata: details }),
  };
}

function correctionOf(transaction: Transaction, eventIds: readonly string[]): Correction {
  const left = leftOf(transaction);
  return {
    event_ids: eventIds,
    status: transaction.status,
    remaining_capture_amount: left.capture,
    remaining_refund_amount: left.refund,
    remaining_void_amount: transaction.status === 'AUTHORIZED' ? left.capture : 0,
  };
}
