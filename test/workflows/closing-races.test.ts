import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { and, eq } from 'drizzle-orm';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import { aCallback } from '../support/builders.ts';
import { startPaymentWorld, type PaymentWorld } from '../support/payment-world.ts';
import { Story } from '../support/story.ts';
import { until } from '../support/until.ts';

/** More on request: 500 take two minutes of CPU time. */
const SESSIONS = Number(process.env['RACES'] ?? 100);
const SIGNALS_EACH = 4;
const AT_ONCE = 12;
/**
 * About the time from the record of the last look to the run's end; signals are spread over it and a little
 * beyond.
 */
const CLOSING_MS = 24;

let world: PaymentWorld;
beforeAll(async () => {
  world = await startPaymentWorld('real');
}, 120_000);
afterAll(() => world?.close(), 60_000);

describe('a run that closes', () => {
  it('loses no signal that it accepts meanwhile', async () => {
    const begun = performance.now();
    const stories: Story[] = [];
    const numbers = Array.from({ length: SESSIONS }, (_, number) => number);
    const take = async () => {
      for (let number = numbers.pop(); number !== undefined; number = numbers.pop())
        stories.push(await race(number));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, take));
    const all = SESSIONS * (SIGNALS_EACH + 1);
    const isHandled = and(eq(deliveries.state, 'handled'), eq(deliveries.outcome, 'accepted'));
    const handled = () => world.store.db.$count(deliveries, isHandled);
    await until('every accepted signal is handled', async () => (await handled()) === all, 60_000);
    const again = stories.reduce((sum, { script }) => sum + script.reads.length - 1, 0);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    process.stdout.write(
      `closing races: ${SESSIONS * SIGNALS_EACH} signals at ${SESSIONS} closing runs, all handled, ${again} more looks, ${seconds} s\n`,
    );
    for (const story of stories) expect(await story.order()).toMatchObject({ status: 'PAID', paidTimes: 1 });
  }, 300_000);
});

/** One paid session, whose last step triggers more callbacks. */
async function race(number: number): Promise<Story> {
  const story = new Story(world, `race${number}`);
  const sent: Promise<void>[] = [];
  const recorded = new Promise<void>((settle) => {
    story.committed = () => {
      const ids = Array.from({ length: SIGNALS_EACH }, (_, index) => `late${index}`);
      if (sent.length === 0) sent.push(...ids.map((id) => aim(story, id)));
      settle();
    };
  });
  await story.open();
  story.turns('AUTHORIZED');
  await story.runs.callback(story.address, aCallback(`${story.reference}/first`));
  await recorded;
  await Promise.all(sent);
  return story;
}

async function aim(story: Story, eventId: string): Promise<void> {
  await sleep(Math.random() * CLOSING_MS);
  await story.runs.callback(story.address, aCallback(`${story.reference}/${eventId}`));
}
