/** What a failed activity says to Temporal, and so in the history, the Web UI and the Worker's log. */
import type { ActivityInterceptors } from '@temporalio/worker';
import { withoutValues } from '../store/errors.ts';

/** Around every activity: no failure carries what was to be written into the store. */
export function failsWithoutValues(): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        try {
          return await next(input);
        } catch (error) {
          throw withoutValues(error);
        }
      },
    },
  };
}
