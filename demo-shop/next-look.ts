import type { Payment } from './paidonce-api.ts';

/** How often paidonce looks by itself, in milliseconds; undefined where the shop is not told. */
export interface LookIntervals {
  readonly sweepMs: number | undefined;
  readonly onHoldPollMs: number | undefined;
}

/** What a pending order waits for. */
export interface NextLook {
  readonly sentence: string;
  /** When paidonce looks without being asked, in milliseconds of the epoch; undefined where that can't be known. */
  readonly at: number | undefined;
}

const AT_ONCE = 'paidonce looks at once when the payer comes back or a callback arrives.';

/** Null where the payment is not pending. The API does not say when it looks next, so this is worked out. */
export function nextLookOf(payment: Payment, every: LookIntervals, now: number): NextLook | null {
  switch (payment.status) {
    case 'PENDING':
      return { sentence: `${AT_ONCE} Otherwise its next sweep begins`, at: sweepAfter(now, every.sweepMs) };
    case 'ON_HOLD':
      return { sentence: `${AT_ONCE} Otherwise it asks again`, at: pollAfter(payment, every.onHoldPollMs) };
    default:
      return null;
  }
}

/** A schedule of Temporal's fires at whole multiples of its interval since 1970. */
function sweepAfter(now: number, everyMs: number | undefined): number | undefined {
  return everyMs && (Math.floor(now / everyMs) + 1) * everyMs;
}

const LOOKS: ReadonlySet<string> = new Set(['read', 'return']);

/** Each look at a hold begins the wait again. A payer's later returns are not in the timeline, so it may be later than this. */
function pollAfter({ timeline }: Payment, everyMs: number | undefined): number | undefined {
  const looks = (timeline ?? []).filter(({ kind }) => LOOKS.has(kind)).map(({ at }) => Date.parse(at));
  const next = Math.max(...looks) + (everyMs ?? Number.NaN);
  return Number.isFinite(next) ? next : undefined;
}
