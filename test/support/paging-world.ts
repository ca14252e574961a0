/** What the worlds of the workflows that page through a gateway have in common: a server, a store and Workers. */
import type { Client } from '@temporalio/client';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import { startServer } from './connected-server.ts';
import { openTestStore, type TestStore } from './store.ts';
import { startWorkers, workflowBundle } from './workers.ts';

export interface PagingWorld {
  readonly client: Client;
  readonly store: TestStore;
  /** Begins the work on all queues. */
  readonly start: (activities: Parameters<typeof startWorkers>[2]) => Promise<void>;
  close(): Promise<void>;
}

/** On a dev server that suggests to continue as new after this many events. */
export async function openPagingWorld(
  suggestsAfter: number,
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
): Promise<PagingWorld> {
  const suggestion = `limit.historyCount.suggestContinueAsNew=${suggestsAfter}`;
  const server = await startServer('real', [suggestion], keys);
  const store = await openTestStore();
  let stop: () => Promise<void> = () => Promise.resolve();
  return {
    client: server.client,
    store,
    async start(activities) {
      stop = await startWorkers(server.native, await workflowBundle(keys), activities, undefined, keys);
    },
    async close() {
      try {
        await stop();
      } finally {
        await server.close();
        await store.close();
      }
    },
  };
}
