/** The loop of a run: does what is due, one thing after another, and ends once nothing is left to do. */
import { allHandlersFinished, condition, workflowInfo } from '@temporalio/workflow';

export interface Loop<Result> {
  /** The most urgent work that is due now; null where there is none. */
  readonly due: (now: number) => (() => Promise<void>) | null;
  /** When the next work is due by time. `at` in milliseconds since the epoch, `summary` for the Web UI. */
  readonly timer: () => { readonly at: number; readonly summary: string } | null;
  /** No work is under way and no message waits. Only then may a run end or continue as new. */
  readonly isQuiet: () => boolean;
  /** The run's result once nothing is left to do; null before. */
  readonly end: () => { readonly result: Result } | null;
  readonly continueAsNew: () => Promise<never>;
}

export async function runLoop<Result>(loop: Loop<Result>): Promise<Result> {
  for (;;) {
    await untilSomethingIsDue(loop);
    // No await from here to `return` or `continueAsNew`: every message so far is seen, and a later one starts
    // a new run.
    const work = loop.due(Date.now());
    const end = work === null ? endOf(loop) : null;
    if (work !== null) await work();
    else if (end !== null) return end.result;
    else if (isLong(loop)) await loop.continueAsNew();
  }
}

function endOf<Result>(loop: Loop<Result>): { readonly result: Result } | null {
  return loop.isQuiet() && allHandlersFinished() ? loop.end() : null;
}

function isLong(loop: Loop<unknown>): boolean {
  return workflowInfo().continueAsNewSuggested && loop.isQuiet() && allHandlersFinished();
}

async function untilSomethingIsDue(loop: Loop<unknown>): Promise<void> {
  const isDue = () => loop.due(Date.now()) !== null || endOf(loop) !== null || isLong(loop);
  if (isDue()) return;
  const next = loop.timer();
  if (next === null) return condition(() => isDue() || loop.timer() !== null);
  const { at, summary } = next;
  await condition(() => isDue() || loop.timer()?.at !== at, Math.max(1, at - Date.now()), { summary });
}
