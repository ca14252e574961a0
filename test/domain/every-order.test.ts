import { describe, expect, it } from '@jest/globals';
import { EVENTS } from '../support/order-model.ts';
import { tryEveryOrder } from '../support/every-order.ts';

const LONGEST = 6;

describe('the pure core', () => {
  it(`keeps the promises of contract §5 in every order of ten events up to length ${LONGEST}`, () => {
    const begun = performance.now();
    const { orders, steps, states } = tryEveryOrder(LONGEST);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    process.stdout.write(
      `pure core: ${orders} orders of ${EVENTS.length} events up to length ${LONGEST}: ${steps} steps, ${states} states, ${seconds} s\n`,
    );
    expect(orders).toBe(1_111_110);
    expect(states).toBeGreaterThan(1_000);
  });
});
