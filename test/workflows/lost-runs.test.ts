/**
 * Runs that are gone, because of an operator or with their namespace: the next run finds everything in the
 * right state.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eq } from 'drizzle-orm';
import { closedBy } from '../../src/domain/finding.ts';
import { recordFinding } from '../../src/store/record-finding/write.ts';
import { outbox } from '../../src/store/schema/update-tables.ts';
import { aRecord, TELLS } from '../support/builders.ts';
import { startPaymentWorld, type PaymentWorld } from '../support/payment-world.ts';
import { Story } from '../support/story.ts';
import { until } from '../support/until.ts';

const HOUR = 3_600_000;
const PENDING = 'order.payment_pending';

let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld('skipping');
}, 120_000);
afterAll(() => world?.close(), 60_000);

/** On hold at the gateway, and its run knows it. */
async function aHold(reference: string): Promise<Story> {
  const story = new Story(world, reference);
  await story.open();
  story.turns('ON_HOLD');
  await story.callback('e1');
  return story;
}

it('a lost run polls a hold again after a visit of the payer alone', async () => {
  const story = await aHold('lost1');
  await story.terminate();
  expect(await story.runs.open(story.address)).toMatchObject({ kind: 'open', status: 'ON_HOLD' });
  story.turns('AUTHORIZED');
  await story.pass(HOUR + 60_000);
  expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
});

it('a lost run expires a hold that turns out to be no payment, although the new run began with the hold', async () => {
  const story = await aHold('lost3');
  await story.terminate();
  await story.runs.open(story.address);
  story.turns('UNCLEAR');
  await story.pass(2 * HOUR + 10 * 60_000);
  expect((await story.payment()).status).toBe('REVIEW');
  story.turns('INITIATED');
  await story.pass(3 * HOUR);
  expect(await story.payment()).toMatchObject({ status: 'EXPIRED' });
});

it('a run sends an unsent update when it is told to, although it was running and nothing has changed', async () => {
  const story = await aHold('untold');
  const told = () => story.told();
  await until('the first attempt is made', async () => (await told()).length === 1);
  await world.store.db
    .update(outbox)
    .set({ state: 'pending', finishedAt: null })
    .where(eq(outbox.orderReference, story.reference));
  for (const { effectId } of await story.outbox()) await story.runs.tell(story.address, effectId);
  await story.quiet();
  expect([await story.updates(), await told()]).toEqual([[PENDING], [PENDING]]);
});

it('a lost run ends a payment that never had a session, handles its messages, and sends its unsent updates', async () => {
  const story = new Story(world, 'lost2');
  const payment = await story.claim();
  const finding = { ...closedBy('order_paid'), status: 'EXPIRED', closedBy: 'expiry' } as const;
  await recordFinding(world.store.db, aRecord(payment, { finding }), TELLS);
  expect(await story.runs.open(story.address)).toEqual({ kind: 'not_open', status: 'EXPIRED' });
  await story.call('e1');
  await story.runs.look(story.address, { why: 'unwatched', at: new Date().toISOString() });
  for (const { effectId } of await story.outbox()) await story.runs.tell(story.address, effectId);
  const handle = world.server.client.workflow.getHandle(story.workflowId);
  expect(await handle.result()).toMatchObject({ status: 'NOT_OPENED' });
  expect(await story.deliveries('handled')).toContain('e1');
  expect(await story.told()).toEqual(await story.updates());
});
