/** One API with one store for all tests of a `describe`. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { startTestApi, type TestApi } from './api.ts';
import { openTestStore, type TestStore } from './store.ts';

export interface Door {
  readonly store: TestStore;
  readonly api: TestApi;
}

/**
 * Opens it before the first test and closes it after the last. Every test gets a store, a Temporal and runs
 * in their normal state.
 */
export function useTestApi(env: NodeJS.ProcessEnv = {}): Door {
  const door = {} as { store: TestStore; api: TestApi };
  let usual: TestApi['runs']['answers'];
  beforeAll(async () => {
    door.store = await openTestStore();
    door.api = await startTestApi(door.store, env);
    usual = { ...door.api.runs.answers };
  }, 180_000);
  afterAll(async () => {
    await door.api.stop();
    await door.store.close();
  });
  afterEach(() => {
    door.api.troubles.mood = 'well';
    door.api.runs.temporal = 'well';
    Object.assign(door.api.runs.answers, usual);
  });
  return door;
}
