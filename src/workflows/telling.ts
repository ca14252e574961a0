import { notifier } from './proxies.ts';
import type { RunState } from './run-state.ts';

/** Tells the merchant beside the loop: a shop that hangs must not keep a hold from being polled. */
export function tell(run: RunState, untold: readonly string[]): void {
  for (const effectId of untold) {
    if (run.telling.has(effectId)) continue;
    run.telling.add(effectId);
    const options = { summary: effectId.slice(effectId.lastIndexOf('order.')) };
    void notifier()
      .notifyMerchant.executeWithOptions(options, [effectId])
      // Whatever went wrong, the outbox row is still there, and whoever finds it wakes this payment again.
      .catch(() => undefined)
      .then(() => run.telling.delete(effectId));
  }
}
