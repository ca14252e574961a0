/** The real backfill, workflow, activities and store, with a gateway whose events a test writes. */
import {
  createBackfillActivities,
  type BackfillActivities,
} from '../../src/activities/backfill-activities.ts';
import type { AccountEvent, Gateway } from '../../src/gateways/gateway.ts';
import { findBackfill, type BackfillRow } from '../../src/store/backfills.ts';
import { newId } from '../../src/store/new-ids.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import { deliveries } from '../../src/store/schema/delivery-table.ts';
import type { BackfillInput } from '../../src/workflows/backfill-gateway.ts';
import { keyOf } from './builders.ts';
import { openPagingWorld, type PagingWorld } from './paging-world.ts';
import { aSimulator } from './simulation.ts';

export interface BackfillWorld extends Omit<PagingWorld, 'start'> {
  /** What the gateway has, as this test writes it. */
  readonly at: {
    pages: readonly (readonly AccountEvent[])[];
    /** Called before a page is returned; an exception is the gateway's failure. */
    trouble: (page: number) => Promise<void> | void;
    /** Called after a page was written, before the activity answers. */
    afterwards: (page: number) => void;
  };
  /** The number of each page that was asked for. */
  readonly asked: number[];
  /** The ids of the events that were not understood. */
  readonly unclear: string[];
  /** Runs one backfill to its end. */
  backfill(input?: Partial<BackfillInput>): Promise<{ workflowId: string; result: BackfillRow | null }>;
}

export const SINCE = '2026-11-01T00:00:00.000Z';
export const UNTIL = '2026-11-30T00:00:00.000Z';

/** On a dev server that suggests to continue as new after this many events. */
export async function startBackfillWorld(suggestsAfter = 4_096): Promise<BackfillWorld> {
  const { start, ...world } = await openPagingWorld(suggestsAfter);
  const { client, store } = world;
  const at = nothing();
  const asked: number[] = [];
  const unclear: string[] = [];
  const gateway = gatewayOf(at, asked);
  const real = createBackfillActivities({
    db: store.db,
    gatewayNamed: () => gateway,
    onUnclear: (_, eventId) => void unclear.push(eventId),
  });
  const activities: BackfillActivities = {
    ...real,
    async backfillPage(place) {
      const step = await real.backfillPage(place);
      at.afterwards(Number(place.cursor ?? 0));
      return step;
    },
  };
  await start(activities);
  return {
    ...world,
    at,
    asked,
    unclear,
    async backfill(input = {}) {
      const id = newId('bkf');
      const workflowId = `backfill/${id}`;
      const args = [{ gateway: 'dintero', id, since: SINCE, until: UNTIL, ...input }];
      await client.workflow
        .execute('backfillGateway', { workflowId, taskQueue: 'payments', args })
        .catch(() => undefined);
      return { workflowId, result: await findBackfill(store.db, id) };
    },
  };
}

function nothing(): BackfillWorld['at'] {
  return { pages: [[]], trouble: () => undefined, afterwards: () => undefined };
}

/** The gateway has nothing, nothing fails, and the log is empty. */
export async function beginBackfillAgain({ at, asked, unclear, store }: BackfillWorld): Promise<void> {
  await store.db.delete(deliveries);
  Object.assign(at, nothing());
  asked.length = unclear.length = 0;
}

function gatewayOf(at: BackfillWorld['at'], asked: number[]): Gateway {
  return aSimulator({
    async listEvents({ cursor }) {
      const page = Number(cursor ?? 0);
      asked.push(page);
      await at.trouble(page);
      return { rows: at.pages[page] ?? [], next: page + 1 < at.pages.length ? String(page + 1) : null };
    },
  });
}

let count = 0;

/** An event about this payment; about none of ours without one. */
export function anEvent(payment: PaymentRow | null, changes: Partial<AccountEvent> = {}): AccountEvent {
  count += 1;
  return {
    eventId: `evt_${count}`,
    contentHash: `content-${count}`,
    key: payment === null ? null : keyOf(payment),
    claim: { event: 'session.completed' },
    kind: 'payment',
    createdAt: new Date('2026-11-21T12:00:00.000Z'),
    ...changes,
  };
}
