/** What a finding changes about the money of a payment, for the statistics. Pure. */
import type { PaymentStatus } from './payment.ts';
import { surplusNamed, type Surplus } from './surplus.ts';

/** In minor units. Negative where the gateway took something back. */
export interface MovedMoney {
  readonly authorized: number;
  readonly captured: number;
  /** By the payment that has paid its order, as well as `voided`. */
  readonly refunded: number;
  readonly voided: number;
  /** Refunds and voids of money that has paid no order. */
  readonly givenBack: number;
}

/** The recorded sums of one transaction. */
interface Sums {
  readonly authorized: number;
  readonly captured: number;
  readonly refunded: number;
  readonly status: PaymentStatus;
}

/** The recorded money of a payment. */
export interface RecordedMoney extends Sums {
  readonly surplus: readonly Surplus[];
}

/**
 * The difference between the recorded sums. `isPayer`: the payment has paid its order. `restVoided`: the sum
 * of the voids that the finding has finished, since a void of the rest does not make a captured payment
 * VOIDED.
 */
export function movedMoney(
  before: RecordedMoney,
  after: RecordedMoney,
  { isPayer, restVoided }: { readonly isPayer: boolean; readonly restVoided: number },
): MovedMoney {
  const own = difference(before, after);
  const voided = own.voided + (after.status === 'VOIDED' ? 0 : restVoided);
  const surplus = after.surplus.map((one) => difference(sumsOf(known(before, one)), sumsOf(one)));
  const sum = (of: (one: Difference) => number): number => surplus.reduce((all, one) => all + of(one), 0);
  return {
    authorized: own.authorized + sum(({ authorized }) => authorized),
    captured: own.captured + sum(({ captured }) => captured),
    refunded: isPayer ? own.refunded : 0,
    voided: isPayer ? voided : 0,
    givenBack: (isPayer ? 0 : own.refunded + voided) + sum(({ refunded, voided: gone }) => refunded + gone),
  };
}

/** Whether anything has moved. */
export function isMoved(moved: MovedMoney): boolean {
  return Object.values(moved).some((minor) => minor !== 0);
}

type Difference = Omit<MovedMoney, 'givenBack'>;

function difference(before: Sums, after: Sums): Difference {
  return {
    authorized: after.authorized - before.authorized,
    captured: after.captured - before.captured,
    refunded: after.refunded - before.refunded,
    voided: voidedIn(after) - voidedIn(before),
  };
}

function voidedIn({ status, authorized, captured }: Sums): number {
  return status === 'VOIDED' ? authorized - captured : 0;
}

const NOTHING: Sums = { authorized: 0, captured: 0, refunded: 0, status: 'PENDING' };

function known({ surplus }: RecordedMoney, { transactionId }: Surplus): Surplus | undefined {
  return surplusNamed(surplus, transactionId);
}

function sumsOf(surplus: Surplus | undefined): Sums {
  if (surplus === undefined) return NOTHING;
  const { authorizedMinor: authorized, capturedMinor: captured, refundedMinor: refunded, status } = surplus;
  return { authorized, captured, refunded, status };
}
