import type { Holding } from './holding.ts';
import { groupBy, missingMoney, paidTwice, sharedMoney, strayMoney } from './order-rules.ts';
import type { Findings, MerchantOrder, Question, Violation } from './question.ts';

/** Checks that all money is where it belongs. Pure: it only reads. */
export function checkBooks(holdings: readonly Holding[], question: Question): Findings {
  const always = holdings.flatMap(violationsOf);
  const reviewed = inReview(question);
  const decided = holdings.filter(({ id, reference }) => !reviewed.has(id) && !reviewed.has(reference));
  const inTime = [
    ...paidTwice(decided),
    ...(question.orders === undefined ? [] : againstOrders(decided, question.orders)),
  ];
  const isOver = deadline(holdings, question);
  const violations = [...always, ...inTime.filter(isOver)];
  return {
    ok: violations.length === 0,
    violations,
    waiting: inTime.filter((violation) => !isOver(violation)),
    checked: { transactions: holdings.length, orders: question.orders?.length ?? null },
  };
}

/** The rules at every moment: captures within the authorization, refunds within the captures, each once. */
function violationsOf(holding: Holding): Violation[] {
  const { id: transactionId, reference, captured, refunded, voided, amount, repeated } = holding;
  const found = (rule: string, text: string): Violation => ({ rule, text, transactionId, reference });
  return [
    ...(captured + voided > amount
      ? [found('over_captured', `captured ${captured} and voided ${voided} of ${amount}`)]
      : []),
    ...(refunded > captured ? [found('over_refunded', `refunded ${refunded} of ${captured} captured`)] : []),
    ...repeated.map(({ kind, by, times }) =>
      found(`double_${kind}`, `${kind.toUpperCase()} by ${by} succeeded ${times} times`),
    ),
  ];
}

/** Ids of transactions and references of orders that a person has to decide about. */
function inReview({ orders = [], inReview: ids }: Question): Set<string> {
  const references = orders.filter(({ status }) => status === 'REVIEW').map(({ reference }) => reference);
  return new Set([...ids, ...references]);
}

function againstOrders(holdings: readonly Holding[], orders: readonly MerchantOrder[]): Violation[] {
  const orderOf = new Map(orders.map((order) => [order.reference, order]));
  const ofReference = groupBy(holdings, ({ reference }) => reference);
  const found = [
    ...holdings.map((holding) => strayMoney(holding, orderOf.get(holding.reference))),
    ...orders.map((order) => missingMoney(order, ofReference.get(order.reference) ?? [])),
  ];
  return [...found.filter((violation) => violation !== undefined), ...sharedMoney(orders)];
}

/** A violation counts once the last changes of all its transactions are old enough. */
function deadline(
  holdings: readonly Holding[],
  { withinHours, hourMs, now }: Question,
): (violation: Violation) => boolean {
  const atMs = now === undefined ? Date.now() : Date.parse(now);
  const latest = atMs - withinHours * hourMs;
  const byId = new Map(holdings.map((holding) => [holding.id, holding]));
  const ofReference = groupBy(holdings, ({ reference }) => reference);
  return ({ transactionId, reference = '' }) => {
    const one = transactionId === undefined ? undefined : byId.get(transactionId);
    const about = one === undefined ? (ofReference.get(reference) ?? []) : [one];
    return about.every(({ changedMs }) => changedMs <= latest);
  };
}
