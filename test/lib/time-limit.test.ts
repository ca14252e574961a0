import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inTime, withTimeLimit } from '../../src/lib/time-limit.ts';

const never = new Promise<never>(() => undefined);
/** Ends when its signal does, with the signal's reason. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
  });

describe('an answer in time', () => {
  it('is the answer, or the error that the call throws, unchanged', async () => {
    expect(await inTime(Promise.resolve(1), 1_000)).toBe(1);
    const error = new TypeError('no');
    await expect(inTime(Promise.reject(error), 1_000)).rejects.toBe(error);
  });

  it('is the given error once the time is over, or a TimeoutError where none was given', async () => {
    await expect(inTime(never, 5, () => new RangeError('late'))).rejects.toThrow(new RangeError('late'));
    await expect(inTime(never, 5)).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  it('leaves no unhandled rejection of a call that fails afterwards', async () => {
    const late = sleep(20).then(() => Promise.reject(new Error('afterwards')));
    await expect(inTime(late, 5)).rejects.toMatchObject({ name: 'TimeoutError' });
    await sleep(30);
  });
});

describe('work with a time limit', () => {
  it('returns its answer', async () => {
    expect(await withTimeLimit(1_000, [undefined], () => Promise.resolve('done'))).toBe('done');
  });

  it('is aborted once the time is over', async () => {
    await expect(withTimeLimit(5, [], untilAborted)).rejects.toMatchObject({
      name: 'TimeoutError',
      message: 'no answer within 5 ms',
    });
  });

  it('is aborted by any other signal, with its reason, also by one that was aborted already', async () => {
    const reason = new Error('told to stop');
    const stopping = new AbortController();
    const working = withTimeLimit(10_000, [undefined, stopping.signal], untilAborted);
    stopping.abort(reason);
    await expect(working).rejects.toBe(reason);
    await expect(withTimeLimit(10_000, [AbortSignal.abort(reason)], untilAborted)).rejects.toBe(reason);
  });

  it('leaves no listener', async () => {
    const { signal } = new AbortController();
    const added: unknown[] = [];
    const removed: unknown[] = [];
    const watched = new Proxy(signal, {
      get: (target, name) => {
        if (name === 'addEventListener') return (_: string, listener: unknown) => added.push(listener);
        if (name === 'removeEventListener') return (_: string, listener: unknown) => removed.push(listener);
        return Reflect.get(target, name, target) as unknown;
      },
    });
    await withTimeLimit(1_000, [watched], () => Promise.resolve());
    expect(removed).toEqual(added);
    expect(added).toHaveLength(1);
  });
});
