/** The sweep: it keeps contract §5.3 even if no callback ever comes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isWorthLook } from '../domain/compare-listing.ts';
import type { Gateway, ListedPage, ListedTransaction } from '../gateways/gateway.ts';
import { markWoken, takeForWaking } from '../store/wakes.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findListed, recordCompletePass } from '../store/sweeps.ts';
import { pacedCalls } from '../lib/paced-calls.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { askGateway } from './ask-gateway.ts';
import { countMissedCallbacks, type MissedCallbacks } from './count-missed-callbacks.ts';
import { planSweep, type SweepPlan, type Sweeping } from './sweep-plan.ts';

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
/** Small enough to signal all of them before another process takes them for forgotten. */
const WOKEN_AT_ONCE = 20;
/** After this many failures in a row, it is not one run that takes no signal: Temporal is away. */
const MOST_FAILURES = 3;

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

type Reach = Pick<SweepDependencies, 'db' | 'runs'>;

/** Rests as long as the page took, up to the limit. */
async function sweepAndRest(
  reach: Reach,
  gateway: Gateway,
  at: PageToSweep,
  signal: AbortSignal,
): Promise<PassSoFar> {
  const begun = performance.now();
  const pass = await sweepPage(reach, gateway, at, signal);
  if (pass.cursor !== null) await sleep(Math.min(LONGEST_REST_MS, performance.now() - begun));
  return pass;
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
  const found = await wakeAll(reach, differing, `${listing} ${at.startedAt} ${at.pages}`);
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

interface Differing {
  readonly row: PaymentRow;
  readonly listed: ListedTransaction;
}

async function compare(
  db: Db,
  gateway: string,
  rows: ListedPage['rows'],
): Promise<{ differing: Differing[]; foreign: number }> {
  const found = await findListed(db, gateway, rows);
  const bySession = new Map(found.map((row) => [row.sessionId, row]));
  const byTransaction = new Map(found.flatMap((row) => transactionsOf(row).map((id) => [id, row] as const)));
  const ours = rows.flatMap((listed) => {
    const { sessionId, transactionId } = listed;
    const row = sessionId === null ? byTransaction.get(transactionId) : bySession.get(sessionId);
    return row === undefined ? [] : [{ row, listed }];
  });
  return {
    differing: ours.filter(({ row, listed }) => isWorthLook(sumsOf(row), listed)),
    foreign: rows.length - ours.length,
  };
}

function transactionsOf({ transactionId, surplus }: PaymentRow): readonly (string | null)[] {
  return [transactionId, ...surplus.map((one) => one.transactionId)];
}

function sumsOf(row: PaymentRow) {
  return { ...row, capturedMinor: row.captured, refundedMinor: row.refunded };
}

/**
 * Returns how many payments were ours to wake. A payment that another page, listing or sweep has shown in the
 * same state is not.
 */
async function wakeAll(reach: Reach, differing: readonly Differing[], takenBy: string): Promise<number> {
  let found = 0;
  for (let from = 0; from < differing.length; from += WOKEN_AT_ONCE)
    found += await wakeSome(reach, differing.slice(from, from + WOKEN_AT_ONCE), takenBy);
  return found;
}

async function wakeSome(reach: Reach, some: readonly Differing[], takenBy: string): Promise<number> {
  const wanted = some.map(({ row, listed }) => ({ paymentId: row.id, about: shownBy(listed) }));
  const taken = await takeForWaking(reach.db, 'sweep', wanted, takenBy);
  const untold = new Set(taken.flatMap(({ paymentId, told }) => (told ? [] : [paymentId])));
  let failures = 0;
  for (const { row, listed } of some.filter((one) => untold.delete(one.row.id))) {
    try {
      await wake(reach, row, listed);
      failures = 0;
    } catch (error) {
      // One run that takes no signal must not hide all others. The forwarder wakes it later, even after the
      // mark has moved.
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
    }
  }
  return taken.length;
}

async function wake(
  { db, runs }: Reach,
  row: PaymentRow,
  { transactionId }: ListedTransaction,
): Promise<void> {
  const { id: paymentId, orderReference, n, gateway } = row;
  const signal = { why: 'sweep', at: new Date().toISOString(), transactionId } as const;
  await runs.look({ paymentId, orderReference, n, gateway }, signal);
  await markWoken(db, 'sweep', [paymentId]);
}

function shownBy(listed: ListedTransaction): string {
  const { transactionId, status, capturedMinor = '?', refundedMinor = '?', change } = listed;
  const shown = [transactionId, status, capturedMinor, refundedMinor];
  return (change === undefined ? shown : [...shown, change]).join(' ');
}
