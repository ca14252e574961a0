/** One step of an operation, or of giving money back: what it came to is recorded by its activity. */
import { workflowInfo } from '@temporalio/workflow';
import { insteadOf, isOfNothing } from './ended.ts';
import { haveWatched } from './follow-up.ts';
import type { GiveBackRequest, OpenOperation } from './messages.ts';
import { close, postpone, request, showMoving, wordsOf, type MoneyRun } from './money-run.ts';
import { moneyMover, PRIORITY } from './proxies.ts';
import { summaryOf } from './publish.ts';

/** Tries an operation, or looks what has become of it. What can't be recorded is tried again later; what nobody knows is forgotten. */
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
  showMoving(run, tries === 0 ? doing : `look what became of ${wordsOf(due)}`);
  // The first try is what the caller waits for.
  const priority = tries === 0 ? PRIORITY.waitedFor : PRIORITY.usual;
  const isGivingBack = run.givesBack !== null;
  const tried = await moneyMover(run.input.gateway).attemptOperation.executeWithOptions(
    { summary, priority },
    [{ ...stepOf(run), operationId, isGivingBack }],
  );
  if (tried.isInReview) haveWatched(run);
  if (!OVER.has(tried.state)) return postpone(run, operationId, Date.now());
  if (tried.endsGiveBack) run.givesBack = null;
  close(run, operationId);
}

/** The next operation that gives money back; the last one has recorded that all of it is gone. */
export async function planNextGiveBack(run: MoneyRun): Promise<void> {
  try {
    await planNow(run);
  } catch (error) {
    // The money is in the store as what has to go back: the forwarder finds it there and wakes this run again.
    run.givesBack = insteadOf(error, null);
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
  // Asked for meanwhile: what was given back may have been taken back since this reading.
  if (run.giveBacksAsked === giveBacksAsked || plan.isInReview) run.givesBack = null;
}

/** What each activity is told beside what it is about. */
function stepOf(run: MoneyRun) {
  run.steps += 1;
  const { paymentId, orderReference, n, gateway } = run.input;
  const key = `${workflowInfo().runId}-${run.steps}`;
  return { paymentId, orderReference, n, gateway, key, now: Date.now() };
}
