/**
 * Commands of merchants and operators to a run: close its session, decide a review. One at a time, and never
 * during a look.
 */
import { condition } from '@temporalio/workflow';
import type { ClosingCause } from '../activities/contract.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import { isOpen, isSettled, type PaymentStatus } from '../domain/payment.ts';
import { insteadOf, NOT_RECORDED } from './ended.ts';
import { look } from './look.ts';
import type { CancelRequest, CancelResult, ResolveRequest, ResolveResult } from './messages.ts';
import { checkout } from './proxies.ts';
import { showDoing } from './publish.ts';
import { isUnopened, statusOf, type RunState } from './run-state.ts';

const ORDER_PAID = { why: 'order_paid' } as const;
const CLOSING_AGAIN = 'closes the session: the order is paid';

/** The merchant cancels. Answered once the gateway has said how the session ended. */
export async function cancel(run: RunState, { noteKey }: CancelRequest): Promise<CancelResult> {
  const because = { why: 'merchant', noteKey } as const;
  closeOnceOpening(run, because);
  await condition(() => isKnown(run) || isNamedInTrouble(run) || isLeftUnopened(run, because));
  if (run.phase.kind !== 'watching')
    return run.closing === null ? notClosed(run, because) : afterCancel(statusOf(run));
  await run.mutex.run(() => closeSession(run, because));
  // The gateway has confirmed the cancel, but its reads may lag behind. Wait until they show it.
  await condition(() => run.closing === null || statusOf(run) !== 'PENDING');
  return afterCancel(statusOf(run));
}

/** Another payment has paid the order, so this session must not be payable any more. */
export function close(run: RunState): void {
  if (isSettled(statusOf(run)) || run.beside.has(CLOSING_AGAIN)) return;
  closeOnceOpening(run, ORDER_PAID);
  run.beside.add(CLOSING_AGAIN);
  void closeWhenOpen(run).finally(() => run.beside.delete(CLOSING_AGAIN));
}

async function closeWhenOpen(run: RunState): Promise<void> {
  await condition(() => isKnown(run));
  if (run.phase.kind !== 'watching') return;
  await run.mutex.run(async () => {
    if (!isSettled(statusOf(run))) await closeSession(run, ORDER_PAID);
  });
}

/** The way out of REVIEW: an operator accepts or dismisses the payment. */
export async function resolve(run: RunState, { decision, noteKey }: ResolveRequest): Promise<ResolveResult> {
  // A payment in REVIEW has a session, so opening it needs no gateway.
  await condition(() => isKnown(run) || (isUnopened(run) && run.opening.isInTrouble));
  if (run.phase.kind !== 'watching') return { kind: 'not_in_review', status: statusOf(run) };
  const result = await run.mutex.run(() => look(run, { decided: { decision, noteKey } }));
  const decided = result?.decided;
  if (decided === 'done') return { kind: 'resolved', status: statusOf(run) };
  if (decided === 'not_in_review') return { kind: 'not_in_review', status: statusOf(run) };
  return { kind: 'refused', reason: decided?.refused ?? NOT_RECORDED };
}

function isKnown({ phase }: RunState): boolean {
  return phase.kind !== 'opening';
}

/** Without a session there is nothing to close at the gateway: see opening.ts. */
function closeOnceOpening({ phase, opening }: RunState, because: ClosingCause): void {
  if (phase.kind === 'opening' && !opening.closing.includes(because))
    opening.closing = [...opening.closing, because];
}

/** A callback names a session, and the gateway can't be asked about it: it may have been paid. */
function isNamedInTrouble(run: RunState): boolean {
  return isUnopened(run) && run.opening.isInTrouble && run.callbacks.length > 0;
}

/** The store has no request to close this payment. */
function isLeftUnopened(run: RunState, because: ClosingCause): boolean {
  return isUnopened(run) && !run.opening.closing.includes(because);
}

function notClosed(run: RunState, because: ClosingCause): CancelResult {
  run.opening.closing = run.opening.closing.filter((asked) => asked !== because);
  const status = statusOf(run);
  return { kind: isOpen(status) ? 'refused' : 'not_open', status };
}

function afterCancel(status: PaymentStatus): CancelResult {
  if (status === 'CANCELLED') return { kind: 'cancelled' };
  return { kind: isOpen(status) ? 'refused' : 'not_open', status };
}

async function closeSession(run: RunState, because: ClosingCause): Promise<void> {
  // Read the gateway first: we must not release money that is there.
  const seen = await look(run);
  // Money may be there if the gateway does not show the session clearly.
  const isSeen = seen !== null && seen.answer !== 'unclear' && !seen.isAbsent;
  if (run.phase.kind !== 'watching' || statusOf(run) !== 'PENDING' || !isSeen) return;
  const answer = await askToClose(run, run.phase.payment, because);
  if (answer === 'cancelled') run.closing = because.why;
  // The reading after the cancel decides, not the answer to the cancel. Whichever of the two closed the
  // session, the merchant asked for it and is notified of that.
  const after = await look(run, { closing: because.why });
  const isLagging = after?.answer !== 'clear' && run.closing !== null;
  if (isLagging) run.nextLook = { at: Date.now() + 1_000, why: 'follow-up' };
}

async function askToClose(
  run: RunState,
  { sessionId }: OpenedPayment,
  because: ClosingCause,
): Promise<'cancelled' | 'refused'> {
  const { paymentId, orderReference, n, gateway } = run.input;
  const summary = because.why === 'merchant' ? 'the merchant cancels' : 'another payment has paid the order';
  showDoing(run, `closing the session: ${summary}`);
  const input = { paymentId, orderReference, n, gateway, sessionId, because };
  try {
    return await checkout(gateway).cancelSession.executeWithOptions({ summary }, [input]);
  } catch (error) {
    return insteadOf(error, 'refused');
  }
}
