/** What merchants and operators ask of a run. One at a time and never beside a look: no outcome is applied while a cancel is in flight. */
import { condition, workflowInfo } from '@temporalio/workflow';
import type { ClosingCause, OpenedPayment, RecordedOutcome } from '../activities/payment-activities.ts';
import { decide } from '../domain/decide.ts';
import { holdsMoney, isOpen, isSettled, type PaymentStatus } from '../domain/payment.ts';
import type { Outcome } from '../domain/settle.ts';
import type { Reading, Transaction } from '../domain/transaction.ts';
import { insteadOf, NOT_RECORDED } from './ended.ts';
import { look, outcomeOf, read, record } from './look.ts';
import type { CancelRequest, CancelResult, Closing, ResolveRequest, ResolveResult } from './messages.ts';
import { checkout } from './proxies.ts';
import { showDoing } from './publish.ts';
import { isUnopened, openedOf, planAfterClearAnswer, standingOf, type RunState } from './run-state.ts';

export interface Operations {
  isWaiting(): boolean;
  /** Carries out the oldest one. */
  next(): Promise<void>;
  cancel(request: CancelRequest): Promise<CancelResult>;
  /** Closes what nobody may pay any more, since another payment has paid the order. */
  close(): void;
  resolve(request: ResolveRequest): Promise<ResolveResult>;
}

const ORDER_PAID = { why: 'order_paid' } as const;

export function newOperations(run: RunState): Operations {
  const waiting: (() => Promise<void>)[] = [];
  async function queue<Result>(
    operation: () => Promise<Result>,
    { otherwise, unrecorded, isVain }: Instead<Result>,
  ): Promise<Result> {
    let result: Result | undefined;
    const step = async () => {
      result = (await unlessUnrecorded(run, operation)) ?? unrecorded();
    };
    waiting.push(step);
    await condition(() => result !== undefined || run.rejected !== null || isVain());
    if (result === undefined) waiting.splice(waiting.indexOf(step), 1);
    return result ?? otherwise();
  }
  async function closeNow(): Promise<void> {
    if (!isSettled(run.status)) await unlessUnrecorded(run, () => cancel(run, ORDER_PAID));
  }
  return {
    isWaiting: () => waiting.length > 0 && run.payment !== null,
    async next() {
      run.looking = true;
      await waiting[0]?.();
      waiting.shift();
      run.looking = false;
    },
    async cancel({ noteKey }) {
      const because = { why: 'merchant', noteKey } as const;
      closeUnopened(run, because);
      const closed = await queue(() => cancel(run, because), {
        otherwise: () => notClosed(run, because),
        unrecorded: () => afterCancel(run.status),
        isVain: () => isNamedInTrouble(run) || isLeftUnopened(run, because),
      });
      // What the gateway has confirmed is not denied because its reads lag behind: they are followed until they say so.
      await condition(() => run.closing === null || run.status !== 'PENDING');
      return run.closing === null ? closed : afterCancel(run.status);
    },
    close() {
      if (isSettled(run.status)) return;
      closeUnopened(run, ORDER_PAID);
      if (!waiting.includes(closeNow)) waiting.push(closeNow);
    },
    resolve: (request) =>
      queue(() => resolve(run, request), {
        otherwise: () => ({ kind: 'not_in_review', status: run.status }),
        unrecorded: () => ({ kind: 'refused', reason: NOT_RECORDED }),
        // A payment in REVIEW has a session, so opening it needs no gateway.
        isVain: () => isUnopened(run) && run.opening.isInTrouble,
      }),
  };
}

/** What is answered instead of an operation's own result. */
interface Instead<Result> {
  /** It is not carried out. */
  readonly otherwise: () => Result;
  /** What came of it could not be recorded. */
  readonly unrecorded: () => Result;
  /** Nobody need wait for it. */
  readonly isVain: () => boolean;
}

/** Without a session there is nothing to close at the gateway: see opening.ts. */
function closeUnopened({ payment, rejected, opening }: RunState, because: ClosingCause): void {
  const isKnown = payment !== null || rejected !== null || opening.closing.includes(because);
  if (!isKnown) opening.closing = [...opening.closing, because];
}

/** A callback names a session that the gateway can't be asked about: it may have been paid in. */
function isNamedInTrouble(run: RunState): boolean {
  return isUnopened(run) && run.opening.isInTrouble && run.callbacks.length > 0;
}

/** The store knows of nobody who has asked to close it. */
function isLeftUnopened(run: RunState, because: ClosingCause): boolean {
  return isUnopened(run) && !run.opening.closing.includes(because);
}

function notClosed(run: RunState, because: ClosingCause): CancelResult {
  run.opening.closing = run.opening.closing.filter((asked) => asked !== because);
  return { kind: isOpen(run.status) ? 'refused' : 'not_open', status: run.status };
}

/** Undefined where what came of it could not be recorded; then it is looked at again. */
async function unlessUnrecorded<Result>(
  run: RunState,
  operation: () => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await operation();
  } catch (error) {
    const nothing = insteadOf(error, undefined);
    run.nextLook ??= { at: Date.now() + 1_000, why: 'follow-up' };
    return nothing;
  }
}

async function cancel(run: RunState, because: ClosingCause): Promise<CancelResult> {
  const closing = because.why;
  // First what the gateway knows already: money that is there must not be released by us.
  const isSeen = await look(run);
  // What can't be seen may be money.
  if (run.status !== 'PENDING' || !isSeen) return afterCancel(run.status);
  const payment = run.payment as OpenedPayment;
  const { paymentId, orderReference, n, gateway } = run.input;
  const summary = closing === 'merchant' ? 'the merchant cancels' : 'another payment has paid the order';
  showDoing(run, `closing the session: ${summary}`);
  const input = { paymentId, orderReference, n, gateway, sessionId: payment.sessionId, because };
  const answer = await checkout(gateway)
    .cancelSession.executeWithOptions({ summary }, [input])
    .catch((error: unknown) => insteadOf(error, 'refused'));
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
  // What is settled can only be taken off our hands: nothing about it is to be accepted.
  const isMarked = run.mark !== null && request.decision === 'dismiss';
  if (run.status !== 'REVIEW' && !isMarked) return { kind: 'not_in_review', status: run.status };
  const payment = run.payment as OpenedPayment;
  showDoing(run, 'reading for what a person has decided');
  const reading = await read(run, payment, null);
  const result =
    request.decision === 'accept'
      ? await accept(run, payment, reading, request)
      : await dismiss(run, reading, request);
  planAfterClearAnswer(run, Date.now());
  return result;
}

/** The one recorded exception to the amount check; whose money it is and which session's is never excepted. */
async function accept(
  run: RunState,
  payment: OpenedPayment,
  reading: Reading,
  { noteKey }: ResolveRequest,
): Promise<ResolveResult> {
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
  const recorded = await recordOperation(run, transaction, outcome, noteKey);
  if (!holdsMoney(recorded.status)) return { kind: 'refused', reason: NOT_ACCEPTED };
  return { kind: 'resolved', status: recorded.status };
}

const NOT_ACCEPTED =
  'another payment has paid the order, the money is on its way back, or nobody has decided it: use paidonce resolve';
const UNDECIDED = 'nobody has decided that, or not within the last hour: use paidonce resolve';

/** Taken off our hands: the payment shows what the gateway says, and never touches the order again. */
async function dismiss(run: RunState, reading: Reading, { noteKey }: ResolveRequest): Promise<ResolveResult> {
  const transaction = reading.kind === 'transaction' ? reading.transaction : undefined;
  const isKnown =
    transaction !== undefined && !['INITIATED', 'ON_HOLD', 'UNCLEAR'].includes(transaction.status);
  const otherwise = isSettled(run.status) ? run.status : 'CANCELLED';
  const status = isKnown ? (transaction.status as PaymentStatus) : otherwise;
  const outcome = {
    ...outcomeOf(run, { kind: 'become', status, pays: false, ...(transaction && { transaction }) }),
    dismiss: true,
  };
  const dismissed = { ...outcome, reason: 'dismissed by an operator' };
  const recorded = await recordOperation(run, transaction, dismissed, noteKey);
  if (recorded.status === 'REVIEW' || recorded.mark !== null) return { kind: 'refused', reason: UNDECIDED };
  return { kind: 'resolved', status: recorded.status };
}

function recordOperation(
  run: RunState,
  transaction: Transaction | undefined,
  outcome: Outcome | null,
  noteKey?: string,
): Promise<RecordedOutcome> {
  run.looks += 1;
  return record(run, {
    paymentId: run.input.paymentId,
    outcome,
    deliveries: [],
    notes: [],
    key: `${workflowInfo().runId}-${run.looks}`,
    ...(transaction && { transaction }),
    ...(noteKey !== undefined && { noteKey }),
  });
}
