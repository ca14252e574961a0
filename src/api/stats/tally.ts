/** Adds counts up to the figures of one bucket, or of the whole period. Pure. */
import type { Count, CountKind } from '../../store/stats/count-rows.ts';
import { endOf, percentile } from './log-steps.ts';
import type { Figures } from './stats-view.ts';

export function tally(counts: readonly Count[]): Figures {
  const of = (kind: CountKind, detail = ''): number =>
    sum(counts.filter((one) => one.kind === kind && one.detail === detail));
  return {
    opened: of('opened'),
    outcomes: {
      paid: of('outcome', 'paid'),
      declined: of('outcome', 'declined'),
      failed: of('outcome', 'failed'),
      cancelled: of('outcome', 'cancelled'),
      expired: of('outcome', 'expired'),
      review: of('outcome', 'review'),
    },
    foundBy: {
      callback: of('found_by', 'callback'),
      refusedCallback: of('found_by', 'refused_callback'),
      return: of('found_by', 'return'),
      poll: of('found_by', 'poll'),
      sweep: of('found_by', 'sweep'),
      operator: of('found_by', 'operator'),
      unknown: of('found_by', 'unknown'),
    },
    heard: heardIn(counts),
    deliveries: {
      accepted: of('delivery', 'accepted'),
      duplicate: of('delivery', 'duplicate'),
      ignored: of('delivery', 'ignored'),
      refused: of('delivery', 'refused'),
      refusedBecause: byDetail(counts, 'refused'),
    },
    updates: {
      acknowledged: of('attempt', 'acknowledged'),
      failed4xx: of('attempt', '4xx'),
      failed5xx: of('attempt', '5xx'),
      failedOther: of('attempt', 'other'),
      noAnswer: of('attempt', 'noAnswer'),
      gaveUp: of('gave_up'),
    },
    money: moneyIn(counts),
  };
}

function sum(counts: readonly Count[]): number {
  return counts.reduce((all, { count }) => all + count, 0);
}

/** How often each detail of a kind was counted. */
export function byDetail(counts: readonly Count[], kind: CountKind): Record<string, number> {
  const found = new Map<string, number>();
  for (const one of counts)
    if (one.kind === kind) found.set(one.detail, (found.get(one.detail) ?? 0) + one.count);
  return Object.fromEntries(found);
}

/** Each step of a delay is the tenth part of a decade: 10 is ten seconds. */
function heardIn(counts: readonly Count[]): Figures['heard'] {
  const steps = Object.entries(byDetail(counts, 'heard'))
    .map(([step, count]) => ({ step: Number(step), count }))
    .sort((one, other) => one.step - other.step);
  return {
    count: steps.reduce((all, { count }) => all + count, 0),
    p50: percentile(steps, 0.5),
    p95: percentile(steps, 0.95),
    histogram: steps.map(({ step, count }) => ({ upTo: endOf(step), count })),
  };
}

/** Never added over currencies. */
function moneyIn(counts: readonly Count[]): Figures['money'] {
  const moves = counts.filter(({ kind }) => kind === 'money');
  const currencies = [...new Set(moves.map(({ currency }) => currency))].sort();
  return currencies.map((currency) => {
    const of = (detail: string): number =>
      moves
        .filter((one) => one.currency === currency && one.detail === detail)
        .reduce((all, { amount }) => all + amount, 0);
    return {
      currency,
      authorized: of('authorized'),
      captured: of('captured'),
      refunded: of('refunded'),
      voided: of('voided'),
      givenBack: of('givenBack'),
    };
  });
}
