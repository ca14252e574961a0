/** The product's activities for one order, on the gateway of its story and the world's store. */
import { createActivities } from '../../src/activities/create-activities.ts';
import { createUpdateActivities } from '../../src/activities/notify-merchant.ts';
import { createRecording } from '../../src/updates/recording.ts';
import { createWakingActivities } from '../../src/activities/start-workflows.ts';
import { FirstAttempts } from '../../src/updates/first-attempts.ts';
import type { RunActivities } from './run-activities.ts';
import type { Story } from './story.ts';

/** From the claim to the gateway's deadline. */
export const LIFETIME_MS = 4 * 3_600_000;

export function activitiesOf(story: Story): RunActivities {
  const { store, runs, money, shop } = story.world;
  const { db } = store;
  const endpoint = { url: shop.url, timeoutMs: 10_000, secrets: [] };
  const firstAttempts = new FirstAttempts({
    db,
    endpoint,
    slots: 50,
    log: { warn: () => undefined },
    handOver: (payment, effectId) => runs.tell(payment, effectId),
  });
  const settings = {
    livemode: () => false,
    tells: true,
    get policy() {
      return story.policy;
    },
  };
  const recording = createRecording(db, settings, {
    tell(reference, effects) {
      story.committed();
      if (!story.isMerchantDeaf) firstAttempts.tell(reference, effects);
    },
  });
  const opening = {
    lifetimeMs: LIFETIME_MS,
    get pollIntervalMs() {
      return story.pollIntervalMs;
    },
  };
  return {
    ...createActivities({ recording, gatewayNamed: () => story.gateway, opening }),
    ...createWakingActivities({ db, runs, money }),
    ...createUpdateActivities({ db, endpoint }),
  };
}
