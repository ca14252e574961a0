/** The activities of a test's Workers: a workflow that calls one that is missing does not wait in silence. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../../src/activities/contract.ts';

/** All that the runs of a payment and of its money call. */
export type RunActivities = PaymentActivities & MoneyActivities & WakingActivities & UpdateActivities;

/** Takes every call that no other activity of its Worker takes: the SDK knows it by this name. */
export interface AnyActivity {
  default(...args: unknown[]): Promise<unknown>;
}

/** A workflow has called what the stand-in does not have. */
export class MissingActivity extends Error {
  override readonly name = 'MissingActivity';
}

/** Notes what is called and missing, and refuses it for good: by itself, the SDK has such a call retried without end. */
export function refusing(missing: Set<string>): AnyActivity {
  return {
    default() {
      const { activityType } = Context.current().info;
      missing.add(activityType);
      const words = `the Workers of this test have no activity ${activityType}`;
      return Promise.reject(ApplicationFailure.nonRetryable(words, MissingActivity.name));
    },
  };
}

/** For a test that does not mind how its Workers stop. @throws MissingActivity */
export function stoppedAnyhow(error: unknown): void {
  if (error instanceof MissingActivity) throw error;
}
