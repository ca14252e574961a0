/**
 * Finds an order by any id and reads its story: from the store, or from the running service if the store
 * can't be opened.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { delivery, viewDelivery } from '../../api/deliveries/delivery-view.ts';
import { orderView, paymentWithTimeline } from '../../api/payments/payment-schemas.ts';
import { pageOf } from '../../api/http/pages.ts';
import { viewFound } from '../../api/search/search-view.ts';
import { readStory } from '../../api/payments/read-story.ts';
import { searchAnswer } from '../../api/search/search-view.ts';
import { viewOrder, viewPayment } from '../../api/payments/payment-view.ts';
import type { ClientConfig } from '../../config/config.ts';
import { listDeliveries } from '../../store/lists.ts';
import { openStore, type Db, type Store } from '../../store/open.ts';
import { findOrder } from '../../store/payments.ts';
import { search } from '../../store/search.ts';
import { rootOf } from '../../lib/root-of.ts';
import { serviceApi, type ServiceApi } from '../service-api.ts';
import { orderNamedBy, type Hit, type OrderNamed } from './search-hits.ts';

export type Order = z.infer<typeof orderView>;
export type Payment = z.infer<typeof paymentWithTimeline>;
export type Delivery = z.infer<typeof delivery>;

/** An order with its payments and their callbacks, both oldest first. */
export interface Story {
  readonly order: Order;
  readonly payments: readonly (Payment & { readonly deliveries: readonly Delivery[] })[];
}

export type StoryAnswer =
  /** `others`: further matches of the same id, in other orders or in none. */
  | { readonly kind: 'found'; readonly story: Story; readonly asked: string; readonly others: readonly Hit[] }
  /** Several orders match this id. */
  | {
      readonly kind: 'several';
      readonly asked: string;
      readonly others: readonly Hit[];
      readonly hasMore: boolean;
    }
  | { readonly kind: 'no_such_order'; readonly asked: string; readonly others: readonly Hit[] }
  | { readonly kind: 'unasked'; readonly reason: string };

/** Only the newest are shown; a payment rarely has more than three. */
export const MOST_DELIVERIES = 100;

/** Accepts any id. Never throws: an unavailable store is an answer too. */
export async function findStory(config: ClientConfig, q: string): Promise<StoryAnswer> {
  const tried: string[] = [];
  for (const way of [fromStore, fromService]) {
    try {
      return await way(config, q);
    } catch (error) {
      tried.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { kind: 'unasked', reason: tried.join('; ') };
}

async function fromStore(config: ClientConfig, q: string): Promise<StoryAnswer> {
  const store = await openExisting(config);
  try {
    const named = orderNamedBy(viewFound(await search(store.db, q)));
    return await answer(`the ${store.kind} store`, named, (reference) =>
      readFromStore(store.db, config, reference),
    );
  } catch (error) {
    throw new Error(`the ${store.kind} store did not answer (${rootOf(error)})`, { cause: error });
  } finally {
    await store.close();
  }
}

async function fromService(config: ClientConfig, q: string): Promise<StoryAnswer> {
  const service = serviceApi(config);
  const named = orderNamedBy(await service.get(`/v1/search?q=${encodeURIComponent(q)}`, searchAnswer));
  return answer(`the service at ${service.url}`, named, (reference) => askService(service, reference));
}

async function answer(
  asked: string,
  { reference, others, hasMore }: OrderNamed,
  tell: (reference: string) => Promise<Story | null>,
): Promise<StoryAnswer> {
  const story = reference === null ? null : await tell(reference);
  if (story !== null) return { kind: 'found', story, asked, others };
  const isOfOrders = others.some(({ orderReference }) => orderReference !== null);
  return isOfOrders ? { kind: 'several', asked, others, hasMore } : { kind: 'no_such_order', asked, others };
}

/**
 * Opens the store without creating it if it does not exist.
 * @throws DirectoryInUse while a service holds it
 */
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

async function askService(service: ServiceApi, reference: string): Promise<Story> {
  const order = await service.get(`/v1/orders/${encodeURIComponent(reference)}`, orderView);
  const payments = await Promise.all(order.payments.toReversed().map((id) => askPayment(service, id)));
  return { order, payments };
}

async function askPayment(service: ServiceApi, id: string): Promise<Story['payments'][number]> {
  const name = encodeURIComponent(id);
  const [payment, page] = await Promise.all([
    service.get(`/v1/payments/${name}`, paymentWithTimeline),
    service.get(`/v1/deliveries?payment=${name}&limit=${MOST_DELIVERIES}`, pageOf(delivery)),
  ]);
  return { ...payment, deliveries: page.data.toReversed() };
}
