/** One event of a transaction, as Dintero shows it: what it is called, and whether it is about money. */
import { z } from 'zod';
import type { OperationKind } from '../../domain/operation.ts';
import { optionalIdField } from '../shared/gateway-fields.ts';

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

/** An event that is about money after the authorization. */
export interface MoneyEvent {
  readonly kind: OperationKind;
  readonly isInitiated: boolean;
  readonly event: TransactionEvent;
}

/** Null where the event is about something else. */
export function toMoneyEvent(event: TransactionEvent): MoneyEvent | null {
  const word = event.event ?? '';
  const isInitiated = word.startsWith(INITIATE);
  const kind = KINDS.get(isInitiated ? word.slice(INITIATE.length) : word);
  return kind === undefined ? null : { kind, isInitiated, event };
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
