/** What a run has done beside its loop: the merchant told, other runs woken. A shop that hangs must not keep a hold from being polled. */
import type { NextStep } from '../domain/finish-operations.ts';
import type { PaymentAddress } from '../domain/payment.ts';
import { showMoney, type MoneyRun } from './money-run.ts';
import { closeOthers, notifier, wakeMoney, watchPayment } from './proxies.ts';
import { showDetails, summaryOf } from './publish.ts';
import type { RunState } from './run-state.ts';

/** Tells the merchant what a first attempt could not, with retries; also beside a telling that waits for its next try. */
export function tell(run: RunState, effectId: string): void {
  run.telling.add(effectId);
  const options = { summary: summaryOf(effectId.slice(effectId.lastIndexOf('order.'))) };
  void notifier()
    .notifyMerchant.executeWithOptions(options, [effectId])
    // Whatever went wrong, the outbox row is still there, and the forwarder finds it.
    .catch(() => undefined)
    .finally(() => {
      run.telling.delete(effectId);
      showDetails(run);
    });
}

const WORDS = {
  capture: 'that it is captured',
  give_back: 'that the money goes back',
  close_others: 'that no other session can be paid',
} as const satisfies Record<NextStep, string>;

/** Has others do what follows from a record. Whatever is lost here, the forwarder finds it in the store. */
export function followUp(run: RunState, next: readonly NextStep[]): void {
  for (const step of next) beside(run, WORDS[step], () => carryOn(addressOf(run), step), showDetails);
}

/** Has the payment's own run watch what was put in REVIEW beside it, which may have no run by now. */
export function haveWatched(run: MoneyRun): void {
  const summary = "the payment's run watches it";
  beside(
    run,
    'that it is watched',
    () => watchPayment.executeWithOptions({ summary }, [addressOf(run)]),
    showMoney,
  );
}

/** Once at a time. */
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
