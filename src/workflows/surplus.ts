import { sleep } from '@temporalio/workflow';
import type { OpenedPayment } from '../activities/payment-activities.ts';
import { insteadOf } from './ended.ts';
import { background } from './proxies.ts';
import type { RunState } from './run-state.ts';

/** An answer that got lost may have left a second session behind, which the gateway's search shows only after a while. */
export function closeSurplusLater(run: RunState): void {
  const payment = run.payment;
  if (payment === null || !payment.mayHaveSurplus) return;
  void closeSurplus(run, payment);
}

/** The same where none is to be kept: the payment was closed before its session could be opened. */
export function closeLeftBehind(run: RunState): void {
  void closeSurplus(run, { sessionId: '' });
}

async function closeSurplus(run: RunState, payment: Pick<OpenedPayment, 'sessionId'>): Promise<void> {
  const { paymentId, orderReference, n, gateway } = run.input;
  run.telling.add('surplus sessions');
  await sleep('1 minute', { summary: 'then close sessions that a lost answer left behind' });
  const session = { paymentId, orderReference, n, gateway, sessionId: payment.sessionId };
  await background(gateway)
    .cancelSurplusSessions(session)
    .catch((error: unknown) => insteadOf(error, 0));
  run.telling.delete('surplus sessions');
}
