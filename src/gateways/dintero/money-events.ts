/** Converts a transaction's events to operations: which are done, under way or failed, and their sums. */
import { z } from 'zod';
import type { OperationKind, ShownOperation } from '../../domain/operation.ts';
import { isAmountMinor } from '../../domain/money.ts';
import { optionalIdField } from '../shared/gateway-fields.ts';
import { errorReason } from './parse-answer.ts';

const KINDS: ReadonlyMap<string, OperationKind> = new Map([
  ['CAPTURE', 'capture'],
  ['REFUND', 'refund'],
  ['VOID', 'void'],
]);

const INITIATE = 'INITIATE_';

/** A text that is only compared. */
const textField = z.string().max(500).optional().catch(undefined);

/** A later correction of an operation that was reported as failed. It is part of the failed event. */
const correctionSchema = z.object({
  /** The events that were added as a correction. */
  event_ids: z.array(z.string()).optional().catch(undefined),
  status: textField,
  remaining_capture_amount: z.unknown().optional(),
  remaining_refund_amount: z.unknown().optional(),
});

export const eventSchema = z.object({
  id: optionalIdField,
  event: optionalIdField,
  transaction_status: optionalIdField,
  success: z.boolean().optional().catch(undefined),
  amount: z.unknown().optional(),
  error: z.unknown().optional(),
  created_at: textField,
  event_reference: optionalIdField,
  request_id: optionalIdField,
  correlation_request_id: optionalIdField,
  correction: correctionSchema.nullish().catch(undefined),
});

export type TransactionEvent = z.infer<typeof eventSchema>;

export interface Sums {
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly voidedMinor: number;
}

/** An event that is about money after the authorization. */
interface MoneyEvent {
  readonly kind: OperationKind;
  readonly isInitiated: boolean;
  readonly event: TransactionEvent;
}

/** Whether an event moves money or announces that: then it needs a valid amount. */
export function needsAmount(event: TransactionEvent): boolean {
  const money = toMoneyEvent(event);
  if (money === null || (event.success === false && !event.correction)) return false;
  // A void is always of all that is left, so its amount may be missing.
  return money.kind !== 'void' || (event.amount !== undefined && event.amount !== null);
}

/**
 * Names an event as a callback may do: by its id or, as in the documented example `event_id=3`, by its place
 * among the events. The event's name is part of it, so that a number never refers to another kind of event.
 */
export function eventRef(id: string, event: string): string {
  return `${id}/${event}`;
}

/**
 * The names of events that have moved money finally. A failed one may be corrected later, so a callback about
 * it always needs a look.
 */
export function knownEventsOf(events: readonly TransactionEvent[]): readonly string[] {
  return events.flatMap(({ id, event = '', success }, place) => {
    if (success !== true || !KINDS.has(event)) return [];
    return [...(id === undefined ? [] : [eventRef(id, event)]), eventRef(String(place), event)];
  });
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

function toMoneyEvent(event: TransactionEvent): MoneyEvent | null {
  const word = event.event ?? '';
  const isInitiated = word.startsWith(INITIATE);
  const kind = KINDS.get(isInitiated ? word.slice(INITIATE.length) : word);
  return kind === undefined ? null : { kind, isInitiated, event };
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

function makesGood(other: MoneyEvent, { kind, event }: MoneyEvent): boolean {
  if (other.event === event || other.kind !== kind || other.isInitiated) return false;
  return other.event.success === true && names(event, other.event);
}

function names({ correction }: TransactionEvent, { id }: TransactionEvent): boolean {
  return id !== undefined && correction?.event_ids?.includes(id) === true;
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
  if (money.some(({ event: other }) => names(event, other))) return 'failed';
  return wasDone(kind, event, amountMinor, left) ? 'done' : 'failed';
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
function wasDone(
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
function wasUndone(
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
