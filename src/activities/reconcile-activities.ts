/**
 * The reconciliation: every transaction of a gateway compared with ours, in both directions. All state is in the
 * input and in the store, so any worker can continue where another one died.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../gateways/gateway.ts';
import { pacedCalls } from '../lib/paced-calls.ts';
import type { Db } from '../store/open.ts';
import {
  beginReconciliation,
  completeReconciliation,
  failReconciliation,
  findReconciliation,
  USUAL_PERIOD_MS,
  type ReconciliationRow,
} from '../store/reconciliations.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { askGateway } from './ask-gateway.ts';
import { askForLooks, compareAgain, compareUnlisted } from './compare-again.ts';
import { comparePage, type PageAt } from './compare-page.ts';
import { findDuplicates } from './find-duplicates.ts';

/** What is to be compared. */
export interface Reconciling {
  readonly gateway: string;
  /** `rec_…`. */
  readonly id: string;
  /** RFC 3339. The usual period where it is absent. */
  readonly since?: string;
  /** Without it there is no end. */
  readonly until?: string;
}

export interface Period {
  readonly id: string;
  readonly gateway: string;
  /** RFC 3339. */
  readonly since: string;
  readonly until: string | null;
}

export interface ReconciliationPlan extends Period {
  /** The listings of new transactions; empty where the gateway can't list. */
  readonly listings: readonly string[];
}

/** A step through what was compared so far, in the order of its keys. */
export interface StepAt {
  readonly id: string;
  readonly gateway: string;
  /** The last key of the step before; empty for the first one. */
  readonly after: string;
}

export interface AgainAt extends StepAt {
  /** RFC 3339. When the looks were asked for. */
  readonly askedAt: string;
  /** The gateway is read again. */
  readonly isLast: boolean;
}

/** Null after the last step. */
type After = string | null;

export interface ReconcileActivities {
  beginReconciliation(reconciling: Reconciling): Promise<ReconciliationPlan>;
  /** Compares one page of a listing. Returns the cursor of the next one. */
  comparePage(at: PageAt): Promise<string | null>;
  /** Reads payments with money that the listings have not shown. */
  compareUnlisted(at: Period & StepAt): Promise<After>;
  /** Wakes the runs of payments that differ. */
  askForLooks(at: StepAt): Promise<{ after: After; left: number; asked: number }>;
  compareAgain(at: AgainAt): Promise<{ after: After; waiting: number }>;
  findDuplicates(at: StepAt): Promise<After>;
  /** Counts the result. With a failure, keeps only that. */
  endReconciliation(end: { readonly id: string; readonly failure?: string }): Promise<void>;
}

export interface ReconcileDependencies {
  readonly db: Db;
  readonly gatewayNamed: (name: string) => Gateway;
  readonly runs: Pick<PaymentRuns, 'look'>;
  readonly onEnded?: (ended: ReconciliationRow) => void;
}

/** Payments go first. So it rests after each page, and after each run that it wakes. */
const LONGEST_REST_MS = 1_000;
const RHYTHM = { restsPerAnswer: 20, longestRestMs: LONGEST_REST_MS };

/** Builds the activities. */
export function createReconcileActivities(given: ReconcileDependencies): ReconcileActivities {
  const { db, gatewayNamed, onEnded } = given;
  const pace = pacedCalls(RHYTHM);
  const runs: ReconcileDependencies['runs'] = {
    look: (payment, signal) => pace(() => given.runs.look(payment, signal)),
  };
  return {
    beginReconciliation: (reconciling) => begin(db, gatewayNamed(reconciling.gateway), reconciling),
    comparePage: (at) =>
      askGateway(async (signal) => {
        const begun = performance.now();
        const cursor = await comparePage(db, gatewayNamed(at.gateway), at, signal);
        if (cursor !== null) await sleep(Math.min(LONGEST_REST_MS, performance.now() - begun));
        return cursor;
      }),
    compareUnlisted: (at) =>
      askGateway((signal) => compareUnlisted(db, gatewayNamed(at.gateway), at, signal)),
    askForLooks: (at) => askGateway(() => askForLooks({ db, runs }, at)),
    compareAgain: (at) => askGateway((signal) => compareAgain(db, gatewayNamed(at.gateway), at, signal)),
    findDuplicates: (at) => askGateway(() => findDuplicates(db, gatewayNamed(at.gateway), at)),
    async endReconciliation({ id, failure }) {
      await (failure === undefined ? completeReconciliation(db, id) : failReconciliation(db, id, failure));
      const ended = await findReconciliation(db, id);
      if (ended !== null) onEnded?.(ended);
    },
  };
}

async function begin(
  db: Db,
  { id: gateway, listings }: Gateway,
  { id, since, until }: Reconciling,
): Promise<ReconciliationPlan> {
  const names = listings.filter(({ every }) => every === 'sweep').map(({ name }) => name);
  const begun = await beginReconciliation(db, {
    id,
    gateway,
    since: since === undefined ? new Date(Date.now() - USUAL_PERIOD_MS) : new Date(since),
    until: until === undefined ? null : new Date(until),
    coverage: names.length === 0 ? 'evidence' : 'api',
    askedBy: null,
  });
  return {
    id,
    gateway,
    since: begun.since.toISOString(),
    until: begun.until?.toISOString() ?? null,
    listings: names,
  };
}
