/**
 * A session that can't be opened: shoppers get an answer, the tries stop when no caller asks, and the next
 * click gets the session.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { withHeartbeat } from '../../src/activities/heartbeat.ts';
import { openingTakesLong, paymentWorkflowId } from '../../src/workflows/messages.ts';
import { callbackSignal, type FakeOrder, newFakeOrder } from '../support/fake-activities.ts';
import { addressOf, claimPayment, newOrder, type StoredPayment } from '../support/memory-store.ts';
import { untilQuiet } from '../support/quiet.ts';
import { createSession, newPsp } from '../support/simulated-psp.ts';
import { startTimeSkippingWorld, type TimeSkippingWorld } from '../support/time-skipping.ts';
import { until } from '../support/until.ts';

const NOK = { amountMinor: 72_200, currency: 'NOK' };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

let world: TimeSkippingWorld;
let made = 0;
beforeAll(async () => {
  world = await startTimeSkippingWorld();
}, 120_000);
afterAll(() => world.close(), 60_000);

interface Waiting {
  readonly fake: FakeOrder;
  readonly payment: () => StoredPayment;
  readonly workflowId: string;
}

/** Claimed, at a gateway that does not open it. */
async function aDeafGateway(): Promise<Waiting> {
  made += 1;
  const reference = `opening${made}`;
  const fake = newFakeOrder(newOrder(reference, NOK), newPsp(), () => world.env.currentTimeMs());
  fake.isDeafToOpenings = true;
  world.orders.set(reference, fake);
  const claimed = claimPayment(fake.order, await world.env.currentTimeMs());
  if (claimed.kind === 'refused') throw new Error('the order takes no payment');
  const { n } = claimed.payment;
  const payment = () => fake.order.payments[n - 1] as StoredPayment;
  return { fake, payment, workflowId: paymentWorkflowId(payment()) };
}

/** A shopper clicks; returns the answer, within a quarter of a minute. */
async function click({ payment }: Waiting): Promise<string> {
  const heard = world.runs.open(addressOf(payment()));
  const [{ kind }] = await Promise.all([heard, world.env.sleep(14 * SECOND)]);
  return kind;
}

/** Seconds between the tries; the server's clock adds about a second. */
function gapsOf({ fake: { openings } }: Waiting): number[] {
  return openings.slice(1).map((at, index) => Math.floor((at - (openings[index] ?? 0)) / SECOND));
}

async function pass({ workflowId }: Waiting, ms: number): Promise<void> {
  await world.env.sleep(ms);
  await untilQuiet(world.env.client, workflowId);
}

const eventsOf = async ({ workflowId }: Waiting) =>
  (await world.env.client.workflow.getHandle(workflowId).fetchHistory()).events ?? [];
const updatesOf = ({ fake }: Waiting) => fake.order.updates.map(({ type }) => type);

describe('a gateway that opens no session', () => {
  it('has shoppers told so in time, is left alone when they have left, and the next click gets the session', async () => {
    const waiting = await aDeafGateway();
    expect(await click(waiting)).toBe('still_opening');
    await pass(waiting, 5 * MINUTE);
    const tries = waiting.fake.openings.length;
    expect(gapsOf(waiting)).toEqual([1, 2, 5, 15, 60]);
    await pass(waiting, 2 * HOUR);
    expect(waiting.fake.openings).toHaveLength(tries);
    waiting.fake.isDeafToOpenings = false;
    expect(await click(waiting)).toBe('open');
    expect(waiting.fake.openings).toHaveLength(tries + 1);
    expect(waiting.fake.psp.sessions).toHaveLength(1);
    expect((await eventsOf(waiting)).length).toBeLessThan(110);
  }, 120_000);

  it('is asked at once by the next click, not when the next try was due', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await pass(waiting, 30 * SECOND);
    waiting.fake.isDeafToOpenings = false;
    // The next try is due in fifty seconds.
    expect(await click(waiting)).toBe('open');
  }, 60_000);

  it('lets no calls pile up: twelve that come at once are all answered', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    const { client } = world.env;
    const handle = client.workflow.getHandle(waiting.workflowId);
    const all = Array.from({ length: 12 }, () =>
      handle
        .executeUpdate<{ kind: string }, []>('openSession')
        .catch((error: unknown) => ({ kind: String(error) })),
    );
    const [kinds] = await Promise.all([Promise.all(all), world.env.sleep(14 * SECOND)]);
    expect(new Set(kinds.map(({ kind }) => kind))).toEqual(new Set(['still_opening']));
  }, 60_000);

  it('is asked again at the deadline of a payment that rests, which expires, and the shop hears of it', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await pass(waiting, 4 * HOUR + MINUTE);
    expect(waiting.payment().status).toBe('EXPIRED');
    expect(updatesOf(waiting)).toEqual(['order.payment_expired']);
    expect((await eventsOf(waiting)).at(-1)?.workflowExecutionCompletedEventAttributes).toBeTruthy();
  }, 120_000);

  it('does not keep the merchant from cancelling, and what it may have opened is looked for and closed', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await pass(waiting, 10 * MINUTE);
    createSession(waiting.fake.psp, {
      sessionId: 'left-behind',
      reference: waiting.payment().orderReference,
      money: NOK,
      paymentId: waiting.payment().id,
    });
    expect(await world.runs.cancel(addressOf(waiting.payment()), { noteKey: 'note' })).toEqual({
      kind: 'cancelled',
    });
    expect(waiting.payment().status).toBe('CANCELLED');
    await pass(waiting, 2 * MINUTE);
    expect(updatesOf(waiting)).toEqual(['order.payment_cancelled']);
    expect(waiting.fake.surplusClosed).toEqual(['left-behind']);
  }, 60_000);

  it('closes it too where another payment has paid the order, while it is being tried', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await world.runs.close(addressOf(waiting.payment()));
    await pass(waiting, 2 * MINUTE);
    expect(waiting.payment().status).toBe('CANCELLED');
  }, 60_000);

  it('is asked for as long as a callback names the payment, which no merchant can cancel meanwhile', async () => {
    const waiting = await aDeafGateway();
    await click(waiting);
    await pass(waiting, 10 * MINUTE);
    const before = waiting.fake.openings.length;
    await world.runs.callback(addressOf(waiting.payment()), callbackSignal('e1'));
    await pass(waiting, HOUR);
    expect(waiting.fake.openings.length - before).toBeGreaterThan(10);
    expect(await world.runs.cancel(addressOf(waiting.payment()), { noteKey: 'note' })).toEqual({
      kind: 'refused',
      status: 'PENDING',
    });
    const noReview = { decision: 'dismiss', noteKey: 'n' } as const;
    expect(await world.runs.resolve(addressOf(waiting.payment()), noReview)).toMatchObject({
      kind: 'not_in_review',
    });
    waiting.fake.isDeafToOpenings = false;
    await pass(waiting, 6 * MINUTE);
    expect(waiting.fake.psp.sessions).toHaveLength(1);
  }, 120_000);
});

describe('a try that takes long', () => {
  it('has shoppers told without it, is not given up, and serves those that ask later', async () => {
    const waiting = await aDeafGateway();
    waiting.fake.isDeafToOpenings = false;
    let release = () => {};
    const gate = new Promise<void>((settle) => (release = settle));
    waiting.fake.before.openSession = () => withHeartbeat(() => gate);
    const heard = world.runs.open(addressOf(waiting.payment()));
    await until('the run is there', async () => (await eventsOf(waiting).catch(() => [])).length > 4);
    await world.env.client.workflow.getHandle(waiting.workflowId).signal(openingTakesLong);
    // Time is not skipped: an activity whose worker stops for so long counts as dead.
    expect((await heard).kind).toBe('still_opening');
    const later = world.runs.open(addressOf(waiting.payment()));
    await until('the second call is there', async () => {
      const accepted = (await eventsOf(waiting)).filter(
        (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
      );
      return accepted.length === 2;
    });
    release();
    expect((await later).kind).toBe('open');
    expect(waiting.fake.openings).toHaveLength(1);
    expect(waiting.fake.psp.sessions).toHaveLength(1);
  }, 60_000);
});
