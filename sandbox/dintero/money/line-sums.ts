/** The amounts left of order lines, computed from a transaction's events. */
import type { MoneyKind } from './money-request.ts';
import { pendingEvents } from '../transactions/sums.ts';
import type { Item } from '../sessions/session.ts';
import type { Part, Transaction, TransactionEvent } from '../transactions/transaction.ts';

/** The errors of a part that exceeds what is left of its line after earlier captures or refunds. */
export function beyondLine(transaction: Transaction, kind: MoneyKind, part: Part): string[] {
  const line = transaction.items.find((item) => item.line_id === part.line_id);
  if (line === undefined) return [];
  const most = kind === 'refund' ? refundableOf(transaction, line) : line.amount;
  const left = most - amountOf(partsOf(transaction, kind, line));
  // If a line is negative, such as a gift card, its parts are negative too.
  const isWithin =
    line.amount < 0 ? part.amount <= 0 && part.amount >= left : part.amount >= 0 && part.amount <= left;
  const wrong = isWithin
    ? []
    : [`items.amount: line ${line.line_id} has ${left} left to ${kind}, not ${part.amount}`];
  return [...wrong, ...beyondQuantity(transaction, kind, line, part)];
}

function beyondQuantity(transaction: Transaction, kind: MoneyKind, line: Item, part: Part): string[] {
  if (line.quantity === undefined || part.quantity === undefined) return [];
  const taken = partsOf(transaction, kind, line).reduce((sum, { quantity = 0 }) => sum + quantity, 0);
  const left = line.quantity - taken;
  if (part.quantity <= left + 1e-6) return [];
  return [`items.quantity: line ${line.line_id} has ${left} left to ${kind}, not ${part.quantity}`];
}

/** The captured amount of a line; all of the line if a capture did not name its lines. */
function refundableOf(transaction: Transaction, line: Item): number {
  const captures = eventsOf(transaction, 'capture');
  if (captures.some(({ items }) => items === undefined)) return line.amount;
  return amountOf(partsOf(transaction, 'capture', line));
}

function partsOf(transaction: Transaction, kind: MoneyKind, { line_id: id }: Item): Part[] {
  return eventsOf(transaction, kind).flatMap(({ items = [] }) => items.filter((item) => item.line_id === id));
}

/** The events that are done, or accepted and not finished yet. */
function eventsOf(transaction: Transaction, kind: MoneyKind): TransactionEvent[] {
  const name = kind.toUpperCase();
  const done = transaction.events.filter(({ event, success }) => success && event === name);
  return [...done, ...pendingEvents(transaction).filter(({ event }) => event === `INITIATE_${name}`)];
}

function amountOf(parts: readonly Part[]): number {
  return parts.reduce((sum, { amount }) => sum + amount, 0);
}
