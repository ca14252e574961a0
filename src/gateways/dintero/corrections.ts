/**
 * Dintero's corrections of events: a failed operation was done after all, or one that was done does not count
 * any more.
 */
import { isAmountMinor } from '../../domain/money.ts';
import type { OperationKind } from '../../domain/operation.ts';
import type { MoneyEvent, TransactionEvent } from './transaction-event.ts';

/** Whether the other event is the success that corrects this failed one. */
export function makesGood(other: MoneyEvent, { kind, event }: MoneyEvent): boolean {
  if (other.event === event || other.kind !== kind || other.isInitiated) return false;
  return other.event.success === true && correctionNames(event, other.event);
}

/** Whether the correction of an event names the other event. */
export function correctionNames({ correction }: TransactionEvent, { id }: TransactionEvent): boolean {
  return id !== undefined && correction?.event_ids?.includes(id) === true;
}

/** The statuses that show that an operation of a kind was done. */
const REACHED: Readonly<Record<OperationKind, readonly string[]>> = {
  capture: ['CAPTURED', 'PARTIALLY_CAPTURED', 'PARTIALLY_CAPTURED_REFUNDED'],
  refund: ['REFUNDED', 'PARTIALLY_REFUNDED', 'PARTIALLY_CAPTURED_REFUNDED'],
  void: ['AUTHORIZATION_VOIDED'],
};

/**
 * Whether a correction says that a failed operation was done. If its status can be reached twice, only the
 * remaining amount proves it.
 */
export function wasDone(
  kind: OperationKind,
  { correction, transaction_status: before }: TransactionEvent,
  amountMinor: number,
  left: number,
): boolean {
  if (!correction || !REACHED[kind].includes(correction.status ?? '')) return false;
  const rest = kind === 'refund' ? correction.remaining_refund_amount : correction.remaining_capture_amount;
  if (isAmountMinor(rest) && amountMinor <= left) return rest <= left - amountMinor;
  return correction.status !== before;
}

/**
 * Whether a correction says that an operation that was done no longer counts: by its status, or because more
 * is left than if it counted.
 */
export function wasUndone(
  kind: OperationKind,
  { correction }: TransactionEvent,
  authorizedMinor: number,
  money: readonly MoneyEvent[],
): boolean {
  if (!correction) return false;
  if (!REACHED[kind].includes(correction.status ?? '')) return true;
  const rest = kind === 'refund' ? correction.remaining_refund_amount : correction.remaining_capture_amount;
  return isAmountMinor(rest) && rest > restIfAllStood(kind, authorizedMinor, money);
}

function restIfAllStood(kind: OperationKind, authorizedMinor: number, money: readonly MoneyEvent[]): number {
  const sum = (wanted: OperationKind): number =>
    money
      .filter((one) => one.kind === wanted && !one.isInitiated && one.event.success === true)
      .reduce((total, { event }) => total + (isAmountMinor(event.amount) ? event.amount : 0), 0);
  return kind === 'refund' ? sum('capture') - sum('refund') : authorizedMinor - sum('capture') - sum('void');
}

/**
 * The amount left to capture according to Dintero's last correction; null if there is none, or if something
 * was captured or voided since.
 */
export function correctedRest(events: readonly TransactionEvent[]): number | null {
  const at = events.findLastIndex(({ correction }) => isAmountMinor(correction?.remaining_capture_amount));
  const correction = events[at]?.correction;
  const rest = correction?.remaining_capture_amount;
  if (!isAmountMinor(rest)) return null;
  const isNews = ({ id, event, success }: TransactionEvent): boolean =>
    success === true &&
    (event === 'CAPTURE' || event === 'VOID') &&
    !(id !== undefined && correction?.event_ids?.includes(id));
  return events.slice(at + 1).some(isNews) ? null : rest;
}
