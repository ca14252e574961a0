import type { NextStep } from '../activities/payment-activities.ts';
import { showMoney, type MoneyRun } from './money-run.ts';
import { closeOthers, notifier, wakeMoney, watchPayment } from './proxies.ts';
import { showDetails, summaryOf } from './publish.ts';
import type { RunState } from './run-state.ts';

interface Teller {
  readonly telling: Set<string>;
}

/**
 * Tells the merchant beside the loop: a shop that hangs must not keep a hold from being polled. `show` says what is left to tell. What
 * somebody wants sent `again` is told beside a telling that waits for its next try, and ends that.
 */
export function tell<Run extends Teller>(
  run: Run,
  { untold, again = [] }: { readonly untold: readonly string[]; readonly again?: readonly string[] },
  show: (run: Run) => void,
): void {
  for (const effectId of untold) {
    if (run.telling.has(effectId) && !again.includes(effectId)) continue;
    run.telling.add(effectId);
    const options = { summary: summaryOf(effectId.slice(effectId.lastIndexOf('order.'))) };
    void notifier()
      .notifyMerchant.executeWithOptions(options, [effectId])
      // Whatever went wrong, the outbox row is still there, and whoever finds it wakes this payment again.
      .catch(() => undefined)
      .then(() => endTelling(run, effectId, show));
  }
}

/** Has others do what follows from a record, beside the loop too. Whatever is lost here, the forwarder finds it in the store. */
export function followUp(run: RunState, next: readonly NextStep[]): void {
  for (const step of next) {
    if (run.telling.has(WORDS[step])) continue;
    run.telling.add(WORDS[step]);
    void carryOn(run, step)
      .catch(() => undefined)
      .then(() => endTelling(run, WORDS[step], showDetails));
  }
}

/** Has the payment's own run watch what was put in REVIEW beside it, which may have no run by now. */
export function haveWatched(run: MoneyRun): void {
  if (run.telling.has(WATCHED)) return;
  run.telling.add(WATCHED);
  const { paymentId, orderReference, n, gateway } = run.input;
  void watchPayment
    .executeWithOptions({ summary: "the payment's run watches it" }, [
      { paymentId, orderReference, n, gateway },
    ])
    .catch(() => undefined)
    .then(() => endTelling(run, WATCHED, showMoney));
}

function endTelling<Run extends Teller>(run: Run, what: string, show: (run: Run) => void): void {
  run.telling.delete(what);
  show(run);
}

const WATCHED = 'that it is watched';

const WORDS = {
  capture: 'that it is captured',
  give_back: 'that the money goes back',
  close_others: 'that no other session can be paid',
} as const satisfies Record<NextStep, string>;

function carryOn(run: RunState, step: NextStep): Promise<void> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const key = { paymentId, orderReference, n };
  if (step === 'close_others')
    return closeOthers.executeWithOptions({ summary: "close the order's other session" }, [key]);
  const summary = step === 'capture' ? 'capture, as asked for at creation' : 'give the money back';
  return wakeMoney.executeWithOptions({ summary }, [{ ...key, gateway, why: step }]);
}
