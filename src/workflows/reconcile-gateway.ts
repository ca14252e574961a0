/**
 * Compares every transaction of a gateway with what we have recorded: its listing, page by page, then the payments
 * that it did not show. The runs of payments that differ look again, and then these are compared again.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Period,
  ReconcileActivities,
  Reconciling,
  ReconciliationPlan,
} from '../activities/reconcile-activities.ts';
import { bookkeeping, pages } from './page-proxies.ts';
import { expectReconcileInput } from './reconcile-input.ts';

const { beginReconciliation, endReconciliation } = bookkeeping<ReconcileActivities>();

/** About 600 events, so a worker that takes over a run replays it quickly. */
const STEPS_A_RUN = 100;
/** 1, 2, 4 … seconds, two minutes in all: then a look that has not ended is not waited for. */
const MOST_WAITS = 7;

export interface ReconcileInput extends Omit<Reconciling, 'id'> {
  /** Absent where a Schedule or a person starts the run: it then makes an id of its own. */
  readonly id?: string;
  /** How far the earlier runs of this reconciliation have come. */
  readonly soFar?: ReconciledSoFar;
}

/** The step that comes next. `after` is the cursor, or the last key of the step before. */
export type NextStep =
  | {
      readonly kind: 'listing' | 'unlisted' | 'asking' | 'last' | 'duplicates';
      readonly after: string | null;
    }
  | {
      readonly kind: 'waiting';
      readonly after: string | null;
      readonly waited: number;
      readonly waiting: number;
    };

export interface ReconciledSoFar extends Period {
  /** The listings that are left, the one that is being read first. */
  readonly listings: readonly string[];
  /** How many payments differ, and how many of their runs were asked to look. */
  readonly left: number;
  readonly asked: number;
  /** RFC 3339. */
  readonly askedAt: string;
  readonly next: NextStep;
}

/** Returns the id of the reconciliation, under which the store has its result. */
export async function reconcileGateway(input: ReconcileInput): Promise<string> {
  const { soFar, ...asked } = expectReconcileInput(input);
  const id = soFar?.id ?? asked.id ?? ownId();
  let state: ReconciledSoFar | null = soFar ?? first(await beginReconciliation({ ...asked, id }));
  try {
    for (let taken = 0; state !== null; taken += 1) {
      if (taken >= STEPS_A_RUN || (taken > 0 && workflowInfo().continueAsNewSuggested))
        return await continueAsNew<typeof reconcileGateway>({ ...asked, id, soFar: state });
      state = await step(state);
    }
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const failure = error.cause?.message ?? error.message;
    await endReconciliation({ id, failure });
    throw ApplicationFailure.nonRetryable(`not compared to the end: ${failure}`);
  }
  await endReconciliation({ id });
  return id;
}

/** Sorts by time like every other id, and is the same when the run is replayed. */
function ownId(): string {
  const { startTime, runId } = workflowInfo();
  const time = startTime.getTime().toString(16).padStart(12, '0');
  return `rec_${time}${runId.replaceAll('-', '').slice(-16)}`;
}

function first({ listings, ...period }: ReconciliationPlan): ReconciledSoFar {
  return { ...period, listings, left: 0, asked: 0, askedAt: '', next: toListing(listings) };
}

function toListing(listings: readonly string[]): NextStep {
  return { kind: listings.length === 0 ? 'unlisted' : 'listing', after: null };
}

/** Takes one step. Null after the last one. */
async function step(state: ReconciledSoFar): Promise<ReconciledSoFar | null> {
  const { next, id, gateway, since, until } = state;
  const at = { id, gateway, after: next.after ?? '' };
  const { comparePage, compareUnlisted, askForLooks, findDuplicates } = pages<ReconcileActivities>(gateway);
  /** The same again from there, or the step that follows. */
  const onwards = (after: string | null, follows: NextStep['kind']): ReconciledSoFar => ({
    ...state,
    next: after === null ? begun(follows) : { ...next, after },
  });
  switch (next.kind) {
    case 'listing': {
      const [listing = '', ...others] = state.listings;
      const cursor = await comparePage({ id, gateway, since, until, listing, cursor: next.after });
      return cursor === null
        ? { ...state, listings: others, next: toListing(others) }
        : { ...state, next: { ...next, after: cursor } };
    }
    case 'unlisted':
      return onwards(await compareUnlisted({ ...at, since, until }), 'asking');
    case 'asking': {
      const askedAt = state.askedAt || new Date().toISOString();
      const { after, ...counts } = await askForLooks(at);
      const [left, asked] = [state.left + counts.left, state.asked + counts.asked];
      // Runs that were woken recently are not waited for, and the gateway is still read again.
      const follows = asked > 0 ? 'waiting' : left > 0 ? 'last' : 'duplicates';
      return { ...onwards(after, follows), askedAt, left, asked };
    }
    case 'waiting':
      return wait(state, next);
    case 'last': {
      const last = { ...at, askedAt: state.askedAt, isLast: true };
      const { after } = await pages<ReconcileActivities>(gateway).compareAgain(last);
      return onwards(after, 'duplicates');
    }
    case 'duplicates': {
      const after = await findDuplicates(at);
      return after === null ? null : onwards(after, 'duplicates');
    }
  }
}

function begun(kind: NextStep['kind']): NextStep {
  return kind === 'waiting' ? { kind, after: null, waited: 0, waiting: 0 } : { kind, after: null };
}

/** Waits before each pass over what differs, until all runs have looked or the time is over. */
async function wait(
  state: ReconciledSoFar,
  next: Extract<NextStep, { kind: 'waiting' }>,
): Promise<ReconciledSoFar> {
  const { id, gateway, askedAt } = state;
  if (next.after === null) await sleep(2 ** next.waited * 1_000, { summary: 'until the runs have looked' });
  const at = { id, gateway, after: next.after ?? '', askedAt, isLast: false };
  const { after, waiting } = await pages<ReconcileActivities>(gateway).compareAgain(at);
  const sum = next.waiting + waiting;
  if (after !== null) return { ...state, next: { ...next, after, waiting: sum } };
  const waited = next.waited + 1;
  const isOver = sum === 0 || waited === MOST_WAITS;
  return { ...state, next: isOver ? begun('last') : { kind: 'waiting', after: null, waited, waiting: 0 } };
}
