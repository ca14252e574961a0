/** The real sweep, workflow, activities and store, with a gateway whose listings a test writes. */
import type { Client } from '@temporalio/client';
import { createSweepActivities } from '../../src/activities/sweep-activities.ts';
import type { Gateway, ListedTransaction, Listing } from '../../src/gateways/gateway.ts';
import { stampGateway } from '../../src/store/store-health.ts';
import { recordOpened, type PaymentRow } from '../../src/store/payments.ts';
import { ACCOUNT, aPayment, aSessionId } from './builders.ts';
import { startServer } from './connected-server.ts';
import { fakeRuns, type FakeRuns } from './fake-runs.ts';
import { startWorkers, workflowBundle } from './workers.ts';
import { gateways, sweepMarks } from '../../src/store/schema/gateway-tables.ts';
import { openTestStore, type TestStore } from './store.ts';

export interface SweepWorld {
  readonly client: Client;
  readonly store: TestStore;
  readonly runs: FakeRuns;
  /** By listing: the contents of its pages. */
  readonly pages: Map<string, readonly (readonly ListedTransaction[])[]>;
  /** Every page that was read: `created 0`. */
  readonly asked: string[];
  /** Called before a page is returned; an exception is the gateway's failure. */
  trouble: (listing: string, page: number) => Promise<void> | void;
  /** Runs one sweep to its end, under a new id; returns the id. */
  sweep(of: 'new' | 'changes', name: string): Promise<string>;
  close(): Promise<void>;
}

export const SWEEP_LISTINGS: readonly Listing[] = [
  { name: 'created', every: 'sweep' },
  { name: 'captured', every: 'hour' },
  { name: 'old', every: 'day' },
];

/** On a dev server that suggests to continue as new after this many events. */
export async function startSweepWorld(suggestsAfter = 100): Promise<SweepWorld> {
  const server = await startServer('real', [`limit.historyCount.suggestContinueAsNew=${suggestsAfter}`]);
  const { client } = server;
  const store = await openTestStore();
  await stampGateway(store.db, { gateway: 'dintero', account: ACCOUNT, mode: 'test' });
  const world = {
    client,
    store,
    runs: fakeRuns(store.db),
    pages: new Map<string, readonly (readonly ListedTransaction[])[]>(),
    asked: [] as string[],
    trouble: (() => undefined) as SweepWorld['trouble'],
    async sweep(of: 'new' | 'changes', name: string) {
      const workflowId = `sweep/${name}`;
      const args = [{ gateway: 'dintero', of }];
      await client.workflow.execute('sweepGateway', { workflowId, taskQueue: 'payments', args });
      return workflowId;
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
  const gateway = listingGateway(world);
  const activities = createSweepActivities({ db: store.db, gatewayNamed: () => gateway, runs: world.runs });
  const stop = await startWorkers(server.native, await workflowBundle(), activities);
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

function listingGateway(world: Pick<SweepWorld, 'pages' | 'asked' | 'trouble'>): Gateway {
  return {
    id: 'dintero',
    listings: SWEEP_LISTINGS,
    async listPage({ listing, cursor }: Parameters<Gateway['listPage']>[0]) {
      const page = Number(cursor ?? 0);
      world.asked.push(`${listing} ${page}`);
      await world.trouble(listing, page);
      const rows = world.pages.get(listing) ?? [[]];
      return { rows: rows[page] ?? [], next: page + 1 < rows.length ? String(page + 1) : null };
    },
    countMissedCallbacks: () => Promise.resolve(0),
  } as unknown as Gateway;
}

/** A payment with an open session here, as a listing shows it once it is paid. */
export async function aPaidSession({ store }: SweepWorld): Promise<[PaymentRow, ListedTransaction]> {
  const payment = await aPayment(store.db);
  const sessionId = aSessionId();
  const opened = { sessionId, checkoutUrl: 'https://c.example', runId: 'r', text: 'x' };
  await recordOpened(store.db, payment.id, opened);
  return [payment, aListed(sessionId)];
}

export function aListed(sessionId: string): ListedTransaction {
  return {
    transactionId: `${ACCOUNT}.of-${sessionId}`,
    sessionId,
    status: 'AUTHORIZED',
    money: { amountMinor: 72_200, currency: 'NOK' },
    createdAt: new Date('2026-11-21T12:00:00.000Z'),
  };
}

/** Pages, each with one transaction of another shop. */
export function foreignPages(count: number): ListedTransaction[][] {
  return Array.from({ length: count }, (_, page) => [aListed(`T12345678.foreign-${page}`)]);
}
