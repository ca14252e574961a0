/**
 * A gateway is removed from the configuration while it has an open payment: real Workers without its queues,
 * on the server of `npm start`.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { getState } from '../../src/workflows/messages.ts';
import { prepareWorld, type PaymentWorld } from '../support/payment-world.ts';
import { Story } from '../support/story.ts';
import { until } from '../support/until.ts';

let world: PaymentWorld;
beforeAll(async () => {
  world = await prepareWorld('real');
}, 120_000);
afterAll(() => world?.close(), 60_000);

it('a payment of a removed gateway leaves its run at rest, shows the reason, and continues when the gateway is back', async () => {
  const story = new Story(world, 'gone-1');
  const statusOf = async () => (await story.payment()).status;

  let stop = await world.work();
  await story.open();
  const handle = story.client.workflow.getHandle(story.workflowId);
  story.turns('AUTHORIZED');
  await stop();

  stop = await world.work([]);
  await story.call('e1');
  const pending = async () => (await handle.describe()).raw.pendingActivities ?? [];
  await until('its read waits', async () => (await pending()).length === 1, 30_000);
  const [read] = await pending();
  expect(read).toMatchObject({ activityType: { name: 'lookAtPayment' }, lastFailure: null });
  expect((await handle.query(getState)).waitsFor).toContain('looking because of 1 callback');
  expect((await handle.describe()).status.name).toBe('RUNNING');
  expect(await statusOf()).toBe('PENDING');
  await stop();

  stop = await world.work();
  await until('it is paid', async () => (await statusOf()) === 'AUTHORIZED', 30_000);
  expect((await story.order()).paidTimes).toBe(1);
  await until('the merchant knows', async () => (await story.told()).length > 0, 30_000);
  await stop();
}, 120_000);
