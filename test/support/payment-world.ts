/**
 * Our workflows and activities on a real store and a Temporal server. Each order has a story of its own, which
 * says what its gateway answers.
 */
import { Context } from '@temporalio/activity';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import { readUpdate } from '../../src/store/outbox.ts';
import { createMoneyRuns, type MoneyRuns } from '../../src/temporal/money-runs.ts';
import { createPaymentRuns, type PaymentRuns } from '../../src/temporal/payment-runs.ts';
import { startServer, type ConnectedServer } from './connected-server.ts';
import { stoppedAnyhow, type AnyActivity } from './run-activities.ts';
import { followServerClock, serverClockIs } from './server-clock.ts';
import { startShop, type Shop } from './shop.ts';
import { openTestStore, type TestStore } from './store.ts';
import type { ActivityName, Story } from './story.ts';
import { PATIENT, startWorkers, workflowBundle } from './workers.ts';

export interface PaymentWorld {
  readonly server: ConnectedServer;
  readonly store: TestStore;
  readonly shop: Shop;
  readonly runs: PaymentRuns;
  readonly money: MoneyRuns;
  /** By the reference of their order. */
  readonly stories: Map<string, Story>;
  /** Lets time pass, where the clock can be moved. @throws Error where it can't */
  sleep(ms: number): Promise<void>;
  /** Starts Workers for these gateways; the result stops them. */
  work(gateways?: readonly string[]): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Without Workers: a test starts and stops its own. */
export async function prepareWorld(
  time: 'real' | 'skipping',
  dynamicConfig: readonly string[] = [],
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
  around: readonly WorkflowClientInterceptor[] = [],
): Promise<PaymentWorld> {
  const server = await startServer(time, dynamicConfig, keys, around);
  const restoreClock = time === 'skipping' ? followServerClock() : () => undefined;
  serverClockIs(await server.now());
  const [store, shop] = [await openTestStore(), await startShop()];
  const bundle = await workflowBundle(keys, around.length > 0);
  const world: PaymentWorld = {
    server,
    store,
    shop,
    runs: createPaymentRuns(server.client, PATIENT),
    money: createMoneyRuns(server.client, PATIENT),
    stories: new Map(),
    async sleep(ms) {
      await server.sleep(ms);
      serverClockIs(await server.now());
    },
    work: (gateways) => startWorkers(server.native, bundle, played(world), gateways, keys),
    async close() {
      await server.close();
      restoreClock();
      await shop.close();
      await store.close();
    },
  };
  return world;
}

export async function startPaymentWorld(...how: Parameters<typeof prepareWorld>): Promise<PaymentWorld> {
  const world = await prepareWorld(...how);
  const stop = await world.work();
  const close = async () => {
    try {
      await stop().catch(stoppedAnyhow);
    } finally {
      await world.close();
    }
  };
  return { ...world, close };
}

/** Each activity by the story of its order. */
function played({ server, stories, store }: PaymentWorld): AnyActivity {
  return {
    async default(input) {
      const { activityType, attempt, scheduledTimestampMs } = Context.current().info;
      // The time-skipping server does not say when a retry was due.
      serverClockIs(attempt === 1 ? scheduledTimestampMs : await server.now());
      const reference = typeof input === 'string' ? await orderOf(input) : (input as Named).orderReference;
      const story = stories.get(reference);
      if (story === undefined) throw new Error(`no test plays order ${reference}`);
      return story.play(activityType as ActivityName, input as never);
    },
  };

  /** An effect that no record has queued begins with its order. */
  async function orderOf(effectId: string): Promise<string> {
    return (await readUpdate(store.db, effectId))?.orderReference ?? effectId.replace(/\/.*$/, '');
  }
}

interface Named {
  readonly orderReference: string;
}
