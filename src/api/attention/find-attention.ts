/** Everything that needs somebody: from the store's rows, its sweeps and reconciliations, and Temporal's runs. */
import { remembered } from '../../lib/remembered.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { GATEWAYS } from '../../gateways/registry.ts';
import type { Check } from '../../health/check.ts';
import { oldestSweepMs } from '../../health/figure-checks.ts';
import { findAbsentWorkers } from '../../health/temporal-checks.ts';
import type { Service } from '../../service.ts';
import { readMarksOf, readOpenItems, type AttentionMark, type OpenItem } from '../../store/attention.ts';
import { lastReconciliations } from '../../store/reconciliations.ts';
import { readMarks } from '../../store/sweeps.ts';
import { withTimeout } from '../../temporal/run-calls.ts';
import { listPaused, listStuck } from '../../temporal/stuck.ts';
import { refusedCallbacks } from './refused-items.ts';
import { causeOf, moneyAtRisk, sentenceOf, severityOf, type Severity } from './attention-words.ts';

export interface AttentionItem {
  readonly id: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly text: string;
  readonly cause: string;
  /** The payment, operation, update, callback, run, sweep or reconciliation. */
  readonly about: string;
  readonly since: Date | null;
  readonly orderReference: string | null;
  readonly paymentId: string | null;
  readonly gateway: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  readonly mark: AttentionMark | null;
}

export interface Attention {
  readonly items: readonly AttentionItem[];
  readonly hasMore: boolean;
  /** What could not be asked, so that an empty list is not taken for a quiet night. */
  readonly unasked: readonly string[];
}

const TEMPORAL_LIMIT_MS = 800;
const TEMPORAL_ASKED_EVERY_MS = 5_000;

/** One per process. */
export function createAttention(
  service: Service,
): (options: { isSnoozedToo: boolean }) => Promise<Attention> {
  const { store, gateways, client, connection, config } = service;
  const inTemporal = remembered(TEMPORAL_ASKED_EVERY_MS, () =>
    withTimeout(
      Promise.all([
        listStuck(client),
        listPaused(client),
        findAbsentWorkers(connection, config, gateways.all),
      ]),
      TEMPORAL_LIMIT_MS,
    ).then(
      ([stuck, paused, absent]) => [...haltedRuns(stuck, paused), ...absentWorkers(absent)],
      () => null,
    ),
  );
  const nameOf = (id: string | null) => GATEWAYS.find((one) => one.id === id)?.name ?? id ?? 'the gateway';
  return async ({ isSnoozedToo }) => {
    const now = new Date();
    const [marks, open, reconciled, refused, halted] = await Promise.all([
      readMarks(store.db),
      readOpenItems(store.db, now),
      lastReconciliations(store.db),
      refusedCallbacks(store.db, nameOf),
      inTemporal(),
    ]);
    const items: Omit<AttentionItem, 'mark'>[] = [
      ...open.items.map((item) => openItem(item, { gateway: nameOf(item.gateway), now })),
      ...(halted ?? []),
      ...gateways.all.flatMap((gateway) =>
        overdueSweeps(gateway, { name: nameOf(gateway.id), marks, every: config.SWEEP_INTERVAL, now }),
      ),
      ...reconciled.flatMap(driftOf),
      ...refused,
    ];
    return {
      items: await withMarks(service, items, { isSnoozedToo, now }),
      hasMore: open.hasMore,
      unasked:
        halted === null
          ? ['Temporal did not answer: runs that stand still and workers that are away are not listed']
          : [],
    };
  };
}

function openItem(item: OpenItem, { gateway, now }: { readonly gateway: string; readonly now: Date }) {
  const { kind, about, since, orderReference, paymentId } = item;
  return {
    id: `${kind}/${about}`,
    kind,
    severity: severityOf(item, now),
    text: sentenceOf(item, gateway),
    cause: causeOf(item, gateway),
    about,
    since,
    orderReference,
    paymentId,
    gateway: item.gateway,
    ...moneyAtRisk(item),
  };
}

const OF_NO_ORDER = { orderReference: null, paymentId: null, amount: null, currency: null } as const;

function haltedRuns(stuck: readonly string[], paused: readonly string[] | null) {
  const item = (workflowId: string, kind: 'run_stuck' | 'run_paused', text: string) => ({
    ...OF_NO_ORDER,
    id: `${kind}/${workflowId}`,
    kind,
    severity: 'high' as const,
    text,
    cause: kind === 'run_stuck' ? 'workflow tasks fail' : 'runs are paused',
    about: workflowId,
    since: null,
    gateway: null,
    ...orderOf(workflowId),
  });
  return [
    ...stuck.map((id) =>
      item(id, 'run_stuck', `the run ${id} stands still: its workflow task keeps failing`),
    ),
    ...(paused ?? []).map((id) =>
      item(id, 'run_paused', `the run ${id} or an activity of it is paused by a person`),
    ),
  ];
}

/** Nothing else shows it: payers pay, and no run decides anything. */
function absentWorkers(checks: readonly Check[]) {
  return checks.map(({ name, text, todo }) => ({
    ...OF_NO_ORDER,
    id: `workers_away/${name}`,
    kind: 'workers_away',
    severity: 'high' as const,
    text: `${text}; ${todo}`,
    cause: 'workers are away',
    about: name,
    since: null,
    gateway: null,
  }));
}

/** Runs of a payment are named after its order. */
function orderOf(workflowId: string): { orderReference: string | null } {
  return { orderReference: /^(?:payment|money)\/([^/]+)\//.exec(workflowId)?.[1] ?? null };
}

function overdueSweeps(
  { id: gateway, listings }: Gateway,
  known: { name: string; marks: Awaited<ReturnType<typeof readMarks>>; every: number; now: Date },
) {
  return listings.flatMap((listing) => {
    const mark = known.marks.find((one) => one.gateway === gateway && one.listing === listing.name);
    // The first one may still run.
    if (mark === undefined) return [];
    const age = known.now.getTime() - mark.finishedAt.getTime();
    if (age <= oldestSweepMs(listing, known.every)) return [];
    return [
      {
        ...OF_NO_ORDER,
        id: `sweep_overdue/${gateway}/${listing.name}`,
        kind: 'sweep_overdue',
        severity: 'high' as const,
        text: `no sweep of ${known.name} (${listing.name}) is complete: lost callbacks are not found`,
        cause: `sweeps of ${known.name} are overdue`,
        about: `${gateway}/${listing.name}`,
        since: mark.finishedAt,
        gateway,
      },
    ];
  });
}

function driftOf({ gateway, finishedAt, drift }: Awaited<ReturnType<typeof lastReconciliations>>[number]) {
  return Object.entries(drift)
    .filter(([, { unexplained }]) => unexplained > 0)
    .map(([name, { unexplained }]) => ({
      ...OF_NO_ORDER,
      id: `drift/${gateway}/${name}`,
      kind: 'drift',
      severity: 'high' as const,
      text: `the last reconciliation of ${gateway} has ${unexplained} ${name.replaceAll('_', ' ')} that nothing explains`,
      cause: `${gateway} and paidonce differ`,
      about: `${gateway}/${name}`,
      since: new Date(finishedAt * 1_000),
      gateway,
    }));
}

/** Without those that somebody has put off. */
async function withMarks(
  { store }: Service,
  items: readonly Omit<AttentionItem, 'mark'>[],
  { isSnoozedToo, now }: { isSnoozedToo: boolean; now: Date },
): Promise<AttentionItem[]> {
  const marks = await readMarksOf(
    store.db,
    items.map(({ id }) => id),
  );
  const byItem = new Map(marks.map((mark) => [mark.item, mark]));
  return items
    .map((item): AttentionItem => ({ ...item, mark: byItem.get(item.id) ?? null }))
    .filter(({ mark }) => isSnoozedToo || (mark?.snoozedUntil ?? now) <= now)
    .toSorted(byRisk);
}

/** What is urgent first, then what has waited longest. */
function byRisk(one: AttentionItem, other: AttentionItem): number {
  const urgency = Number(other.severity === 'high') - Number(one.severity === 'high');
  return urgency || (one.since?.getTime() ?? 0) - (other.since?.getTime() ?? 0);
}
