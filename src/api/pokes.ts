/** Hits that prove nothing may ask for a look, but not for many: three times, then once per 30 seconds and payment. */
import type { PaymentKey } from '../domain/payment.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { paymentWorkflowId, type ReturnSignal } from '../workflows/messages.ts';
import { TokenBuckets } from './token-bucket.ts';

export interface Pokes {
  /** Wakes a run that is there; creates none. Never throws: a poke is not worth an error. */
  poke(key: PaymentKey, why: ReturnSignal['why']): Promise<void>;
}

const BURST = 3;
const PER_SECOND_AFTERWARDS = 1 / 30;

/** One limit for returns and unproved callbacks alike. */
export function createPokes(runs: Pick<PaymentRuns, 'poke'>): Pokes {
  const buckets = new TokenBuckets(PER_SECOND_AFTERWARDS, BURST);
  return {
    async poke(key, why) {
      // By the run's own id: a forger may make up any payment id beside it.
      if (!buckets.take(paymentWorkflowId(key))) return;
      await runs.poke(key, { why, at: new Date().toISOString() }).catch(() => false);
    },
  };
}
