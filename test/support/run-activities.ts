/** The activities of a test's Workers: a workflow that calls a missing one does not wait silently. */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type {
  MoneyActivities,
  PaymentActivities,
  UpdateActivities,
  WakingActivities,
} from '../../src/activities/contract.ts';

/** All activities that the runs of a payment and of its money call. */
export type RunActivities = PaymentActivities & MoneyActivities & WakingActivities & UpdateActivities;

/** Takes every call that no other activity of its Worker takes: the SDK knows it by this name. */
export interface AnyActivity {
  default(...args: unknown[]): Promise<unknown>;
}

/** A workflow has called an activity that the stand-in lacks. */
export class MissingActivity extends Error {
  override readonly name = 'MissingActivity';
}

/**
 * Records missing activities that are called, and makes them fail for ever. The SDK itself would retry such a
 * call without end.
 */
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

/** For a test that ignores how its Workers stop. @throws MissingActivity */
export function stoppedAnyhow(error: unknown): void {
  if (error instanceof MissingActivity) throw error;
}
