/**
 * Makes every call to a run: with a time limit, retried where the run was just closing, and with our own
 * errors.
 */
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { inTime } from '../lib/time-limit.ts';

/** Temporal or its worker did not answer in time. The requested work may or may not happen. */
export class RunsUnavailable extends Error {
  override readonly name = 'RunsUnavailable';
}

/** The run ended during the call: the caller starts again from the order's row. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

export interface RunsSettings {
  readonly taskQueue: string;
  readonly updateTimeoutMs: number;
  readonly signalTimeoutMs: number;
  /**
   * How long a worker may take for one task of a run before another worker gets it. Temporal's default is 10
   * s.
   */
  readonly workflowTaskTimeoutMs?: number;
  /**
   * Called where a start fails because the namespace lacks a search attribute. True where the start is worth
   * retrying.
   */
  readonly repair?: () => Promise<boolean>;
}

/** The time-out as an option of a start. */
export function taskTimeoutOf({ workflowTaskTimeoutMs: ms }: RunsSettings): { workflowTaskTimeout?: number } {
  return ms === undefined ? {} : { workflowTaskTimeout: ms };
}

export interface Calls {
  /** @throws RunsUnavailable | RunEnded */
  update<T>(call: () => Promise<T>): Promise<T>;
  /** @throws RunsUnavailable */
  signal<T>(call: () => Promise<T>): Promise<T>;
}

export function createCalls(settings: RunsSettings): Calls {
  /** A server that was replaced while the process ran does not have our search attributes. */
  async function repairing<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (!isUnprepared(error) || !(await settings.repair?.())) throw error;
      return call();
    }
  }
  return {
    update: (call) =>
      withTimeout(
        retryUpdate(() => repairing(call)),
        settings.updateTimeoutMs,
      ),
    signal: (call) => withTimeout(repairing(call), settings.signalTimeoutMs),
  };
}

const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;

/** Retried, at most three times in all, where the run was just closing. */
async function retryUpdate<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (hasEnded(error)) throw new RunEnded('the run ended under the update', { cause: error });
      const isClosing = codeOf(error) === FAILED_PRECONDITION && /workflow task failure/.test(String(error));
      if (!isClosing || attempt === 3) throw new RunsUnavailable('asking the run', { cause: error });
    }
  }
}

function hasEnded(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return false;
  if (!(error instanceof WorkflowUpdateFailedError)) return false;
  return error.cause instanceof ApplicationFailure && error.cause.type === 'AcceptedUpdateCompletedWorkflow';
}

function isUnprepared(error: unknown): boolean {
  const { message, cause } = error as Error;
  const text = `${message} ${cause instanceof Error ? cause.message : ''}`;
  return codeOf(error) === INVALID_ARGUMENT && /no mapping defined for search attribute/.test(text);
}

function codeOf(error: unknown): number | undefined {
  const { code, cause } = error as { code?: number; cause?: { code?: number } };
  return code ?? cause?.code;
}

/** The SDK's own backoff ignores deadlines, so every call races a timer of ours. */
export async function withTimeout<T>(call: Promise<T>, ms: number, whom = 'Temporal'): Promise<T> {
  const tooLate = () => new RunsUnavailable(`no answer from ${whom} within ${ms} ms`);
  try {
    return await inTime(call, ms, tooLate);
  } catch (error) {
    if (error instanceof RunEnded || error instanceof RunsUnavailable) throw error;
    throw new RunsUnavailable(`calling ${whom}`, { cause: error });
  }
}
