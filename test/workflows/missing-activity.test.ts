/** The tests' own Workers: an activity that they lack is named, and not retried without end. */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { prepareWorld, type PaymentWorld } from '../support/payment-world.ts';
import type { RunActivities } from '../support/run-activities.ts';
import { Story } from '../support/story.ts';
import { until } from '../support/until.ts';
import { startWorkers, workflowBundle } from '../support/workers.ts';

/** Workers that lack every activity. */
const LACKING = {} as RunActivities;

let world: PaymentWorld;
beforeAll(async () => {
  world = await prepareWorld('skipping');
}, 120_000);
afterAll(() => world?.close());

it('an activity that a stand-in lacks is not waited for, and the stop of the Workers names it', async () => {
  const stop = await startWorkers(world.server.native, await workflowBundle(), LACKING);
  const story = new Story(world, 'lacking');
  await story.open();
  await story.call('e1');
  const handle = story.client.workflow.getHandle(story.workflowId);
  const failure = async () => {
    const { events } = await handle.fetchHistory();
    return events?.find((event) => event.activityTaskFailedEventAttributes)
      ?.activityTaskFailedEventAttributes;
  };
  await until('the call has failed permanently', async () => (await failure()) !== undefined, 30_000);
  await expect(stop()).rejects.toThrow("add lookAtPayment to the activities of this test's Workers");
}, 60_000);
