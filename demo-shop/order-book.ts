import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { OrderUpdate } from '@paidonce/client';
import type { Journal } from './journal.ts';
import type { ReceivedUpdate } from './order-update.ts';
import { CURRENCY, type Product } from './products.ts';

/** An order placed in this shop. */
export interface PlacedOrder {
  readonly reference: string;
  /** Identifies the button on one page of one payer: pressing it twice is one order. */
  readonly cartKey: string;
  readonly productId: string;
  readonly description: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly currency: string;
  readonly vatPercent: number;
  readonly placedAt: string;
}

/**
 * Everything that the shop knows about an order. `placed` is missing for orders that were created outside the
 * shop.
 */
export interface OrderRecord {
  readonly reference: string;
  readonly placed: PlacedOrder | undefined;
  /** The payments that this shop has opened for it, oldest first. */
  readonly paymentIds: readonly string[];
  /** In order of arrival. */
  readonly updates: readonly ReceivedUpdate[];
  /** The update with the highest sequence. It alone decides the order's state. */
  readonly latest: OrderUpdate | undefined;
}

/** One line of the journal. */
export type Entry =
  | { readonly kind: 'order'; readonly order: PlacedOrder }
  | { readonly kind: 'payment'; readonly reference: string; readonly paymentId: string }
  | {
      readonly kind: 'update';
      readonly webhookId: string;
      readonly at: string;
      readonly update: OrderUpdate;
    };

export type OrderBook = ReturnType<typeof openOrderBook>;

/** The shop's orders, rebuilt from the journal. Each change is in the journal before it is visible. */
export function openOrderBook(journal: Journal<Entry>) {
  const records = new Map<string, OrderRecord>();
  const referenceByCart = new Map<string, string>();
  const changes = new EventEmitter<{ changed: [reference: string] }>().setMaxListeners(0);

  const apply = (entry: Entry): void => {
    const reference = referenceOf(entry);
    records.set(reference, next(records.get(reference) ?? emptyRecord(reference), entry));
    if (entry.kind === 'order') referenceByCart.set(entry.order.cartKey, reference);
    changes.emit('changed', reference);
  };
  const write = (entry: Entry): void => {
    journal.append(entry);
    apply(entry);
  };
  for (const entry of journal.entries) apply(entry);

  return {
    changes,
    find: (reference: string): OrderRecord | undefined => records.get(reference),
    /** Newest first. */
    list: (): OrderRecord[] => [...records.values()].reverse(),
    /** The order of this button, created at its first press. */
    place(cartKey: string, product: Product, quantity: number): PlacedOrder {
      const known = records.get(referenceByCart.get(cartKey) ?? '')?.placed;
      if (known !== undefined) return known;
      const order = newOrder(records.size + 1, cartKey, product, quantity);
      write({ kind: 'order', order });
      return order;
    },
    notePayment(reference: string, paymentId: string): void {
      if (records.get(reference)?.paymentIds.includes(paymentId)) return;
      write({ kind: 'payment', reference, paymentId });
    },
    /** Keeps a verified update; a known one is only counted. */
    receive(webhookId: string, update: OrderUpdate): void {
      write({ kind: 'update', webhookId, at: new Date().toISOString(), update });
    },
  };
}

function newOrder(n: number, cartKey: string, product: Product, quantity: number): PlacedOrder {
  // The tail keeps numbers unique if the journal was deleted but paidonce's store was not.
  const tail = randomInt(36 ** 4)
    .toString(36)
    .padStart(4, '0');
  return {
    reference: `demo-${n}-${tail}`,
    cartKey,
    productId: product.id,
    description: product.name,
    quantity,
    amountMinor: product.priceMinor * quantity,
    currency: CURRENCY,
    vatPercent: product.vatPercent,
    placedAt: new Date().toISOString(),
  };
}

function referenceOf(entry: Entry): string {
  if (entry.kind === 'order') return entry.order.reference;
  return entry.kind === 'payment' ? entry.reference : entry.update.data.orderReference;
}

function emptyRecord(reference: string): OrderRecord {
  return { reference, placed: undefined, paymentIds: [], updates: [], latest: undefined };
}

function next(record: OrderRecord, entry: Entry): OrderRecord {
  switch (entry.kind) {
    case 'order':
      return { ...record, placed: entry.order };
    case 'payment':
      return { ...record, paymentIds: [...record.paymentIds, entry.paymentId] };
    case 'update':
      return withUpdate(record, entry);
  }
}

function withUpdate(record: OrderRecord, entry: Extract<Entry, { kind: 'update' }>): OrderRecord {
  const { webhookId, at, update } = entry;
  if (record.updates.some((known) => known.webhookId === webhookId)) {
    const count = (known: ReceivedUpdate): ReceivedUpdate =>
      known.webhookId === webhookId ? { ...known, times: known.times + 1, lastAt: at } : known;
    return { ...record, updates: record.updates.map(count) };
  }
  const applied = record.latest === undefined || update.data.sequence > record.latest.data.sequence;
  const received = { webhookId, update, firstAt: at, lastAt: at, times: 1, applied };
  return {
    ...record,
    updates: [...record.updates, received],
    latest: applied ? update : record.latest,
  };
}
