/** The named faults of a later capture, refund or void. */
import type { Fault } from './fault-schema.ts';

export interface Trouble {
  readonly label: string;
  readonly fault: Fault;
}

export const TROUBLES = {
  lost_after: { label: 'works, the answer is lost', fault: { drop: 'after', times: 1 } },
  lost_before: { label: 'does nothing, no answer', fault: { drop: 'before', times: 1 } },
  hangs_after: { label: 'works, then hangs 30 s', fault: { drop: 'after', delayMs: 30_000, times: 1 } },
  pending: { label: 'is accepted, done 3 s later', fault: { pending: true, afterMs: 3_000, times: 1 } },
  pending_failure: {
    label: 'is accepted, fails 3 s later',
    fault: { pending: true, afterMs: 3_000, result: 'failure', times: 1 },
  },
  failure: { label: 'fails with a 200', fault: { result: 'failure', times: 1 } },
  corrected: {
    label: 'fails with a 200, corrected 3 s later',
    fault: { result: 'corrected', correctAfterMs: 3_000, times: 1 },
  },
  conflict: { label: 'answers 409 once', fault: { status: 409, times: 1 } },
  unavailable: { label: 'answers 503 twice', fault: { status: 503, times: 2 } },
} as const satisfies Record<string, Trouble>;
