import type { Ledger } from '../records/ledger.ts';
import { groupBy, missingMoney, paidTwice, sharedMoney, strayMoney } from './order-rules.ts';
import type { Findings, MerchantOrder, Question, Violation } from './question.ts';
import { transactionViolations } from './transaction-rules.ts';
import type { Transaction } from '../transactions/transaction.ts';

/**
 * The profile of sessions that `/__sim/transactions` makes. They belong to another shop, so the books ignore
 * them.
 */
export const FOREIGN_PROFILE = 'another-shop';

type Books = Pick<Ledger, 'transactions' | 'sessions'>;

/** Checks that all money is where it belongs. Pure: it only reads. */
export function checkInvariants(books: Books, question: Question): Findings {
  const transactions = books.transactions.all().filter((transaction) => !isForeign(transaction));
  const always = transactions.flatMap((transaction) =>
    transactionViolations(transaction, books.sessions.get(transaction.session_id)),
  );
  const reviewed = inReview(question);
  const decided = transactions.filter(
    ({ id, merchant_reference: reference }) => !reviewed.has(id) && !reviewed.has(reference),
  );
  const inTime = [
    ...paidTwice(decided),
    ...(question.orders === undefined ? [] : againstOrders(decided, question.orders)),
  ];
  const isOver = deadline(books, transactions, question);
  const violations = [...always, ...inTime.filter(isOver)];
  return {
    ok: violations.length === 0,
    violations,
    waiting: inTime.filter((violation) => !isOver(violation)),
    checked: { transactions: transactions.length, orders: question.orders?.length ?? null },
  };
}

/** Ids of transactions and references of orders that a person has to decide about. */
function inReview({ orders = [], inReview: ids }: Question): Set<string> {
  const references = orders.filter(({ status }) => status === 'REVIEW').map(({ reference }) => reference);
  return new Set([...ids, ...references]);
}

function againstOrders(transactions: readonly Transaction[], orders: readonly MerchantOrder[]): Violation[] {
  const orderOf = new Map(orders.map((order) => [order.reference, order]));
  const ofReference = groupBy(transactions, ({ merchant_reference: reference }) => reference);
  const found = [
    ...transactions.map((transaction) =>
      strayMoney(transaction, orderOf.get(transaction.merchant_reference)),
    ),
    ...orders.map((order) => missingMoney(order, ofReference.get(order.reference) ?? [])),
  ];
  return [...found.filter((violation) => violation !== undefined), ...sharedMoney(orders)];
}

/** A violation counts once the last events of all its transactions are old enough. */
function deadline(
  books: Books,
  transactions: readonly Transaction[],
  { withinHours, hourMs, now }: Question,
): (violation: Violation) => boolean {
  const atMs = now === undefined ? Date.now() : Date.parse(now);
  const latest = atMs - withinHours * hourMs;
  const ofReference = groupBy(transactions, ({ merchant_reference: reference }) => reference);
  return ({ transactionId, reference = '' }) => {
    const one = transactionId === undefined ? undefined : books.transactions.get(transactionId);
    const about = one === undefined ? (ofReference.get(reference) ?? []) : [one];
    return about.every((transaction) => lastEventMs(transaction) <= latest);
  };
}

function lastEventMs({ events, created_at: createdAt }: Transaction): number {
  return Date.parse(events.at(-1)?.created_at ?? createdAt);
}

function isForeign({ metadata }: Transaction): boolean {
  return metadata['session:profile_id'] === FOREIGN_PROFILE;
}
