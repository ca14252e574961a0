/** One step of an operation or of a give-back. The activity records the result. */
import { workflowInfo } from '@temporalio/workflow';
import { insteadOf, isOfNothing } from './ended.ts';
import { haveWatched } from './follow-up.ts';
import type { GiveBackRequest, OpenOperation } from './messages.ts';
import { close, endGiveBack, postpone, request, showMoving, wordsOf, type MoneyRun } from './money-run.ts';
import { moneyMover, PRIORITY } from './proxies.ts';
import { summaryOf } from './publish.ts';

/**
 * Tries an operation, or reads its state after an earlier try. If it can't be recorded, it is tried again
 * later. If the store does not have it, it is dropped.
 */
export async function attempt(run: MoneyRun, due: OpenOperation): Promise<void> {
  try {
    await attemptNow(run, due);
  } catch (error) {
    insteadOf(error, undefined);
    if (isOfNothing(error)) close(run, due.operationId);
    else postpone(run, due.operationId, Date.now());
  }
}

const OVER: ReadonlySet<string> = new Set(['finished', 'refused', 'given_up']);

async function attemptNow(run: MoneyRun, due: OpenOperation): Promise<void> {
  const { operationId, tries } = due;
  const doing = `carry out ${wordsOf(due)}`;
  const summary = summaryOf(doing);
  showMoving(run, tries === 0 ? doing : `read the state of ${wordsOf(due)}`);
  // A caller waits for the first try.
  const priority = tries === 0 ? PRIORITY.waitedFor : PRIORITY.usual;
  const isGivingBack = run.givesBack !== null;
  const tried = await moneyMover(run.input.gateway).attemptOperation.executeWithOptions(
    { summary, priority },
    [{ ...stepOf(run), operationId, isGivingBack }],
  );
  if (tried.isInReview) haveWatched(run);
  if (!OVER.has(tried.state)) return postpone(run, operationId, Date.now());
  if (tried.endsGiveBack) endGiveBack(run);
  close(run, operationId);
}

/** Plans the next operation that gives money back. The last plan has recorded that no money is left. */
export async function planNextGiveBack(run: MoneyRun): Promise<void> {
  try {
    await planNow(run);
  } catch (error) {
    insteadOf(error, undefined);
    // The store still says that the money must go back. The forwarder finds it there and wakes this run
    // again.
    endGiveBack(run);
  }
}

async function planNow(run: MoneyRun): Promise<void> {
  const asked = run.givesBack as GiveBackRequest;
  const { giveBacksAsked } = run;
  const summary = 'find out what there is to give back';
  showMoving(run, summary);
  const input = { ...stepOf(run), ...asked };
  const plan = await moneyMover(run.input.gateway).planGiveBack.executeWithOptions({ summary }, [input]);
  if (plan.isInReview) haveWatched(run);
  if (plan.operationId !== null) return request(run, plan.operationId, plan.about, Date.now());
  // Requested again meanwhile: since this reading, the gateway may have reversed what was given back.
  if (run.giveBacksAsked === giveBacksAsked || plan.isInReview) endGiveBack(run);
}

/** The input that all activities have in common. */
function stepOf(run: MoneyRun) {
  run.steps += 1;
  const { paymentId, orderReference, n, gateway } = run.input;
  const key = `${workflowInfo().runId}-${run.steps}`;
  return { paymentId, orderReference, n, gateway, key, now: Date.now() };
}
