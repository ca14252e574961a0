/** What the store knows of an order, read from it or, where it is out of reach, asked of the service that has it. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { delivery, orderView, pageOf, paymentWithTimeline } from '../../api/schemas.ts';
import { readStory } from '../../api/story.ts';
import { viewDelivery, viewOrder, viewPayment } from '../../api/views.ts';
import type { ClientConfig } from '../../config.ts';
import { listDeliveries } from '../../store/lists.ts';
import { openStore, type Db, type Store } from '../../store/open.ts';
import { findOrder } from '../../store/payments.ts';
import { rootOf } from '../../telemetry/root-of.ts';
import { ServiceRefused, serviceApi, type ServiceApi } from '../service-api.ts';

export type Order = z.infer<typeof orderView>;
export type Payment = z.infer<typeof paymentWithTimeline>;
export type Delivery = z.infer<typeof delivery>;

/** An order with its payments and their callbacks, both oldest first. */
export interface Story {
  readonly order: Order;
  readonly payments: readonly (Payment & { readonly deliveries: readonly Delivery[] })[];
}

export type StoryAnswer =
  | { readonly kind: 'found'; readonly story: Story; readonly asked: string }
  | { readonly kind: 'no_such_order'; readonly asked: string }
  | { readonly kind: 'unasked'; readonly reason: string };

/** The newest are shown; one payment rarely has more than three. */
const MOST_DELIVERIES = 100;

/** Never throws: what could not be asked is an answer too. */
export async function findStory(config: ClientConfig, reference: string): Promise<StoryAnswer> {
  const tried: string[] = [];
  for (const way of [fromStore, fromService]) {
    try {
      return await way(config, reference);
    } catch (error) {
      tried.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { kind: 'unasked', reason: tried.join('; ') };
}

async function fromStore(config: ClientConfig, reference: string): Promise<StoryAnswer> {
  const store = await openExisting(config);
  try {
    const story = await readFromStore(store.db, config, reference);
    const asked = `the ${store.kind} store`;
    return story === null ? { kind: 'no_such_order', asked } : { kind: 'found', story, asked };
  } catch (error) {
    throw new Error(`the ${store.kind} store did not answer (${rootOf(error)})`, { cause: error });
  } finally {
    await store.close();
  }
}

/** A question must not make a store where there is none. @throws DirectoryInUse while a service holds it */
async function openExisting({ DATABASE_URL: databaseUrl, DATA_DIR: dataDir }: ClientConfig): Promise<Store> {
  if (databaseUrl === undefined && !existsSync(join(dataDir, 'store', 'PG_VERSION')))
    throw new Error(`there is no store in DATA_DIR (${dataDir})`);
  return openStore({ databaseUrl, dataDir });
}

async function readFromStore(db: Db, config: ClientConfig, reference: string): Promise<Story | null> {
  const found = await findOrder(db, reference);
  if (found === null) return null;
  const links = { uiUrl: config.TEMPORAL_UI_URL, namespace: config.TEMPORAL_NAMESPACE };
  const payments = found.payments.toReversed().map(async (row) => {
    const page = await listDeliveries(db, { payment: row.id, limit: MOST_DELIVERIES });
    const deliveries = page.rows.toReversed().map(viewDelivery);
    return { ...viewPayment(row, links), timeline: await readStory(db, row), deliveries };
  });
  return { order: viewOrder(found.order, found.payments), payments: await Promise.all(payments) };
}

async function fromService(config: ClientConfig, reference: string): Promise<StoryAnswer> {
  const service = serviceApi(config);
  const asked = `the service at ${service.url}`;
  try {
    const order = await service.get(`/v1/orders/${encodeURIComponent(reference)}`, orderView);
    const payments = await Promise.all(order.payments.toReversed().map((id) => askPayment(service, id)));
    return { kind: 'found', asked, story: { order, payments } };
  } catch (error) {
    if (error instanceof ServiceRefused && error.status === 404) return { kind: 'no_such_order', asked };
    throw error;
  }
}

async function askPayment(service: ServiceApi, id: string): Promise<Story['payments'][number]> {
  const name = encodeURIComponent(id);
  const [payment, page] = await Promise.all([
    service.get(`/v1/payments/${name}`, paymentWithTimeline),
    service.get(`/v1/deliveries?payment=${name}&limit=${MOST_DELIVERIES}`, pageOf(delivery)),
  ]);
  return { ...payment, deliveries: page.data.toReversed() };
}
