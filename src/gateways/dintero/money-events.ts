/** Converts a transaction's events to operations: which are done, under way or failed, and their sums. */
import type { OperationKind, ShownOperation } from '../../domain/operation.ts';
import { isAmountMinor } from '../../domain/money.ts';
import { correctionNames, makesGood, wasDone, wasUndone } from './corrections.ts';
import { errorReason } from './parse-answer.ts';
import { toMoneyEvent, type MoneyEvent, type TransactionEvent } from './transaction-event.ts';

export interface Sums {
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly voidedMinor: number;
}

/**
 * Every operation that the events show, in their order. An accepted event is replaced by the event of its
 * result.
 */
export function operationsOf(
  authorizedMinor: number,
  events: readonly TransactionEvent[],
): readonly ShownOperation[] {
  const money = events.map(toMoneyEvent).filter((event) => event !== null);
  const completed = completedBy(money);
  const operations: ShownOperation[] = [];
  for (const one of money) {
    if (completed.has(one) || isSuperseded(one, money)) continue;
    operations.push(toOperation(one, { authorizedMinor, money, before: operations }));
  }
  return operations;
}

/** The sums of the operations that are done. */
export function sumsOf(operations: readonly ShownOperation[]): Sums {
  const sum = (wanted: OperationKind): number =>
    operations
      .filter(({ kind, state }) => kind === wanted && state === 'done')
      .reduce((total, { amountMinor }) => total + amountMinor, 0);
  return { capturedMinor: sum('capture'), refundedMinor: sum('refund'), voidedMinor: sum('void') };
}

/** The accepted events whose end is a separate event. */
function completedBy(money: readonly MoneyEvent[]): ReadonlySet<MoneyEvent> {
  const completed = new Set<MoneyEvent>();
  const ends = new Set<MoneyEvent>();
  for (const fits of [correlates, resembles]) {
    for (const [at, accepted] of money.entries()) {
      if (!accepted.isInitiated || completed.has(accepted)) continue;
      const isEnd = (one: MoneyEvent, index: number): boolean =>
        !ends.has(one) && fits(accepted, one, index > at);
      const end = money.find(
        (one, index) => one.kind === accepted.kind && !one.isInitiated && isEnd(one, index),
      );
      if (end === undefined) continue;
      completed.add(accepted);
      ends.add(end);
    }
  }
  return completed;
}

function correlates({ event: accepted }: MoneyEvent, { event: end }: MoneyEvent): boolean {
  return accepted.request_id !== undefined && end.correlation_request_id === accepted.request_id;
}

/**
 * The match without a common id: the next event with the same reference, or with the same amount if neither
 * has a reference.
 */
function resembles(
  { kind, event: accepted }: MoneyEvent,
  { event: end }: MoneyEvent,
  isLater: boolean,
): boolean {
  if (!isLater || end.correlation_request_id !== undefined) return false;
  if (accepted.event_reference !== end.event_reference) return false;
  return accepted.event_reference !== undefined || kind === 'void' || accepted.amount === end.amount;
}

/** Whether a failed event was later replaced by a successful one. */
function isSuperseded(one: MoneyEvent, money: readonly MoneyEvent[]): boolean {
  if (one.event.success !== false) return false;
  return money.some((other) => makesGood(other, one));
}

interface Surroundings {
  readonly authorizedMinor: number;
  readonly money: readonly MoneyEvent[];
  readonly before: readonly ShownOperation[];
}

function toOperation(one: MoneyEvent, around: Surroundings): ShownOperation {
  const { kind, event } = one;
  const left = leftBefore(kind, around);
  const amountMinor = isAmountMinor(event.amount) ? event.amount : kind === 'void' ? left : 0;
  const state = stateOf(one, amountMinor, left, around);
  const reason = state === 'failed' ? errorReason(event.error) : undefined;
  const reference = event.event_reference ?? inherited(one, around.money) ?? null;
  const isCorrected = state === 'done' && (event.success === false || isCorrection(one, around.money));
  const isReversed = state === 'failed' && event.success === true;
  return {
    kind,
    reference,
    amountMinor,
    state,
    ...(reason !== undefined && { reason }),
    ...(isCorrected && { isCorrected }),
    ...(isReversed && { isReversed }),
    ...(event.id !== undefined && { eventId: event.id }),
  };
}

function isCorrection(one: MoneyEvent, money: readonly MoneyEvent[]): boolean {
  return money.some((other) => other.event.success === false && makesGood(one, other));
}

/** The reference of the request that the event completes, or of the failure that it corrects. */
function inherited(one: MoneyEvent, money: readonly MoneyEvent[]): string | undefined {
  const origin = money.find((other) => correlates(other, one) || makesGood(one, other));
  return origin?.event.event_reference;
}

function leftBefore(kind: OperationKind, { authorizedMinor, before }: Surroundings): number {
  const { capturedMinor, refundedMinor, voidedMinor } = sumsOf(before);
  const left =
    kind === 'refund' ? capturedMinor - refundedMinor : authorizedMinor - capturedMinor - voidedMinor;
  return Math.max(0, left);
}

function stateOf(
  { kind, isInitiated, event }: MoneyEvent,
  amountMinor: number,
  left: number,
  { authorizedMinor, money }: Surroundings,
): ShownOperation['state'] {
  if (event.success === true && !isInitiated)
    return wasUndone(kind, event, authorizedMinor, money) ? 'failed' : 'done';
  if (event.success !== false) return 'pending';
  // It was corrected by another kind of event, such as the void of a lapsed authorization.
  if (money.some(({ event: other }) => correctionNames(event, other))) return 'failed';
  return wasDone(kind, event, amountMinor, left) ? 'done' : 'failed';
}
