/** What became of a payment's money, operation by operation, and what of it the merchant has yet to hear. Pure. */
import type { OperationKind, ShownOperation } from './operation.ts';
import type { UpdateType } from './order.ts';

/** `reversed`: it was done, and the gateway says itself that it took that back. */
export type ShownState = ShownOperation['state'] | 'reversed';

/** How each operation was shown last, by kind and name: `capture/e-17`. */
export type ShownStates = Readonly<Record<string, ShownState>>;

/** Something that happened to one operation. */
export interface MoneyNews {
  readonly kind: OperationKind;
  readonly name: string;
}

/** Whether an id of ours may hold it, whatever a gateway calls its events. */
export function isPlain(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(text);
}

/** An operation's name: the gateway's id of its event, else its reference, else its place among all of them. */
export function nameOf({ eventId = '', reference }: ShownOperation, place: number): string {
  if (isPlain(eventId)) return eventId;
  return reference !== null && isPlain(reference) ? reference : `at-${place + 1}`;
}

/** How each stands after a reading. What that does not show stays as it was: a reading may lag. */
export function shownAfter(before: ShownStates, operations: readonly ShownOperation[]): ShownStates {
  const now = operations.map((one, place) => [keyOf(one, place), stateOf(one)] as const);
  const isNews = now.some(([key, state]) => before[key] !== state);
  return isNews ? { ...before, ...Object.fromEntries(now) } : before;
}

/** How many operations the gateway itself says it has taken back: of two readings, one with fewer is the older. */
export function reversalsIn(shown: ShownStates): number {
  return Object.values(shown).filter((state) => state === 'reversed').length;
}

export function reversalsOf({ operations }: { readonly operations: readonly ShownOperation[] }): number {
  return operations.filter(({ isReversed }) => isReversed === true).length;
}

/** Those that are done, and were not before. */
export function doneSince(before: ShownStates, operations: readonly ShownOperation[]): MoneyNews[] {
  return turned(before, operations, (was, is) => was !== 'done' && is === 'done');
}

/** Those that were done, and are not any more. */
export function undoneSince(before: ShownStates, operations: readonly ShownOperation[]): MoneyNews[] {
  return turned(before, operations, (was, is) => was === 'done' && (is === 'failed' || is === 'reversed'));
}

/** What the merchant hears of one that was done and is not any more. */
export const UNDONE = {
  capture: 'order.capture_reversed',
  refund: 'order.refund_failed',
  void: 'order.void_failed',
} as const satisfies Record<OperationKind, UpdateType>;

function turned(
  before: ShownStates,
  operations: readonly ShownOperation[],
  isMeant: (was: ShownState | undefined, is: ShownState) => boolean,
): MoneyNews[] {
  return operations.flatMap((one, place) => {
    const { kind } = one;
    return isMeant(before[keyOf(one, place)], stateOf(one)) ? [{ kind, name: nameOf(one, place) }] : [];
  });
}

function stateOf({ state, isReversed }: ShownOperation): ShownState {
  return isReversed === true ? 'reversed' : state;
}

function keyOf(one: ShownOperation, place: number): string {
  return `${one.kind}/${nameOf(one, place)}`;
}
