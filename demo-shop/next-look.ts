import type { Payment } from './paidonce-api.ts';

/** How often paidonce looks without a trigger, in milliseconds; undefined if the shop does not know. */
export interface LookIntervals {
  readonly sweepMs: number | undefined;
  readonly onHoldPollMs: number | undefined;
}

/** The next look that a pending order waits for. */
export interface NextLook {
  readonly sentence: string;
  /** When paidonce looks next without a trigger, in epoch milliseconds; undefined if that can't be known. */
  readonly at: number | undefined;
}

const AT_ONCE = 'paidonce reads the payment at once when the payer comes back or a callback arrives.';

/**
 * Null if the payment is not pending. The API does not say when the next look is, so the shop calculates it.
 */
export function nextLookOf(payment: Payment, every: LookIntervals, now: number): NextLook | null {
  switch (payment.status) {
    case 'PENDING':
      return { sentence: `${AT_ONCE} Otherwise the next sweep starts`, at: sweepAfter(now, every.sweepMs) };
    case 'ON_HOLD':
      return {
        sentence: `${AT_ONCE} Otherwise it reads the payment again`,
        at: pollAfter(payment, every.onHoldPollMs),
      };
    default:
      return null;
  }
}

/** A Temporal schedule fires at whole multiples of its interval since 1970. */
function sweepAfter(now: number, everyMs: number | undefined): number | undefined {
  return everyMs && (Math.floor(now / everyMs) + 1) * everyMs;
}

const LOOKS: ReadonlySet<string> = new Set(['read', 'return']);

/**
 * Each look at a hold restarts the wait. A payer's later returns are not in the timeline, so the next look
 * may be later than this.
 */
function pollAfter({ timeline }: Payment, everyMs: number | undefined): number | undefined {
  const looks = (timeline ?? []).filter(({ kind }) => LOOKS.has(kind)).map(({ at }) => Date.parse(at));
  const next = Math.max(...looks) + (everyMs ?? Number.NaN);
  return Number.isFinite(next) ? next : undefined;
}
