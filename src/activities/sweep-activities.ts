/** The sweep: it keeps contract §5.3 even if no callback ever comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isWorthLook } from '../domain/compare-listing.ts';
import type { Gateway, ListedPage, ListedTransaction } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { noteFailedPass } from '../store/sweep-passes.ts';
import { recordCompletePass } from '../store/sweeps.ts';
import { withStoreTimeout } from '../store/errors.ts';
import { rootOf } from '../lib/root-of.ts';
import { pacedCalls } from '../lib/paced-calls.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { askGateway } from './ask-gateway.ts';
import { countMissedCallbacks, type MissedCallbacks } from './count-missed-callbacks.ts';
import { paymentsBehind } from './listed-payments.ts';
import { planSweep, type SweepPlan, type Sweeping } from './sweep-plan.ts';
import { wakeRuns, type Differing, type Reach } from './wake-runs.ts';

/** How far a pass over one listing has come. */
export interface PassSoFar {
  /** The cursor of the next page. Null before the first page and after the last. */
  readonly cursor: string | null;
  readonly pages: number;
  readonly listed: number;
  /** Payments of ours that differed. */
  readonly found: number;
  /** Transactions of other shops in the same account: counted, never touched. */
  readonly foreign: number;
}

/** One page of one pass. */
export interface PageToSweep extends PassSoFar {
  readonly gateway: string;
  readonly listing: string;
  /** RFC 3339. */
  readonly since: string;
  /** When the sweep began. After the last page this becomes the listing's mark. */
  readonly startedAt: string;
}

export interface SweepActivities {
  /** Which listings are due, and from when. */
  planSweep(sweeping: Sweeping): Promise<SweepPlan>;
  /**
   * Lists one page and wakes the payments that differ. After the last page, moves the listing's mark. A null
   * cursor ends the pass.
   */
  sweepPage(at: PageToSweep): Promise<PassSoFar>;
  countMissedCallbacks(gateway: string): Promise<MissedCallbacks>;
}

export interface SweepDependencies {
  readonly db: Db;
  readonly gatewayNamed: (name: string) => Gateway;
  readonly runs: Pick<PaymentRuns, 'look'>;
  readonly onCounted?: (gateway: string, counted: MissedCallbacks) => void;
}

/**
 * Nobody waits for a sweep, and payments go first. So it rests after each page and after each run that it
 * wakes.
 */
const LONGEST_REST_MS = 1_000;
const RHYTHM = { restsPerAnswer: 20, longestRestMs: LONGEST_REST_MS };

/**
 * Builds the activities. All their state is in their input and in the store, so any worker can continue where
 * another one died.
 */
export function createSweepActivities(given: SweepDependencies): SweepActivities {
  const { db, gatewayNamed, onCounted } = given;
  const pace = pacedCalls(RHYTHM);
  const runs: SweepDependencies['runs'] = {
    look: (payment, signal) => pace(() => given.runs.look(payment, signal)),
  };
  return {
    planSweep: (sweeping) => planSweep(db, gatewayNamed(sweeping.gateway), sweeping, new Date()),
    sweepPage: (at) =>
      askGateway((signal) => sweepAndRest({ db, runs }, gatewayNamed(at.gateway), at, signal)),
    async countMissedCallbacks(gateway) {
      const counted = await askGateway((signal) => countMissedCallbacks(db, gatewayNamed(gateway), signal));
      onCounted?.(gateway, counted);
      return counted;
    },
  };
}

/** Rests as long as the page took, up to the limit. */
async function sweepAndRest(
  reach: Reach,
  gateway: Gateway,
  at: PageToSweep,
  signal: AbortSignal,
): Promise<PassSoFar> {
  const begun = performance.now();
  const pass = await sweepPage(reach, gateway, at, signal).catch(async (error: unknown) => {
    if (!signal.aborted) await noteFailure(reach.db, at, error);
    throw error;
  });
  if (pass.cursor !== null) await sleep(Math.min(LONGEST_REST_MS, performance.now() - begun));
  return pass;
}

const NOTED_WITHIN_MS = 1_000;

/** For people. The error itself goes to Temporal, which tries again. */
async function noteFailure(db: Db, at: PageToSweep, error: unknown): Promise<void> {
  const { gateway, listing } = at;
  const failed = { gateway, listing, startedAt: new Date(at.startedAt), failure: rootOf(error) };
  await withStoreTimeout(noteFailedPass(db, failed), NOTED_WITHIN_MS).catch(() => undefined);
}

async function sweepPage(
  reach: Reach,
  gateway: Gateway,
  at: PageToSweep,
  signal: AbortSignal,
): Promise<PassSoFar> {
  const { listing, since, cursor } = at;
  const { rows, next } = await gateway.listPage({ listing, since: new Date(since), cursor }, { signal });
  const { differing, foreign } = await compare(reach.db, gateway.id, rows);
  const takenBy = `${listing} ${at.startedAt} ${at.pages}`;
  const found = await wakeRuns(reach, differing, { why: 'sweep', takenBy });
  const pass = {
    cursor: next,
    pages: at.pages + 1,
    listed: at.listed + rows.length,
    found: at.found + found,
    foreign: at.foreign + foreign,
  };
  if (next === null)
    await recordCompletePass(reach.db, {
      ...pass,
      gateway: gateway.id,
      listing,
      startedAt: new Date(at.startedAt),
    });
  return pass;
}

async function compare(
  db: Db,
  gateway: string,
  rows: ListedPage['rows'],
): Promise<{ differing: Differing[]; foreign: number }> {
  const behind = await paymentsBehind(db, gateway, rows);
  const differing = behind.flatMap(({ payment, listed }) => {
    if (payment === null || !isWorthLook(sumsOf(payment), listed)) return [];
    return [{ payment, transactionId: listed.transactionId, about: shownBy(listed) }];
  });
  return { differing, foreign: behind.filter(({ payment }) => payment === null).length };
}

function sumsOf(row: PaymentRow) {
  return { ...row, capturedMinor: row.captured, refundedMinor: row.refunded };
}

function shownBy(listed: ListedTransaction): string {
  const { transactionId, status, capturedMinor = '?', refundedMinor = '?', change } = listed;
  const shown = [transactionId, status, capturedMinor, refundedMinor];
  return (change === undefined ? shown : [...shown, change]).join(' ');
}
