/** Limits the looks that pokes may ask for: three, then one per 30 seconds and payment. */
import type { PaymentKey } from '../../domain/payment.ts';
import type { PaymentRuns } from '../../temporal/payment-runs.ts';
import type { Poke } from '../../domain/trigger.ts';
import { paymentWorkflowId } from '../../workflows/messages.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';

export interface Pokes {
  /** Wakes an existing run and never creates one. Never throws: a poke is not worth an error. */
  poke(key: PaymentKey, why: Poke['why']): Promise<void>;
}

const BURST = 3;
const PER_SECOND_AFTERWARDS = 1 / 30;
/**
 * Further hits within this time become one hit at its end: link previews come at once, and the payer comes
 * after them.
 */
const TOGETHER_MS = 3_000;

/**
 * Returns and unproved callbacks have separate limits: forged callbacks must not use up the looks that a
 * payer may ask for.
 */
export function createPokes(runs: Pick<PaymentRuns, 'poke'>): Pokes {
  const buckets = {
    return: new TokenBuckets(PER_SECOND_AFTERWARDS, BURST),
    unproved_callback: new TokenBuckets(PER_SECOND_AFTERWARDS, BURST),
  } satisfies Record<Poke['why'], TokenBuckets>;
  /** Runs that were poked within `TOGETHER_MS`, and whether another hit has followed. */
  const recent = new Map<string, { isFollowed: boolean }>();

  async function poke(key: PaymentKey, why: Poke['why']): Promise<void> {
    // Limited by the run's id: a forger may invent any payment id beside it.
    const id = paymentWorkflowId(key);
    const hits = `${why} ${id}`;
    const before = recent.get(hits);
    if (before !== undefined) {
      before.isFollowed = true;
      return;
    }
    if (!buckets[why].take(id)) return;
    const now = { isFollowed: false };
    recent.set(hits, now);
    setTimeout(() => {
      recent.delete(hits);
      if (now.isFollowed) void poke(key, why);
    }, TOGETHER_MS).unref();
    await runs.poke(key, { why, at: new Date().toISOString() }).catch(() => false);
  }

  return { poke };
}
