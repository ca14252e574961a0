/** One money world over all tests of a file. */
import { afterAll, beforeAll } from '@jest/globals';
import { startMoneyWorld, type MoneyWorld } from './money-world.ts';

/**
 * Starts it before the first test and closes it after the last. The result is that world, once a test runs.
 */
export function useMoneyWorld(...how: Parameters<typeof startMoneyWorld>): MoneyWorld {
  const at: { started?: MoneyWorld } = {};
  beforeAll(async () => {
    at.started = await startMoneyWorld(...how);
  }, 180_000);
  afterAll(() => at.started?.close(), 60_000);
  return new Proxy({} as MoneyWorld, {
    get: (_, name): unknown => Reflect.get(at.started ?? {}, name),
    set: (_, name, value) => Reflect.set(at.started ?? {}, name, value),
  });
}
