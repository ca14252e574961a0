/** What merchants and operators ask of a run. One at a time and never beside a look: no outcome is applied while a cancel is in flight. */
import { condition, workflowInfo } from '@temporalio/workflow';
import type { OpenedPayment, RecordedOutcome } from '../activities/payment-activities.ts';
import { decide } from '../domain/decide.ts';
import { holdsMoney, isOpen, isSettled, type PaymentStatus } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import type { Reading, Transaction } from '../domain/transaction.ts';
import { look, outcomeOf, read, record } from './look.ts';
import type { CancelResult, Closing, ResolveRequest, ResolveResult } from './messages.ts';
import { checkout } from './proxies.ts';
import { isUnopened, openedOf, planAfterClearAnswer, standingOf, type RunState } from './run-state.ts';

export interface Operations {
  isWaiting(): boolean;
  /** Carries out the oldest one. */
  next(): Promise<void>;
  cancel(): Promise<CancelResult>;
  /** Closes what nobody may pay any more, since another payment has paid the order. */
  close(): void;
  resolve(request: ResolveRequest): Promise<ResolveResult>;
}

export function newOperations(run: RunState): Operations {
  const waiting: (() => Promise<void>)[] = [];
  async function queue<Result>(
    operation: () => Promise<Result>,
    otherwise: () => Result,
    isVain: () => boolean,
  ): Promise<Result> {
    let result: Result | undefined;
    const step = async () => {
      result = await operation();
    };
    waiting.push(step);
    await condition(() => result !== undefined || run.rejected !== null || isVain());
    if (result === undefined) waiting.splice(waiting.indexOf(step), 1);
    return result ?? otherwise();
  }
  /** Without a session there is nothing to close at the gateway: see opening.ts. */
  function closeUnopened(closing: Closing): void {
    if (run.payment === null && run.rejected === null) run.opening.closing ??= closing;
  }
  return {
    isWaiting: () => waiting.length > 0 && run.payment !== null,
    async next() {
      run.looking = true;
      await waiting[0]?.();
      waiting.shift();
      run.looking = false;
    },
    async cancel() {
      closeUnopened('merchant');
      const closed = await queue(
        () => cancel(run, 'merchant'),
        () => notClosed(run),
        () => isNamedInTrouble(run),
      );
      // What the gateway has confirmed is not denied because its reads lag behind: they are followed until they say so.
      await condition(() => run.closing === null || run.status !== 'PENDING');
      return run.closing === null ? closed : afterCancel(run.status);
    },
    close() {
      if (isSettled(run.status) || waiting.length > 0) return;
      closeUnopened('order_paid');
      waiting.push(async () => void (await cancel(run, 'order_paid')));
    },
    resolve: (request) =>
      queue(
        () => resolve(run, request),
        () => ({ kind: 'not_in_review', status: run.status }),
        // A payment in REVIEW has a session, so opening it needs no gateway.
        () => isUnopened(run) && run.opening.isInTrouble,
      ),
  };
}

/** A callback names a session that the gateway can't be asked about: it may have been paid in. */
function isNamedInTrouble(run: RunState): boolean {
  return isUnopened(run) && run.opening.isInTrouble && run.callbacks.length > 0;
}

function notClosed(run: RunState): CancelResult {
  run.opening.closing = null;
  return { kind: isOpen(run.status) ? 'refused' : 'not_open', status: run.status };
}

async function cancel(run: RunState, closing: Closing): Promise<CancelResult> {
  // First what the gateway knows already: money that is there must not be released by us.
  const isSeen = await look(run);
  // What can't be seen may be money.
  if (run.status !== 'PENDING' || !isSeen) return afterCancel(run.status);
  const payment = run.payment as OpenedPayment;
  const { paymentId, orderReference, n, gateway } = run.input;
  const summary = closing === 'merchant' ? 'the merchant cancels' : 'another payment has paid the order';
  const answer = await checkout(gateway).cancelSession.executeWithOptions({ summary }, [
    { paymentId, orderReference, n, gateway, sessionId: payment.sessionId },
  ]);
  if (answer === 'cancelled') run.closing = closing;
  const reading = await read(run, payment, null);
  await recordCancel(run, payment, reading, closing);
  return afterCancel(run.status);
}

function afterCancel(status: PaymentStatus): CancelResult {
  if (status === 'CANCELLED') return { kind: 'cancelled' };
  return { kind: isOpen(status) ? 'refused' : 'not_open', status };
}

/** What the gateway says after the cancel is what happened, whatever it answered to the cancel itself. */
async function recordCancel(
  run: RunState,
  payment: OpenedPayment,
  reading: Reading,
  closing: Closing,
): Promise<void> {
  const decision = decide(standingOf(run), openedOf(run, payment), reading);
  if (decision.kind !== 'become') return followCancel(run);
  // Whoever closed it in the same moment: the merchant has asked for it, and is told so.
  if (decision.status === 'CANCELLED' || decision.status === 'VOIDED') run.closing = closing;
  await recordOperation(run, decision.transaction, outcomeOf(run, decision));
  planAfterClearAnswer(run, Date.now());
}

function followCancel(run: RunState): void {
  if (run.closing !== null) run.nextLook = { at: Date.now() + 1_000, why: 'follow-up' };
}

async function resolve(run: RunState, request: ResolveRequest): Promise<ResolveResult> {
  // The payment's money run may have put it there, or have taken it out, since this one looked.
  await recordOperation(run, undefined, null);
  if (run.status !== 'REVIEW') return { kind: 'not_in_review', status: run.status };
  const payment = run.payment as OpenedPayment;
  const reading = await read(run, payment, null);
  const result =
    request.decision === 'accept' ? await accept(run, payment, reading) : await dismiss(run, reading);
  planAfterClearAnswer(run, Date.now());
  return result;
}

/** The one recorded exception to the amount check; whose money it is and which session's is never excepted. */
async function accept(run: RunState, payment: OpenedPayment, reading: Reading): Promise<ResolveResult> {
  const transaction = reading.kind === 'transaction' ? reading.transaction : null;
  const isOurs = transaction?.account === payment.account && transaction.sessionId === payment.sessionId;
  if (transaction === null || !isOurs)
    return { kind: 'refused', reason: 'the gateway shows no transaction of this session' };
  const status = transaction.status as PaymentStatus;
  if (!holdsMoney(status) || !transaction.authorized) {
    return {
      kind: 'refused',
      reason: `the gateway says ${transaction.gatewayStatus}: there is no money to accept`,
    };
  }
  const outcome = { ...outcomeOf(run, { kind: 'become', status, pays: true, transaction }), accept: true };
  const recorded = await recordOperation(run, transaction, outcome);
  if (!holdsMoney(recorded.status))
    return { kind: 'refused', reason: 'another payment has paid the order, or the money is on its way back' };
  return { kind: 'resolved', status: recorded.status };
}

/** Taken off our hands: the payment shows what the gateway says, and never touches the order again. */
async function dismiss(run: RunState, reading: Reading): Promise<ResolveResult> {
  const transaction = reading.kind === 'transaction' ? reading.transaction : undefined;
  const isKnown =
    transaction !== undefined && !['INITIATED', 'ON_HOLD', 'UNCLEAR'].includes(transaction.status);
  const status = isKnown ? (transaction.status as PaymentStatus) : 'CANCELLED';
  const outcome = {
    ...outcomeOf(run, { kind: 'become', status, pays: false, ...(transaction && { transaction }) }),
    dismiss: true,
  };
  const recorded = await recordOperation(run, transaction, {
    ...outcome,
    reason: 'dismissed by an operator',
  });
  return { kind: 'resolved', status: recorded.status };
}

function recordOperation(
  run: RunState,
  transaction: Transaction | undefined,
  outcome: Outcome | null,
): Promise<RecordedOutcome> {
  run.looks += 1;
  return record(run, {
    paymentId: run.input.paymentId,
    outcome,
    deliveries: [],
    notes: [],
    key: `${workflowInfo().runId}-${run.looks}`,
    ...(transaction && { transaction }),
  });
}
