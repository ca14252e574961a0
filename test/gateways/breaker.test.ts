/** When calls to a silent gateway are stopped, and when they continue. */
import { describe, expect, it } from '@jest/globals';
import type { OperationAnswer } from '../../src/gateways/gateway.ts';
import { GatewayRejected, GatewayUnavailable } from '../../src/gateways/gateway-errors.ts';
import { stopWhenSilent } from '../../src/gateways/stop-when-silent.ts';
import { aSimulator } from '../support/simulation.ts';

const silence = () => Promise.reject(new GatewayUnavailable('no answer', { kind: 'silent' }));

function aGuarded() {
  const at = {
    now: 1_000_000,
    calls: 0,
    answer: silence as () => Promise<unknown>,
    changes: [] as [string, boolean][],
  };
  const call = async () => {
    at.calls += 1;
    return (await at.answer()) as never;
  };
  const inner = aSimulator({ id: 'psp', readPayment: call, cancelSession: call, operate: call });
  const events = { changed: (name: string, isOpen: boolean) => void at.changes.push([name, isOpen]) };
  const gateway = stopWhenSilent(inner, events, () => at.now);
  const read = (payment: number | string) =>
    gateway.readPayment({ sessionId: `s${payment}` }).then(
      () => 'answered',
      (error: unknown) => `${(error as GatewayUnavailable).kind}: ${(error as Error).message}`,
    );
  return { at, gateway, read };
}

/** Calls for five payments got no answer. */
async function aStopped() {
  const made = aGuarded();
  for (const payment of [1, 2, 3, 4, 5]) await made.read(payment);
  return made;
}

describe('a call of a gateway', () => {
  it('is stopped before it is made once five payments have got no answer, and is reported as stopped', async () => {
    const { at, read } = await aStopped();
    expect(await read(6)).toMatch(/^stopped: psp readPayment: not called/);
    expect(at.calls).toBe(5);
    expect(at.changes).toEqual([['readPayment', true]]);
  });

  it('gets a turn of its own when it is stopped: some wait for seconds, many for longer', async () => {
    const { gateway } = await aStopped();
    const turns: number[] = [];
    for (let payment = 0; payment < 400; payment += 1)
      await gateway.readPayment({ sessionId: `s${payment}` }).catch((error: unknown) => {
        turns.push((error as GatewayUnavailable).turnInMs ?? 0);
      });
    expect(turns[0]).toBeGreaterThanOrEqual(5_000);
    expect(turns[49]).toBeLessThan(10_000);
    expect(turns.at(-1)).toBeGreaterThanOrEqual(5_000 + 399 * 50);
    expect(new Set(turns).size).toBe(400);
  });

  it('that is a probe without an answer gets a turn too', async () => {
    const { at, gateway } = await aStopped();
    at.now += 4_000;
    await expect(gateway.readPayment({ sessionId: 's6' })).rejects.toMatchObject({
      kind: 'silent',
      turnInMs: expect.any(Number),
    });
    expect(at.calls).toBe(6);
  });

  it('is never stopped because of one payment that always fails, or of four', async () => {
    const { at, read } = aGuarded();
    for (let index = 0; index < 100; index += 1) await read(index % 4);
    expect(at.calls).toBe(100);
  });

  it('is not stopped by failures that are far apart', async () => {
    const { at, read } = aGuarded();
    for (let payment = 0; payment < 20; payment += 1, at.now += 10_000) await read(payment);
    expect(at.calls).toBe(20);
  });

  it.each([
    ['a refusal', () => Promise.reject(new GatewayRejected('no'))],
    ['429', () => Promise.reject(new GatewayUnavailable('429', { kind: 'rate_limited' }))],
    ['401', () => Promise.reject(new GatewayUnavailable('401', { kind: 'credentials' }))],
    ['not there yet', () => Promise.reject(new GatewayUnavailable('404', { kind: 'absent' }))],
  ])('is not stopped by %s', async (_, answer) => {
    const { at, read } = aGuarded();
    at.answer = answer;
    for (let payment = 0; payment < 20; payment += 1) await read(payment);
    expect(at.calls).toBe(20);
  });

  it('is not stopped where most calls are answered', async () => {
    const { at, read } = aGuarded();
    for (let payment = 0; payment < 60; payment += 1) {
      at.answer = payment % 3 === 0 ? silence : () => Promise.resolve({});
      await read(payment);
    }
    expect(at.calls).toBe(60);
  });

  it('does not stop other calls when it is stopped', async () => {
    const { at, gateway } = await aStopped();
    at.answer = () => Promise.resolve('cancelled');
    expect(await gateway.cancelSession('s7')).toBe('cancelled');
  });

  it('is tried once within five seconds, and is allowed again as soon as it is answered', async () => {
    const { at, read } = await aStopped();
    at.now += 5_000;
    await read(6);
    expect(await read(7)).toMatch(/not called/);
    expect(at.calls).toBe(6);
    at.now += 5_000;
    at.answer = () => Promise.resolve({});
    expect(await read(7)).toBe('answered');
    expect(await read(8)).toBe('answered');
    expect(at.changes).toEqual([
      ['readPayment', true],
      ['readPayment', false],
    ]);
  });
});

describe('operations', () => {
  const operation = (payment: number) =>
    ({
      transactionId: `t${payment}`,
      kind: 'capture',
      reference: 'r',
      amountMinor: 1,
      currency: 'NOK',
      idempotencyKey: 'k',
    }) as const;

  it('are stopped before anything is marked as sent, and an expected call is not checked again', async () => {
    const { at, gateway } = aGuarded();
    at.answer = (): Promise<OperationAnswer> => Promise.resolve({ kind: 'lost', reason: 'no answer' });
    for (const payment of [1, 2, 3, 4, 5]) await gateway.operate(operation(payment));
    expect(() => gateway.expectToOperate?.()).toThrow(GatewayUnavailable);
    at.now += 5_000;
    gateway.expectToOperate?.();
    at.answer = () => Promise.resolve({ kind: 'answered' });
    expect(await gateway.operate(operation(6))).toEqual({ kind: 'answered' });
    expect(() => gateway.expectToOperate?.()).not.toThrow();
  });
});
