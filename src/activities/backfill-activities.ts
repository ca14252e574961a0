/**
 * The backfill: a gateway's own list of events, written to the delivery log. All state is in the input and in the
 * store, so any worker can continue where another one died.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { beginBackfill, endBackfill, type BackfillCounts } from '../store/backfills.ts';
import { askGateway } from './ask-gateway.ts';
import { backfillPage, type BackfillPageAt } from './backfill-page.ts';

/** What is to be written. */
export interface Backfilling {
  readonly gateway: string;
  /** `bkf_…`. */
  readonly id: string;
  /** RFC 3339. */
  readonly since: string;
  /** Now, where it is absent. */
  readonly until?: string;
}

export interface BackfillPeriod {
  readonly id: string;
  readonly gateway: string;
  /** RFC 3339. */
  readonly since: string;
  readonly until: string;
}

export interface BackfillStep {
  /** Where the next page begins; null for the first page, and after the last. */
  readonly cursor: string | null;
  readonly counts: BackfillCounts;
}

export interface BackfillActivities {
  beginBackfill(backfilling: Backfilling): Promise<BackfillPeriod>;
  /** Writes one page of events. A repeated call has the same result. */
  backfillPage(at: BackfillPageAt): Promise<BackfillStep>;
  endBackfill(end: { readonly id: string; readonly failure?: string }): Promise<void>;
}

export interface BackfillDependencies {
  readonly db: Db;
  readonly gatewayNamed: (name: string) => Gateway;
  readonly onUnclear?: (gateway: string, eventId: string) => void;
  readonly onFailed?: (id: string, failure: string) => void;
}

/** Payments go first: it rests as long as a page has taken, up to this. */
const LONGEST_REST_MS = 1_000;

/** Builds the activities. */
export function createBackfillActivities(given: BackfillDependencies): BackfillActivities {
  const { db, gatewayNamed } = given;
  return {
    async beginBackfill({ id, gateway, since, until }) {
      const period = { since: new Date(since), until: until === undefined ? new Date() : new Date(until) };
      const begun = await beginBackfill(db, { id, gateway, ...period, limits: [], askedBy: null });
      return { id, gateway, since: begun.since.toISOString(), until: begun.until.toISOString() };
    },
    backfillPage: (at) =>
      askGateway(async (signal) => {
        const begun = performance.now();
        const step = await backfillPage(given, gatewayNamed(at.gateway), at, signal);
        if (step.cursor !== null) await sleep(Math.min(LONGEST_REST_MS, performance.now() - begun));
        return step;
      }),
    async endBackfill({ id, failure }) {
      await endBackfill(db, id, failure ?? null);
      if (failure !== undefined) given.onFailed?.(id, failure);
    },
  };
}
