/**
 * Work that a run does beside its loop: notify the merchant, wake other runs. A shop that hangs must not stop
 * the polling of a hold.
 */
import type { NextStep } from '../domain/finish-operations.ts';
import type { PaymentAddress } from '../domain/payment.ts';
import { showMoney, type MoneyRun } from './money-run.ts';
import { closeOthers, notifier, wakeMoney, watchPayment } from './proxies.ts';
import { showDetails, summaryOf } from './publish.ts';
import type { RunState } from './run-state.ts';

/**
 * Notifies the merchant, with retries, after a first attempt failed. May run beside another notification that
 * waits for its next retry.
 */
export function tell(run: RunState, effectId: string): void {
  run.telling.add(effectId);
  const options = { summary: summaryOf(effectId.slice(effectId.lastIndexOf('order.'))) };
  void notifier()
    .notifyMerchant.executeWithOptions(options, [effectId])
    // After any failure the outbox row is still there, and the forwarder finds it.
    .catch(() => undefined)
    .finally(() => {
      run.telling.delete(effectId);
      showDetails(run);
    });
}

const WORDS = {
  capture: 'starts the capture',
  give_back: 'starts the give-back',
  close_others: "closes the order's other session",
} as const satisfies Record<NextStep, string>;

/** Starts what follows from a record. If any of it is lost here, the forwarder finds it in the store. */
export function followUp(run: RunState, next: readonly NextStep[]): void {
  for (const step of next) beside(run, WORDS[step], () => carryOn(addressOf(run), step), showDetails);
}

/** Has the payment's own run watch a payment that was put in REVIEW here. That run may have ended by now. */
export function haveWatched(run: MoneyRun): void {
  const summary = "have the payment's run watch the payment";
  beside(
    run,
    "has the payment's run watch the payment",
    () => watchPayment.executeWithOptions({ summary }, [addressOf(run)]),
    showMoney,
  );
}

/** The same work runs once at a time. */
export function beside<Run extends { readonly beside: Set<string> }>(
  run: Run,
  what: string,
  work: () => Promise<unknown>,
  show: (run: Run) => void,
): void {
  if (run.beside.has(what)) return;
  run.beside.add(what);
  void work()
    .catch(() => undefined)
    .finally(() => {
      run.beside.delete(what);
      show(run);
    });
}

function carryOn(address: PaymentAddress, step: NextStep): Promise<void> {
  if (step === 'close_others') {
    const { paymentId, orderReference, n } = address;
    const summary = "close the order's other session";
    return closeOthers.executeWithOptions({ summary }, [{ paymentId, orderReference, n }]);
  }
  const summary = step === 'capture' ? 'capture, as asked for at creation' : 'give the money back';
  return wakeMoney.executeWithOptions({ summary }, [{ ...address, why: step }]);
}

function addressOf({ input }: { readonly input: PaymentAddress }): PaymentAddress {
  const { paymentId, orderReference, n, gateway } = input;
  return { paymentId, orderReference, n, gateway };
}
