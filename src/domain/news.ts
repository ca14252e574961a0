/**
 * What happened to a payment's money, operation by operation, and which part of it the merchant does not know
 * yet. Pure.
 */
import type { OperationKind, ShownOperation } from './operation.ts';
import type { UpdateType } from './order.ts';

/** `reversed`: the operation was done, and the gateway itself says that it took it back. */
export type ShownState = ShownOperation['state'] | 'reversed';

/** How the last reading showed each operation, by kind and name: `capture/e-17`. */
export type ShownStates = Readonly<Record<string, ShownState>>;

/** Something that happened to one operation. */
export interface MoneyNews {
  readonly kind: OperationKind;
  readonly name: string;
}

/** Whether a text from the gateway can be a part of an id of ours. */
export function isPlain(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,100}$/.test(text);
}

/**
 * An operation's name: the gateway's id of its event, else its reference, else its position among the
 * operations.
 */
export function nameOf({ eventId = '', reference }: ShownOperation, place: number): string {
  if (isPlain(eventId)) return eventId;
  return reference !== null && isPlain(reference) ? reference : `at-${place + 1}`;
}

/**
 * The state of each operation after a reading. An operation that the reading does not show keeps its state,
 * since a reading may lag.
 */
export function shownAfter(before: ShownStates, operations: readonly ShownOperation[]): ShownStates {
  const now = operations.map((one, place) => [keyOf(one, place), stateOf(one)] as const);
  const isNews = now.some(([key, state]) => before[key] !== state);
  return isNews ? { ...before, ...Object.fromEntries(now) } : before;
}

/** How many operations the gateway says it took back. Of two readings, the one with fewer is the older. */
export function reversalsIn(shown: ShownStates): number {
  return Object.values(shown).filter((state) => state === 'reversed').length;
}

export function reversalsOf({ operations }: { readonly operations: readonly ShownOperation[] }): number {
  return operations.filter(({ isReversed }) => isReversed === true).length;
}

/** The operations that are done and were not done before. */
export function doneSince(before: ShownStates, operations: readonly ShownOperation[]): MoneyNews[] {
  return turned(before, operations, (was, is) => was !== 'done' && is === 'done');
}

/** The operations that were done and are not done any more. */
export function undoneSince(before: ShownStates, operations: readonly ShownOperation[]): MoneyNews[] {
  return turned(before, operations, (was, is) => was === 'done' && (is === 'failed' || is === 'reversed'));
}

/** The update's type for an operation that was done and is not done any more. */
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
