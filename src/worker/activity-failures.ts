/** What a failed activity says to Temporal, and so in the history, the Web UI and the Worker's log. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { isHopeless, NoSuchRow, withoutValues } from '../store/errors.ts';
import { rootOf } from '../lib/root-of.ts';

/** What can't succeed is tried so often, in case that it only seemed so. */
const HOPELESS_ATTEMPTS = 3;

/**
 * Around every activity: no failure carries what was to be written into the store, and one whose input can't succeed ends, so that its
 * run can look again instead of waiting for ever. Nothing is done but for a workflow: what its input says, a workflow has decided.
 */
export function failsInWords(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        if (!Context.current().info.inWorkflow)
          throw ApplicationFailure.nonRetryable("this is done for paidonce's workflows only", 'NO_WORKFLOW');
        try {
          return await next(input);
        } catch (error) {
          throw told(error, Context.current().info.attempt);
        }
      },
    },
  };
}

function told(error: unknown, attempt: number): unknown {
  if (attempt < HOPELESS_ATTEMPTS || !isHopeless(error)) return withoutValues(error);
  const type = error instanceof NoSuchRow ? 'NO_SUCH_ROW' : 'INPUT_REFUSED';
  return ApplicationFailure.nonRetryable(`this can't succeed: ${rootOf(error)}`, type);
}
