/** The texts of failed activities, as Temporal, its history, the Web UI and the Worker's log show them. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { isHopeless, NoSuchRow, withoutValues } from '../store/errors.ts';
import { rootOf } from '../lib/root-of.ts';

/** How often an input that can't succeed is tried, in case the first failures were wrong. */
const HOPELESS_ATTEMPTS = 3;

/**
 * Wraps every activity. No failure shows the values that were to be stored. An activity whose input can't
 * succeed ends, so that its run can look again instead of waiting forever. An activity runs only for a
 * workflow, since a workflow has decided on its input.
 */
export function failsInWords(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        if (!Context.current().info.inWorkflow)
          throw ApplicationFailure.nonRetryable(
            "this activity runs only for paidonce's workflows",
            'NO_WORKFLOW',
          );
        try {
          return await next(input);
        } catch (error) {
          throw rewritten(error, Context.current().info.attempt);
        }
      },
    },
  };
}

function rewritten(error: unknown, attempt: number): unknown {
  if (attempt < HOPELESS_ATTEMPTS || !isHopeless(error)) return withoutValues(error);
  const type = error instanceof NoSuchRow ? 'NO_SUCH_ROW' : 'INPUT_REFUSED';
  return ApplicationFailure.nonRetryable(`this can't succeed: ${rootOf(error)}`, type);
}
