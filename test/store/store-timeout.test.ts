import { expect, it } from '@jest/globals';
import { isStoreUnavailable, StoreUnavailable, withStoreTimeout } from '../../src/store/errors.ts';

it('a statement is ended after its time, and is a failure of the store', async () => {
  const error: unknown = await withStoreTimeout(new Promise(() => undefined), 10).catch(
    (late: unknown) => late,
  );
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).toMatchObject({ message: 'no answer from the store within 10 ms' });
  expect(isStoreUnavailable(error)).toBe(true);
  expect(isStoreUnavailable(new Error('reading', { cause: error }))).toBe(true);
});

it('answers and errors of the store are passed on unchanged', async () => {
  const wrong = new Error('a wrong statement');
  expect(await withStoreTimeout(Promise.resolve(1), 10)).toBe(1);
  await expect(withStoreTimeout(Promise.reject(wrong), 10)).rejects.toBe(wrong);
  expect(isStoreUnavailable(wrong)).toBe(false);
});
