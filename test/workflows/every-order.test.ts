import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { groupsOfOrders, tryGroup } from '../support/every-order-on-temporal.ts';
import { startTimeSkippingWorld, type TimeSkippingWorld } from '../support/time-skipping.ts';

const LONGEST = Number(process.env['LONGEST_ORDER'] ?? 3);

let world: TimeSkippingWorld;
beforeAll(async () => {
  world = await startTimeSkippingWorld();
}, 120_000);
afterAll(() => world.close(), 60_000);

describe('paymentSession', () => {
  it(`ends as the pure model says after every order of ten events up to length ${LONGEST}`, async () => {
    const begun = performance.now();
    let orders = 0;
    for (const [index, group] of groupsOfOrders(LONGEST).entries()) {
      for (const { path, real, expected } of await tryGroup(world, `g${index}`, group)) {
        expect({ path, ...real }).toEqual({ path, ...expected });
        orders += 1;
      }
    }
    const seconds = ((performance.now() - begun) / 1_000).toFixed(0);
    process.stdout.write(`workflows: ${orders} orders of ten events up to length ${LONGEST}, ${seconds} s\n`);
    expect(orders).toBe([0, 10, 110, 1_110][LONGEST]);
  }, 1_800_000);
});
