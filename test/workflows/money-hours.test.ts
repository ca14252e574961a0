/**
 * Events that take hours, on a server whose clock runs ahead. This server accepts no second update to a run:
 * see the closing races.
 */
import { describe, expect, it } from '@jest/globals';
import { aPaidPayment, doneAt, operate, operationOf, reread, untilFinished } from '../support/money-world.ts';
import { until } from '../support/until.ts';
import { useMoneyWorld } from '../support/use-money-world.ts';

const HOUR = 3_600_000;

const world = useMoneyWorld('skipping');

describe('an operation whose answer was lost', () => {
  it('is given up after an hour in which no reading shows it, and never sent again', async () => {
    const faults = { capture: { drop: 'before', times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    expect(await operate(world, payment, 'capture', 'c1', 4_000)).toMatchObject({ state: 'unknown' });
    await world.sleep(30 * 60_000);
    expect((await operationOf(world, payment, 'capture', 'c1')).state).toBe('unknown');
    await world.sleep(HOUR);
    await untilFinished(world, payment, 'capture', 'c1');
    expect(await operationOf(world, payment, 'capture', 'c1')).toMatchObject({
      state: 'failed',
      code: 'not_confirmed',
    });
    expect(await doneAt(world, payment)).toEqual([]);
    await until('the merchant is notified', () => world.told.includes('order.capture_failed'), 30_000);
  }, 120_000);

  it('is not given up while the gateway gives no clear answer, for any time', async () => {
    const faults = { capture: { drop: 'after', times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    expect((await operate(world, payment, 'capture', 'c1', 4_000)).state).toBe('unknown');
    await world.sandbox.call('POST', '/__sim/faults', { readTransaction: { status: 404 } });
    await world.sleep(3 * HOUR);
    expect((await operationOf(world, payment, 'capture', 'c1')).state).not.toBe('failed');
    await world.sandbox.call('DELETE', '/__sim/faults');
    await world.sleep(2 * HOUR);
    await untilFinished(world, payment, 'capture', 'c1');
    expect(await operationOf(world, payment, 'capture', 'c1')).toMatchObject({
      state: 'done',
      amount: 4_000,
    });
  }, 120_000);

  it('that the gateway shows as pending is waited for, for any time', async () => {
    const faults = { capture: { pending: true, result: 'never', times: 1 } };
    const payment = await aPaidPayment(world, { outcome: 'authorize', faults });
    expect(await operate(world, payment, 'capture', 'c1')).toMatchObject({ state: 'pending' });
    await world.sleep(73 * HOUR);
    expect((await operationOf(world, payment, 'capture', 'c1')).state).toBe('pending');
    expect((await reread(world, payment.id)).status).toBe('AUTHORIZED');
  }, 120_000);
});
