import { checkFilters, many, one, PAGE_FILTERS, pageOf, timeOf, type Query } from '../records/listing.ts';
import { invalid } from '../../http/problem.ts';
import type { Sandbox } from '../sandbox.ts';
import { cutOff, transactionView } from '../records/lagging-views.ts';
import type { Transaction, TransactionEvent } from './transaction.ts';

/** `GET /v1/transactions`. */
export function listTransactions({ ledger, faults }: Sandbox, query: Query): Transaction[] {
  checkFilters(query, FILTERS);
  const cut = cutOff(faults.knobs.listLagMs);
  const filters = filtersOf(query);
  return pageOf<Transaction>({
    table: ledger.transactions,
    query,
    keys: keysOf(query),
    view(transaction) {
      if (cut !== undefined && transaction.created_at > cut) return undefined;
      const view = transactionView(transaction, cut);
      return filters.every((keeps) => keeps(view)) ? shown(view, query) : undefined;
    },
  });
}

const EXACT: readonly (readonly [name: string, valueOf: (transaction: Transaction) => string | undefined])[] =
  [
    ['id', (transaction) => transaction.id],
    ['session_id', (transaction) => transaction.session_id],
    ['status', (transaction) => transaction.status],
    ['merchant_reference', (transaction) => transaction.merchant_reference],
    ['merchant_reference_2', (transaction) => transaction.merchant_reference_2],
    ['payment_product', (transaction) => transaction.payment_product],
    ['payment_product_type', (transaction) => transaction.payment_product_type],
    ['card_brand', (transaction) => transaction.card?.['brand']],
    ['currency', (transaction) => transaction.currency],
    ['amount', (transaction) => transaction.amount.toString()],
    ['store_id', (transaction) => transaction.store?.id],
    ['customer_id', (transaction) => transaction.customer?.customer_id],
    // No transaction of the sandbox has a payout, a token or an operation that a merchant started.
    ...['payout_correlation_id', 'payout_destination_id', 'payment_operation', 'token_id'].map(
      (name) => [name, () => undefined] as const,
    ),
  ];

const FILTERS = [
  ...EXACT.map(([name]) => name),
  ...PAGE_FILTERS,
  ...['amount', 'captured_at', 'refunded_at'].flatMap((name) => [`${name}.gte`, `${name}.lte`]),
  'search',
  'includes',
];

const INDEXED = ['id', 'session_id', 'merchant_reference', 'merchant_reference_2', 'search'];

type Filter = (transaction: Transaction) => boolean;

/** The values of the first filter that the table has an index for. */
function keysOf(query: Query): readonly string[] | undefined {
  return INDEXED.map((name) => many(query, name)).find((values) => values.length > 0);
}

function filtersOf(query: Query): Filter[] {
  const filters: Filter[] = [];
  for (const [name, valueOf] of EXACT) {
    const wanted = many(query, name);
    if (wanted.length > 0) filters.push((transaction) => wanted.includes(valueOf(transaction) ?? ''));
  }
  filters.push(...amountFilters(query), ...eventFilters(query, 'captured_at', 'CAPTURE'));
  filters.push(...eventFilters(query, 'refunded_at', 'REFUND'));
  const search = one(query, 'search');
  if (search !== undefined) filters.push((transaction) => searchable(transaction).includes(search));
  return filters;
}

/** `includes=events.success.true` leaves out failed events. */
function shown(transaction: Transaction, query: Query): Transaction {
  if (!many(query, 'includes').includes('events.success.true')) return transaction;
  return { ...transaction, events: transaction.events.filter(({ success }) => success) };
}

function amountFilters(query: Query): Filter[] {
  const [least, most] = [bound(query, 'amount.gte'), bound(query, 'amount.lte')];
  if (least === undefined && most === undefined) return [];
  return [({ amount }) => amount >= (least ?? -Infinity) && amount <= (most ?? Infinity)];
}

function eventFilters(query: Query, name: string, event: string): Filter[] {
  const [since, until] = [timeOf(query, `${name}.gte`, false), timeOf(query, `${name}.lte`, true)];
  if (since === undefined && until === undefined) return [];
  const fits = (one: TransactionEvent): boolean =>
    one.event === event && one.success && one.created_at >= (since ?? '') && one.created_at <= (until ?? '~');
  return [({ events }) => events.some(fits)];
}

function searchable(transaction: Transaction): (string | undefined)[] {
  const { id, session_id, merchant_reference, merchant_reference_2, customer } = transaction;
  return [id, session_id, merchant_reference, merchant_reference_2, customer?.email, customer?.phone_number];
}

function bound(query: Query, name: string): number | undefined {
  const text = one(query, name);
  if (text === undefined) return undefined;
  if (!/^-?\d+$/.test(text)) throw invalid(`${name} is "${text}"; expected a whole number`);
  return Number(text);
}
