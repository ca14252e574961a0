/**
 * How calls to Temporal end: the client's errors, translated to ours. Design §3, "What the client throws".
 */
import { describe, expect, it, jest } from '@jest/globals';
import {
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { RunEnded, RunsUnavailable, withTimeout } from '../../src/temporal/run-calls.ts';
import { createPaymentRuns } from '../../src/temporal/payment-runs.ts';

const PAYMENT = { paymentId: 'pay_1', orderReference: '1001', n: 2, gateway: 'dintero' };
const OPEN = { kind: 'open', status: 'PENDING', sessionId: 's', checkoutUrl: 'u' } as const;

type Call = (...args: unknown[]) => Promise<unknown>;

function runsWith(calls: { update?: Call; signalWithStart?: Call; signal?: Call }) {
  const workflow = {
    executeUpdateWithStart: calls.update,
    signalWithStart: calls.signalWithStart,
    getHandle: () => ({ signal: calls.signal }),
  };
  const settings = { taskQueue: 'payments', updateTimeoutMs: 200, signalTimeoutMs: 100 };
  return createPaymentRuns({ workflow } as unknown as Client, settings);
}

function failed(type: string): WorkflowUpdateFailedError {
  return new WorkflowUpdateFailedError('update failed', ApplicationFailure.create({ type, message: 'x' }));
}

describe('the runs of payments', () => {
  it('are called once for all parallel openings of one payment', async () => {
    const update = jest.fn<Call>(() => Promise.resolve(OPEN));
    const runs = runsWith({ update });
    const answers = await Promise.all(Array.from({ length: 50 }, () => runs.open(PAYMENT)));
    expect(new Set(answers)).toEqual(new Set([OPEN]));
    expect(update).toHaveBeenCalledTimes(1);
    await runs.open(PAYMENT);
    expect(update).toHaveBeenCalledTimes(2);
  });

  it('are called again by the next opening after a failure', async () => {
    const update = jest.fn<Call>(() => Promise.resolve(OPEN)).mockRejectedValueOnce(new Error('no'));
    const runs = runsWith({ update });
    await expect(runs.open(PAYMENT)).rejects.toThrow(RunsUnavailable);
    expect(await runs.open(PAYMENT)).toBe(OPEN);
  });

  it('have ended when the update was accepted and the run is over', async () => {
    const runs = runsWith({ update: () => Promise.reject(failed('AcceptedUpdateCompletedWorkflow')) });
    await expect(runs.open(PAYMENT)).rejects.toThrow(RunEnded);
  });

  it.each([
    ['no worker in time', new WorkflowUpdateRPCTimeoutOrCancelledError('late')],
    ['ten updates in flight', Object.assign(new Error('concurrent in-flight updates'), { code: 8 })],
    ['too many updates', Object.assign(new Error('total number of distinct updates'), { code: 9 })],
    ['no search attribute', Object.assign(new Error('no mapping defined for search attribute'), { code: 3 })],
    ['any other failure', failed('SOMETHING')],
  ])('are not available with %s', async (_, error) => {
    const update = jest.fn<Call>(() => Promise.reject(error));
    await expect(runsWith({ update }).open(PAYMENT)).rejects.toThrow(RunsUnavailable);
    expect(update).toHaveBeenCalledTimes(1);
  });

  it('are called three times when the call met a closing run', async () => {
    const closing = Object.assign(new Error('unexpected workflow task failure'), { code: 9 });
    const update = jest
      .fn<Call>(() => Promise.resolve(OPEN))
      .mockRejectedValueOnce(closing)
      .mockRejectedValueOnce(closing);
    expect(await runsWith({ update }).open(PAYMENT)).toBe(OPEN);
    expect(update).toHaveBeenCalledTimes(3);
    const never = jest.fn<Call>(() => Promise.reject(closing));
    await expect(runsWith({ update: never }).open(PAYMENT)).rejects.toThrow(RunsUnavailable);
    expect(never).toHaveBeenCalledTimes(3);
  });

  it('are not available when no answer arrives in time', async () => {
    const runs = runsWith({
      update: () => new Promise(() => undefined),
      signalWithStart: () => new Promise(() => undefined),
    });
    const signal = { eventId: 'e', contentHash: 'c', claim: {}, receivedAt: 'now' };
    await expect(runs.open(PAYMENT)).rejects.toThrow('no answer from Temporal within 200 ms');
    await expect(runs.callback(PAYMENT, signal)).rejects.toThrow('no answer from Temporal within 100 ms');
  });

  it('are named by order and number, and started by a verified callback', async () => {
    const signalWithStart = jest.fn<Call>(() => Promise.resolve());
    const signal = { eventId: 'e', contentHash: 'c', claim: {}, receivedAt: 'now' };
    await runsWith({ signalWithStart }).callback(PAYMENT, signal);
    expect(signalWithStart).toHaveBeenCalledWith(
      'paymentSession',
      expect.objectContaining({
        workflowId: 'payment/1001/2',
        taskQueue: 'payments',
        signalArgs: [signal],
        args: [PAYMENT],
      }),
    );
  });

  it('are signalled to send an update that its process could not send, and started for that', async () => {
    const signalWithStart = jest.fn<Call>(() => Promise.resolve());
    await runsWith({ signalWithStart }).tell(PAYMENT, '1001/order.paid');
    const [workflow, options] = signalWithStart.mock.calls[0] as [
      string,
      { workflowId: string; signal: { name: string }; signalArgs: unknown[] },
    ];
    expect([workflow, options.workflowId]).toEqual(['paymentSession', 'payment/1001/2']);
    expect(options.signal.name).toBe('tellMerchant');
    expect(options.signalArgs).toEqual(['1001/order.paid']);
    const away = runsWith({ signalWithStart: () => Promise.reject(new Error('no server')) });
    await expect(away.tell(PAYMENT, '1001/order.paid')).rejects.toThrow(RunsUnavailable);
  });

  it('are never started by a poke, which returns false where none is running', async () => {
    const gone = new WorkflowNotFoundError('gone', 'payment/1001/2', undefined);
    const poke = { why: 'return', at: 'now' } as const;
    expect(await runsWith({ signal: () => Promise.reject(gone) }).poke(PAYMENT, poke)).toBe(false);
    expect(await runsWith({ signal: () => Promise.resolve() }).poke(PAYMENT, poke)).toBe(true);
    const away = Object.assign(new Error('UNAVAILABLE'), { code: 14 });
    await expect(runsWith({ signal: () => Promise.reject(away) }).poke(PAYMENT, poke)).rejects.toThrow(
      RunsUnavailable,
    );
  });
});

describe('a call with a time limit', () => {
  it('names the called service and the reason in its error', async () => {
    await expect(withTimeout(new Promise(() => undefined), 10, 'the store')).rejects.toThrow(
      'no answer from the store within 10 ms',
    );
    const cause = new Error('why');
    await expect(withTimeout(Promise.reject(cause), 10)).rejects.toMatchObject({ cause });
    expect(await withTimeout(Promise.resolve(1), 10)).toBe(1);
  });
});
