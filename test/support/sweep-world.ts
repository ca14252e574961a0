/** The real sweep, workflow, activities and store, with a gateway whose listings a test writes. */
import { createSweepActivities } from '../../src/activities/sweep-activities.ts';
import { NO_PAYLOAD_KEYS, type PayloadKeys } from '../../src/config/payload-keys.ts';
import type { ListedTransaction } from '../../src/gateways/gateway.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { ACCOUNT, aPayment, aSessionId } from './builders.ts';
import { fakeRuns, type FakeRuns } from './fake-runs.ts';
import { openPagingWorld, type PagingWorld } from './paging-world.ts';
import { gateways, sweepMarks } from '../../src/store/schema/gateway-tables.ts';
import { aListed, gatewayListing, type Pages } from './written-listings.ts';

export interface SweepWorld extends Omit<PagingWorld, 'start'> {
  readonly runs: FakeRuns;
  /** By listing: the contents of its pages. */
  readonly pages: Map<string, Pages>;
  /** Every page that was read: `created 0`. */
  readonly asked: string[];
  /** Called before a page is returned; an exception is the gateway's failure. */
  trouble: (listing: string, page: number) => Promise<void> | void;
  /** Runs one sweep to its end, under a new id; returns the id. */
  sweep(of: 'new' | 'changes', name: string): Promise<string>;
}

/** On a dev server that suggests to continue as new after this many events. */
export async function startSweepWorld(
  suggestsAfter = 100,
  keys: PayloadKeys = NO_PAYLOAD_KEYS,
): Promise<SweepWorld> {
  const { start, ...paging } = await openPagingWorld(suggestsAfter, keys);
  const { client, store } = paging;
  await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  const world = {
    ...paging,
    runs: fakeRuns(store.db),
    pages: new Map<string, Pages>(),
    asked: [] as string[],
    trouble: (() => undefined) as SweepWorld['trouble'],
    async sweep(of: 'new' | 'changes', name: string) {
      const workflowId = `sweep/${name}`;
      const args = [{ gateway: 'dintero', of }];
      await client.workflow.execute('sweepGateway', { workflowId, taskQueue: 'payments', args });
      return workflowId;
    },
  };
  const gateway = gatewayListing({
    pagesOf: (listing) => world.pages.get(listing),
    asked({ listing }, page) {
      world.asked.push(`${listing} ${page}`);
      return world.trouble(listing, page);
    },
  });
  const activities = createSweepActivities({ db: store.db, gatewayNamed: () => gateway, runs: world.runs });
  await start(activities);
  return world;
}

/** Nothing listed, nothing known, no faults. */
export async function beginAfresh(world: SweepWorld): Promise<void> {
  world.pages.clear();
  world.asked.length = 0;
  world.trouble = () => undefined;
  await world.store.db.delete(sweepMarks);
  await world.store.db.update(gateways).set({ callbacksCountedTo: null });
}

/** A payment with an open session here, as a listing shows it once it is paid. */
export async function aPaidSession({ store }: SweepWorld): Promise<[PaymentRow, ListedTransaction]> {
  const payment = await aPayment(store.db);
  const sessionId = aSessionId();
  const opened = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
  await recordOpened(store.db, payment.id, opened);
  return [payment, aListed(sessionId)];
}

/** Pages, each with one transaction of another shop. */
export function foreignPages(count: number): ListedTransaction[][] {
  return Array.from({ length: count }, (_, page) => [aListed(`T12345678.foreign-${page}`)]);
}
