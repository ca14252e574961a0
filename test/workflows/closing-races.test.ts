import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDevWorld, type DevWorld } from '../support/dev-server.ts';
import { callbackSignal, type FakeOrder, newFakeOrder } from '../support/fake-activities.ts';
import { addressOf, claimPayment, newOrder } from '../support/memory-store.ts';
import { change, newPsp } from '../support/simulated-psp.ts';
import { until } from '../support/until.ts';

const SESSIONS = 500;
const SIGNALS_EACH = 4;
const AT_ONCE = 12;
/**
 * About the time from the record of the last look to the run's end; signals are spread over it and a little
 * beyond.
 */
const CLOSING_MS = 24;

let world: DevWorld;
beforeAll(async () => {
  world = await startDevWorld();
}, 120_000);
afterAll(() => world?.close(), 60_000);

describe('a run that closes', () => {
  it('loses no signal that was accepted while it did', async () => {
    const begun = performance.now();
    const fakes: FakeOrder[] = [];
    const numbers = Array.from({ length: SESSIONS }, (_, number) => number);
    const take = async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop())
        fakes.push(await race(number));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, take));
    const isHandled = ({ order }: FakeOrder) => order.handled.size === SIGNALS_EACH + 1;
    await until('every accepted signal is handled', () => fakes.every(isHandled), 60_000);
    const again = fakes.reduce((sum, { reads }) => sum + reads.length - 1, 0);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    process.stdout.write(
      `closing races: ${SESSIONS * SIGNALS_EACH} signals at ${SESSIONS} closing runs, all handled, ${again} more looks, ${seconds} s\n`,
    );
    for (const { order } of fakes) expect(order).toMatchObject({ status: 'PAID', paidTimes: 1 });
  }, 300_000);
});

/** One paid session, whose last step triggers more callbacks. */
async function race(number: number): Promise<FakeOrder> {
  const fake = newFakeOrder(newOrder(`race${number}`, { amountMinor: 100, currency: 'NOK' }), newPsp(), () =>
    Promise.resolve(Date.now()),
  );
  world.orders.set(fake.order.reference, fake);
  const claimed = claimPayment(fake.order, Date.now());
  if (claimed.kind === 'refused') throw new Error('a new order takes no payment');
  const address = addressOf(claimed.payment);
  const sent: Promise<void>[] = [];
  const recorded = new Promise<void>((settle) => {
    fake.before.recording = () => {
      const ids = Array.from({ length: SIGNALS_EACH }, (_, index) => `late${index}`);
      if (sent.length === 0) sent.push(...ids.map((id) => aim(address, id)));
      settle();
    };
  });
  await world.runs.open(address);
  for (const session of fake.psp.sessions) change(session, 'AUTHORIZED');
  await world.runs.callback(address, callbackSignal('first'));
  await recorded;
  await Promise.all(sent);
  return fake;
}

async function aim(address: ReturnType<typeof addressOf>, eventId: string): Promise<void> {
  await sleep(Math.random() * CLOSING_MS);
  await world.runs.callback(address, callbackSignal(eventId));
}
