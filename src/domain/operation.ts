/** Captures, refunds and voids: what may be done, and what a transaction shows of it. Pure. */
import type { Transaction } from './transaction.ts';

export type OperationKind = 'capture' | 'refund' | 'void';

/**
 * Why it is carried out: a merchant or an operator asked for it, `"capture": "auto"`, or money that came too
 * late.
 */
export type OperationCause = 'merchant' | 'operator' | 'auto_capture' | 'late_money';

/** Whether the operation gives back money that may not be kept. */
export function isGiveBack({ cause }: { readonly cause: OperationCause }): boolean {
  return cause === 'late_money' || cause === 'operator';
}

/** Whether the operation may still change without a new cause: it is under way, or its state is not known. */
export function isUnfinished({ state }: { readonly state: OperationState }): boolean {
  return state === 'pending' || state === 'unknown';
}

/**
 * `pending`: not finished, or accepted by the gateway and not finished there. `unknown`: sent, and its answer
 * was lost; it is looked for in readings, and never sent again. `done` and `failed` are final, unless the
 * gateway changes its answer.
 */
export type OperationState = 'pending' | 'unknown' | 'done' | 'failed';

/**
 * How long an operation that was sent may stay without a trace, in milliseconds. `keyMs`: how long the gateway
 * knows its idempotency key, 0 where it takes none. With a key the operation is sent again meanwhile.
 */
export function lookedForMs(keyMs: number): number {
  return (keyMs === 0 ? 1 : 72) * 60 * 60_000;
}

/** What a gateway shows of one operation on a transaction, ours or not. */
export interface ShownOperation {
  readonly kind: OperationKind;
  /** The reference that was sent with it. Null where it has none, as a void that takes no reference. */
  readonly reference: string | null;
  readonly amountMinor: number;
  readonly state: 'done' | 'pending' | 'failed';
  /** Why it failed, in the gateway's words. */
  readonly reason?: string;
  /** The gateway had shown it as failed, and corrected that. */
  readonly isCorrected?: true;
  /** It was done, and the gateway took it back: its state is `failed`. */
  readonly isReversed?: true;
  /**
   * The gateway's id of this event. An operation that was only accepted gets another event, with another id,
   * once it is done. Absent where the gateway gives none.
   */
  readonly eventId?: string;
}

/**
 * How often an authorization can be captured. `whole`: once, and only all of it. `once`: once, and the rest is
 * released. `many`: in parts.
 */
export type Captures = 'whole' | 'once' | 'many';

/** What a payment method can do, where methods differ. */
export interface ProductRules {
  /**
   * `never`: methods without an authorization have nothing to void, and their money is refunded. `lapses`: an
   * authorization can't be voided, and lapses by itself.
   */
  readonly voids: 'whole' | 'rest_too' | 'lapses' | 'never';
  readonly captures: Captures;
  /** Whether a capture may release the rest of the authorization. */
  readonly finalCapture: boolean;
  /** `settled_only`: until the money is settled it is voided instead, also where it is captured. */
  readonly refunds: 'any_time' | 'settled_only';
  /** Whether captures and refunds must name the order lines that they cover. */
  readonly lines: 'required' | 'optional';
  /** How long an authorization lasts, in days; null where it is not known to lapse. */
  readonly authorizationDays: number | null;
}

/** The requested operation. Without an amount it covers all that is left. */
export interface WantedOperation {
  readonly kind: OperationKind;
  readonly amountMinor: number | null;
  readonly finalCapture: boolean;
}

/** `not_needed`: what was requested is already so, or is not wanted any more. */
export type RefusalCode = 'operation_not_possible' | 'amount_too_large' | 'items_required' | 'not_needed';

/** `not_yet`: possible later without anything else happening. */
export type Feasibility =
  | { readonly ok: true; readonly amountMinor: number }
  | { readonly ok: false; readonly code: RefusalCode | 'not_yet'; readonly detail: string };

/**
 * Whether an operation can be carried out on a transaction, as the gateway shows it. `reservedMinor` is what
 * is reserved for other operations of the same kind and not yet shown in the transaction.
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
  const { kind, amountMinor: asked } = wanted;
  const isPart = asked !== null && asked < left;
  if (kind === 'capture' && isPart && rules.captures === 'whole')
    return refused(
      'operation_not_possible',
      `${asked} was asked for, ${left} can be captured: this payment method captures only all that is left`,
    );
  if (kind === 'capture' && isPart && rules.captures === 'once' && !wanted.finalCapture)
    return refused('operation_not_possible', ONLY_ONCE);
  if (kind === 'refund' && rules.refunds === 'settled_only' && isUnsettled(transaction))
    return refused('not_yet', 'the money is not settled yet, and is refunded once it is');
  if (left <= 0)
    return refused('operation_not_possible', nothingLeft(wanted.kind, transaction, reservedMinor));
  if (kind === 'capture' && reservedMinor > 0 && (wanted.finalCapture || rules.captures !== 'many'))
    return refused('not_yet', `it would release ${reservedMinor} that are promised to operations under way`);
  const amountMinor = wanted.amountMinor ?? left;
  if (amountMinor > left)
    return refused('amount_too_large', `${amountMinor} was asked for, ${left} can be ${PAST[wanted.kind]}`);
  return { ok: true, amountMinor };
}

const ONLY_ONCE =
  'this payment method captures once, and then releases the rest; to capture this part and give the rest back, set finalCapture';

const PAST = { capture: 'captured', refund: 'refunded', void: 'voided' } as const;

/** How much the gateway still lets us capture or refund. */
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

/** Captured money that can still be voided. */
function isUnsettled({ capturedMinor, voidableMinor = 0 }: Transaction): boolean {
  return capturedMinor > 0 && voidableMinor > 0;
}

function feasibleVoid(transaction: Transaction, rules: ProductRules, reservedMinor: number): Feasibility {
  const { capturableMinor, capturedMinor, gatewayStatus, voidableMinor = capturableMinor } = transaction;
  if (reservedMinor > 0)
    return refused('operation_not_possible', `a capture of ${reservedMinor} is under way`);
  if (voidableMinor <= 0)
    return refused(
      'operation_not_possible',
      `nothing is left to be voided: the transaction is ${gatewayStatus}; what was captured is refunded instead`,
    );
  if (rules.voids === 'never')
    return refused('operation_not_possible', 'this payment method has no void: refund it instead');
  if (rules.voids === 'lapses')
    return refused(
      'operation_not_possible',
      'this payment method has no void: the authorization lapses by itself if it is not captured',
    );
  if (capturedMinor > 0 && rules.voids === 'whole' && !isUnsettled(transaction))
    return refused(
      'operation_not_possible',
      'this payment method cannot void the rest of a partly captured authorization: the rest lapses by itself; finalCapture in the last capture releases it at once',
    );
  return { ok: true, amountMinor: voidableMinor };
}

function refused(code: RefusalCode | 'not_yet', detail: string): Feasibility {
  return { ok: false, code, detail };
}

/**
 * How money is given back: an authorization is voided where the payment method allows it, and captured money is
 * refunded. `lapses`: nothing can be done, and nothing has to be: the authorization lapses by itself. Null where
 * no money is left.
 */
export function giveBackBy(
  transaction: Transaction,
  { voids }: ProductRules,
): 'void' | 'refund' | 'lapses' | null {
  const { capturableMinor, capturedMinor } = transaction;
  if (isUnsettled(transaction)) return 'void';
  const canVoid = voids === 'rest_too' || (voids === 'whole' && capturedMinor === 0);
  if (capturableMinor > 0 && canVoid) return 'void';
  if (leftFor('refund', transaction) > 0) return 'refund';
  return capturableMinor > 0 && voids === 'lapses' ? 'lapses' : null;
}

export type Trace =
  | { readonly state: 'done' | 'pending'; readonly amountMinor: number }
  | {
      readonly state: 'failed';
      readonly amountMinor: number;
      readonly reason: string;
      /** The operation was done before. */
      readonly isReversed: boolean;
    }
  | { readonly state: 'absent' };

/** The fields of one of our operations that are needed to find it in a transaction. */
export interface TracedOperation {
  readonly kind: OperationKind;
  readonly reference: string;
  readonly isSent?: boolean;
  /** How many voids had failed before this one was sent. Those failures say nothing about this one. */
  readonly failedVoids?: number;
  /**
   * The gateway has declined this void. Of the voids that are done, only one that had been shown as failed
   * can be this one.
   */
  readonly isDeclined?: boolean;
}

/**
 * What a transaction shows of one of our operations, found by kind and reference. A void has no reference:
 * once ours is sent, any void is taken for ours.
 */
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

/** How many failed voids a transaction shows, ours or not. */
export function failedVoidsOf({ operations }: Transaction): number {
  return operations.filter(({ kind, state }) => kind === 'void' && state === 'failed').length;
}

export interface PromisedOperation extends TracedOperation {
  readonly isSent: boolean;
  /** The amount reserved for it. Null before it was first sent. */
  readonly amountMinor: number | null;
  readonly finalCapture?: boolean;
}

/**
 * The amount reserved for other operations that the transaction does not show yet. Captures and voids draw on
 * the same rest, and a final capture takes all of it.
 */
export function reservedFor(
  kind: OperationKind,
  others: readonly PromisedOperation[],
  transaction: Transaction,
): number {
  return others
    .filter((other) => (other.kind === 'refund') === (kind === 'refund'))
    .filter((other) => !['done', 'failed'].includes(traceOf(other, transaction).state))
    .reduce((sum, other) => sum + takenBy(other, transaction), 0);
}

function takenBy({ amountMinor, finalCapture }: PromisedOperation, { capturableMinor }: Transaction): number {
  if (amountMinor === null) return 0;
  return finalCapture === true ? Math.max(amountMinor, capturableMinor) : amountMinor;
}
