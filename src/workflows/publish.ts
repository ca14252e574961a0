/** What somebody sees who opens the run in the Temporal Web UI. */
import { upsertSearchAttributes, setCurrentDetails } from '@temporalio/workflow';
import { PaymentStatusKey, SessionIdKey, TransactionIdKey, type PaymentView } from './messages.ts';
import type { RunState } from './run-state.ts';

/** Makes the run findable by what has changed; one event, and none when nothing has. */
export function publishSearchAttributes(run: RunState, before: PaymentView): void {
  const now = viewOf(run);
  const changed = [
    ...(now.status === before.status ? [] : [{ key: PaymentStatusKey, value: now.status }]),
    ...(now.sessionId === before.sessionId ? [] : [{ key: SessionIdKey, value: now.sessionId }]),
    ...(now.transactionId === before.transactionId
      ? []
      : [{ key: TransactionIdKey, value: now.transactionId }]),
  ];
  if (changed.length > 0) upsertSearchAttributes(changed);
}

export function viewOf(run: RunState): PaymentView {
  return {
    status: run.status,
    sessionId: run.payment?.sessionId ?? null,
    transactionId: run.transaction?.transactionId ?? null,
    waitsFor: waitsFor(run),
  };
}

/** In plain words, what happens next. */
export function waitsFor(run: RunState): string {
  if (run.rejected !== null) return run.rejected;
  if (run.payment === null && run.opening.isResting) return 'somebody to ask for the session again';
  if (run.payment === null) return 'the gateway to open a session';
  if (run.telling.size > 0) return `the merchant to hear ${[...run.telling].join(', ')}`;
  if (run.status === 'PENDING')
    return `a callback, the payer's browser or the sweep, until ${run.payment.expiryDueAt}`;
  if (run.status === 'ON_HOLD') return 'the gateway to decide; asked again by timer, callback or not';
  if (run.status === 'REVIEW') return 'a person: paidonce resolve; the gateway is asked every hour';
  if (run.mark !== null) return 'the gateway to say clearly what it is; asked every hour, and a person';
  return 'nothing: settled';
}

/** A few lines of Markdown at the head of the run's page. */
export function showDetails(run: RunState): void {
  const view = viewOf(run);
  const money = run.payment?.money;
  setCurrentDetails(
    [
      `**${view.status}** order \`${run.input.orderReference}\`, payment \`${run.input.paymentId}\``,
      money && `- ${money.amountMinor} minor units of ${money.currency} by ${run.input.gateway}`,
      view.sessionId && `- session \`${view.sessionId}\``,
      view.transactionId && `- transaction \`${view.transactionId}\``,
      `- waits for ${view.waitsFor}`,
      `- looked ${run.looks} times, ${run.seen.size} callbacks`,
    ]
      .filter(Boolean)
      .join('\n'),
  );
}
