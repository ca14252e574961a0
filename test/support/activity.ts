import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createActivities } from '../../src/activities/create-activities.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import type { Db } from '../../src/store/open.ts';
import type { RecordSettings } from '../../src/store/record-finding/record-request.ts';
import { createRecording } from '../../src/updates/recording.ts';
import { TELLS } from './builders.ts';

/** Runs an activity as if in its `attempt`th try. Failures are not logged, since tests provoke them. */
export function anActivityRun(attempt = 1, scheduledTimestampMs = Date.now()): MockActivityEnvironment {
  return new MockActivityEnvironment(
    { attempt, scheduledTimestampMs },
    { logger: new DefaultLogger('ERROR') },
  );
}

interface Told {
  readonly db: Db;
  readonly gateway: Gateway;
  /** Gets the merchant's updates, in their order. */
  readonly told: string[];
  readonly settings?: RecordSettings;
  readonly lifetimeMs?: number;
}

/** The real activities of payments and money, without a run. */
export function activitiesOn({ db, gateway, told, settings = TELLS, lifetimeMs = 1 }: Told) {
  return createActivities({
    recording: createRecording(db, settings, { tell: (_, effects) => void told.push(...effects) }),
    gatewayNamed: () => gateway,
    opening: { pollIntervalMs: 3_600_000, lifetimeMs },
  });
}
