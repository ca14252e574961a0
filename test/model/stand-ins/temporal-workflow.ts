/** The parts of `@temporalio/workflow` that `src/workflows/` uses, on the toy server. */
import type { Duration } from '@temporalio/common';
import { callActivity, type ActivityOptions } from '../temporal/activity-try.ts';
import { currentRun } from '../temporal/current.ts';
import { milliseconds } from '../temporal/duration.ts';

export const defineSignal = (name: string) => ({ type: 'signal', name });
export const defineQuery = (name: string) => ({ type: 'query', name });
export const defineUpdate = (name: string) => ({ type: 'update', name });

export function setHandler({ name }: { name: string }, handler: (...args: never[]) => unknown): void {
  currentRun().setHandler(name, handler);
}

export function workflowInfo() {
  const { runId, workflowId, activations, long } = currentRun();
  return { runId, workflowId, taskQueue: 'payments', continueAsNewSuggested: activations >= long };
}

export function allHandlersFinished(): boolean {
  return currentRun().handlersAreFinished;
}

export function condition(isTrue: () => boolean, timeout?: number): Promise<boolean> {
  const run = currentRun();
  if (isTrue()) return Promise.resolve(true);
  return new Promise((resolve) => {
    const release = run.block(isTrue, () => {
      if (timer !== undefined) timer.isCancelled = true;
      resolve(true);
    });
    const timer =
      timeout === undefined
        ? undefined
        : run.after(timeout, () => {
            release();
            resolve(false);
          });
  });
}

export function sleep(duration: Duration): Promise<void> {
  const run = currentRun();
  return new Promise((resolve) => void run.after(milliseconds(duration), resolve));
}

export function continueAsNew(input: object): Promise<never> {
  return currentRun().continueAsNew(input);
}

export const CancellationScope = {
  nonCancellable: <Result>(work: () => Promise<Result>): Promise<Result> => work(),
};

export function upsertSearchAttributes(): void {}
export function setCurrentDetails(): void {}

/** Each activity by its name, called plainly or with options. */
export function proxyActivities(options: ActivityOptions): object {
  return new Proxy({}, { get: (_, name) => activity(String(name), options) });
}

function activity(name: string, options: ActivityOptions): object {
  const call = (...args: unknown[]) => callActivity(currentRun(), name, args, options);
  return Object.assign(call, {
    executeWithOptions: (_: object, args: unknown[]) => callActivity(currentRun(), name, args, options),
  });
}

/** The toy server's activities never fail permanently. */
export class ActivityFailure extends Error {}
