import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { withTimeout } from './run-calls.ts';

const LIMIT_MS = 5_000;

/**
 * Starts a run of which there is one at a time: `running` where there is one already.
 * @throws RunsUnavailable
 */
export async function startOnce(start: () => Promise<unknown>): Promise<'started' | 'running'> {
  const begun = async () => start();
  try {
    await withTimeout(begun(), LIMIT_MS);
    return 'started';
  } catch (error) {
    if ((error as Error).cause instanceof WorkflowExecutionAlreadyStartedError) return 'running';
    throw error;
  }
}
