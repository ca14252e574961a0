/** Money that is moved after a payment: captures, refunds and voids. What may be done, and what became of it. Pure. */
import type { Transaction } from './transaction.ts';

export type OperationKind = 'capture' | 'refund' | 'void';

/** Why it is carried out: the merchant or an operator asked, `"capture": "auto"`, or money that came too late. */
export type OperationCause = 'merchant' | 'operator' | 'auto_capture' | 'late_money';

/** Whether it gives back money that may not be kept. */
export function isGiveBack({ cause }: { readonly cause: OperationCause }): boolean {
  return cause === 'late_money' || cause === 'operator';
}

/** Whether it may still change by itself: it is under way, or nothing is known of it yet. */
export function isUnfinished({ state }: { readonly state: OperationState }): boolean {
  return state === 'pending' || state === 'unknown';
}

/**
 * `pending`: not finished, or accepted by the gateway and not finished there. `unknown`: sent, and its answer was lost; it is read for,
 * never sent again. `done` and `failed` are final, but for a gateway that changes its mind.
 */
export type OperationState = 'pending' | 'unknown' | 'done' | 'failed';

/** What a gateway shows of one operation on a transaction, ours or not. */
export interface ShownOperation {
  readonly kind: OperationKind;
  /** What was given as its reference; null where there was none, as with a void that takes none. */
  readonly reference: string | null;
  readonly amountMinor: number;
  readonly state: 'done' | 'pending' | 'failed';
  /** Why it failed, in the gateway's words. */
  readonly reason?: string;
  /** The gateway had called it failed, and took that back. */
  readonly isCorrected?: true;
  /** It was done, and that was taken back: its state is `failed`. */
  readonly isReversed?: true;
  /** The gateway's own id of the event that this is; what was only accepted has another one once it is done. Absent where it gives none. */
  readonly eventId?: string;
}

/** What a payment product can do, as far as that differs. */
export interface ProductRules {
  /** Products without an authorization have nothing to void: their money is refunded. */
  readonly voids: 'whole' | 'rest_too' | 'never';
  /** A capture may give the rest of the authorization back. */
  readonly finalCapture: boolean;
  /** Whether captures and refunds must name the lines of the order that they are about. */
  readonly lines: 'required' | 'optional';
  /** How long an authorization lasts, in days; null where it is not known to lapse. */
  readonly authorizationDays: number | null;
}

/** What is asked for; without an amount it is all that is left. */
export interface WantedOperation {
  readonly kind: OperationKind;
  readonly amountMinor: number | null;
  readonly finalCapture: boolean;
}

/** `not_needed`: what it was wanted for is so already, or is not wanted any more. */
export type RefusalCode = 'operation_not_possible' | 'amount_too_large' | 'items_required' | 'not_needed';

export type Feasibility =
  | { readonly ok: true; readonly amountMinor: number }
  | { readonly ok: false; readonly code: RefusalCode; readonly detail: string };

/**
 * Whether an operation can be carried out on a transaction as the gateway shows it. `reservedMinor` is what other operations of the
 * same kind have been promised that the transaction does not show yet.
 */
export function feasible(
  wanted: WantedOperation,
  transaction: Transaction,
  rules: ProductRules,
  reservedMinor: number,
): Feasibility {
  if (wanted.kind === 'void') return feasibleVoid(transaction, rules, reservedMinor);
  if (wanted.finalCapture && !rules.finalCapture)
    return refused('operation_not_possible', 'finalCapture is not offered by this payment method');
  const left = leftFor(wanted.kind, transaction) - reservedMinor;
  if (left <= 0)
    return refused('operation_not_possible', nothingLeft(wanted.kind, transaction, reservedMinor));
  const amountMinor = wanted.amountMinor ?? left;
  if (amountMinor > left)
    return refused('amount_too_large', `${amountMinor} was asked for, ${left} can be ${PAST[wanted.kind]}`);
  return { ok: true, amountMinor };
}

const PAST = { capture: 'captured', refund: 'refunded', void: 'voided' } as const;

/** What the gateway would still let be captured or refunded. */
export function leftFor(kind: 'capture' | 'refund', transaction: Transaction): number {
  return kind === 'capture'
    ? transaction.capturableMinor
    : transaction.capturedMinor - transaction.refundedMinor;
}

function nothingLeft(
  kind: 'capture' | 'refund',
  { gatewayStatus }: Transaction,
  reservedMinor: number,
): string {
  const because =
    reservedMinor > 0 ? ` and ${reservedMinor} are promised to operations that are under way` : '';
  return `nothing is left to be ${PAST[kind]}: the transaction is ${gatewayStatus}${because}`;
}

function feasibleVoid(transaction: Transaction, rules: ProductRules, reservedMinor: number): Feasibility {
  const { capturableMinor, capturedMinor, gatewayStatus } = transaction;
  if (reservedMinor > 0)
    return refused('operation_not_possible', `a capture of ${reservedMinor} is under way`);
  if (capturableMinor <= 0)
    return refused(
      'operation_not_possible',
      `nothing is left to be voided: the transaction is ${gatewayStatus}; what was captured is refunded instead`,
    );
  if (rules.voids === 'never')
    return refused('operation_not_possible', 'this payment method has no void: refund it instead');
  if (capturedMinor > 0 && rules.voids === 'whole')
    return refused(
      'operation_not_possible',
      'this payment method does not void the rest of what was partly captured: the rest lapses by itself, or goes back at once where the last capture says finalCapture',
    );
  return { ok: true, amountMinor: capturableMinor };
}

function refused(code: RefusalCode, detail: string): Feasibility {
  return { ok: false, code, detail };
}

export type Trace =
  | { readonly state: 'done' | 'pending'; readonly amountMinor: number }
  | {
      readonly state: 'failed';
      readonly amountMinor: number;
      readonly reason: string;
      /** It was done before. */
      readonly isReversed: boolean;
    }
  | { readonly state: 'absent' };

/** As much of one of our operations as is needed to find it in a transaction. */
export interface TracedOperation {
  readonly kind: OperationKind;
  readonly reference: string;
  readonly isSent?: boolean;
  /** How many voids had failed before this one was sent: none of them says anything about it. */
  readonly failedVoids?: number;
  /** The gateway has declined it: of the voids that are done, only one that it had called failed can be this. */
  readonly isDeclined?: boolean;
}

/** What a transaction shows of one of our operations: by kind and reference; a void has none, so once ours is sent any void is ours. */
export function traceOf(operation: TracedOperation, transaction: Transaction): Trace {
  if (operation.kind === 'void' && operation.isSent === false) return { state: 'absent' };
  const best = shownOf(operation, transaction);
  if (best === undefined) return { state: 'absent' };
  const { state, amountMinor, reason, isReversed = false } = best;
  if (state !== 'failed') return { state, amountMinor };
  return { state, amountMinor, reason: reason ?? 'the gateway gives no reason', isReversed };
}

function shownOf(
  { kind, reference, failedVoids = 0, isDeclined = false }: TracedOperation,
  transaction: Transaction,
): ShownOperation | undefined {
  const isMeant = (one: ShownOperation): boolean =>
    kind === 'void' ? !isDeclined || one.isCorrected === true : one.reference === reference;
  const shown = transaction.operations.filter((one) => one.kind === kind && isMeant(one));
  const best = shown.find(({ state }) => state === 'done') ?? shown.findLast(({ state }) => state !== 'done');
  const isOlder = kind === 'void' && best?.state === 'failed' && failedVoidsOf(transaction) <= failedVoids;
  return isOlder ? undefined : best;
}

/** How many voids a transaction shows as failed, ours or not. */
export function failedVoidsOf({ operations }: Transaction): number {
  return operations.filter(({ kind, state }) => kind === 'void' && state === 'failed').length;
}

export interface PromisedOperation extends TracedOperation {
  readonly isSent: boolean;
  /** Reserved for it; null before it was ever sent. */
  readonly amountMinor: number | null;
}

/** What is promised to others and that the transaction does not show yet: a capture and a void draw on the same rest. */
export function reservedFor(
  kind: OperationKind,
  others: readonly PromisedOperation[],
  transaction: Transaction,
): number {
  return others
    .filter((other) => (other.kind === 'refund') === (kind === 'refund'))
    .filter((other) => !['done', 'failed'].includes(traceOf(other, transaction).state))
    .reduce((sum, { amountMinor }) => sum + (amountMinor ?? 0), 0);
}
