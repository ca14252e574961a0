/** The sums of a transaction, computed from its events, as a merchant must compute them. */
import type { Transaction, TransactionEvent } from './transaction.ts';

interface Sums {
  readonly captured: number;
  readonly refunded: number;
  /** Released to the payer without a capture. */
  readonly voided: number;
}

const MONEY_EVENTS = new Set(['CAPTURE', 'REFUND', 'VOID']);

export function sumsOf({ events }: Pick<Transaction, 'events'>): Sums {
  return { captured: sum(events, 'CAPTURE'), refunded: sum(events, 'REFUND'), voided: sum(events, 'VOID') };
}

/**
 * The amounts that may still be captured or voided, and refunded. Accepted, unfinished requests count as
 * done.
 */
export function leftOf(transaction: Transaction): { readonly capture: number; readonly refund: number } {
  const { captured, refunded, voided } = sumsOf(transaction);
  const waiting = pendingEvents(transaction);
  return {
    capture: transaction.amount - captured - voided - sum(waiting, 'INITIATE_CAPTURE'),
    refund: captured - refunded - sum(waiting, 'INITIATE_REFUND'),
  };
}

/** The INITIATE_… events that no later event has completed. */
export function pendingEvents({ events }: Pick<Transaction, 'events'>): TransactionEvent[] {
  const completed = new Set(events.map((event) => event.correlation_request_id));
  return events.filter(
    ({ event, request_id: id }) => event.startsWith('INITIATE_') && id !== undefined && !completed.has(id),
  );
}

/** Whether an event is about money after the authorization. */
export function movesMoney(event: TransactionEvent): boolean {
  return MONEY_EVENTS.has(event.event);
}

/** The status that follows from the sums alone. A voided rest counts like a captured one. */
export function statusBySums(authorized: number, { captured, refunded, voided }: Sums): string {
  if (captured === 0) return voided > 0 ? 'AUTHORIZATION_VOIDED' : 'AUTHORIZED';
  const isWhole = captured + voided >= authorized;
  if (refunded === 0) return isWhole ? 'CAPTURED' : 'PARTIALLY_CAPTURED';
  if (!isWhole) return 'PARTIALLY_CAPTURED_REFUNDED';
  return refunded >= captured ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
}

/** Whether a successful event has a correction, which means that it was reversed. */
export function isReversed({ success, correction }: TransactionEvent): boolean {
  return success && correction !== undefined;
}

function sum(events: readonly TransactionEvent[], name: string): number {
  return events.reduce(
    (total, one) => total + (one.success && !isReversed(one) && one.event === name ? one.amount : 0),
    0,
  );
}
