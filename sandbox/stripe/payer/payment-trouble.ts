/** The named faults of a later capture, refund or cancellation. */
import type { Fault } from '../stripe-faults.ts';

interface Trouble {
  readonly label: string;
  readonly fault: Fault;
}

export const TROUBLES = {
  lost_after: { label: 'works, the answer is lost', fault: { drop: 'after', times: 1 } },
  lost_before: { label: 'does nothing, no answer', fault: { drop: 'before', times: 1 } },
  hangs_after: { label: 'works, then hangs 30 s', fault: { drop: 'after', delayMs: 30_000, times: 1 } },
  pending: { label: 'is pending, done 3 s later', fault: { pending: true, afterMs: 3_000, times: 1 } },
  failure: { label: 'works, fails 3 s later', fault: { result: 'failure', afterMs: 3_000, times: 1 } },
  conflict: { label: 'answers 409 once', fault: { status: 409, times: 1 } },
  unavailable: { label: 'answers 503 twice', fault: { status: 503, times: 2 } },
  stored: { label: 'answers 500, also to the same key', fault: { status: 500, stored: true, times: 1 } },
  stored_effect: {
    label: 'works, answers 500 also to the same key',
    fault: { status: 500, stored: true, effect: true, times: 1 },
  },
} as const satisfies Record<string, Trouble>;
