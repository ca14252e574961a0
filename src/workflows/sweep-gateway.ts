/**
 * Finds changes of which no callback came: a gateway's listings, page by page, compared with what we know.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  proxyActivities,
  workflowInfo,
  type ActivityInterfaceFor,
} from '@temporalio/workflow';
import type { PassSoFar, SweepActivities } from '../activities/sweep-activities.ts';
import type { Sweeping, SweepPlan } from '../activities/sweep-plan.ts';
import { taskQueues } from './messages.ts';
import { bookkeeping, HEARTBEAT, pages } from './page-proxies.ts';
import { PRIORITY } from './proxies.ts';
import { expectSweepInput } from './sweep-input.ts';

const { planSweep } = bookkeeping<SweepActivities>('30 seconds');

/** A figure for people. A listing must not wait for it. */
function counting(gateway: string): ActivityInterfaceFor<Pick<SweepActivities, 'countMissedCallbacks'>> {
  return proxyActivities<SweepActivities>({
    taskQueue: taskQueues(workflowInfo().taskQueue, gateway).background,
    priority: PRIORITY.sweep,
    startToCloseTimeout: '1 minute',
    scheduleToCloseTimeout: '2 minutes',
    heartbeatTimeout: HEARTBEAT,
    retry: { maximumAttempts: 1 },
  });
}

/** About 600 events, so a worker that takes over a run replays it quickly. */
const PAGES_A_RUN = 100;
const NO_PAGE: PassSoFar = { cursor: null, pages: 0, listed: 0, found: 0, foreign: 0 };

export interface SweepInput extends Sweeping {
  /** How far the earlier runs of this sweep have come. */
  readonly soFar?: SweepSoFar;
}

export interface SweepSoFar extends Pick<SweepPlan, 'startedAt' | 'listings'> {
  /** The position within the first listing that is left. */
  readonly pass: PassSoFar;
  /** Listings whose pass is over, with the results. */
  readonly ended: readonly EndedPass[];
}

export type EndedPass = { readonly listing: string } & (
  | Omit<PassSoFar, 'cursor'>
  /** The next sweep starts this pass again, since its mark has not moved. */
  | { readonly failed: string }
);

/**
 * One listing after another. The state of a run is small however much the gateway lists, and the sweep
 * continues at its position after a worker dies.
 */
export async function sweepGateway(input: SweepInput): Promise<readonly EndedPass[]> {
  const { soFar, ...sweeping } = expectSweepInput(input);
  let state = soFar ?? (await begin(sweeping));
  let read = 0;
  for (;;) {
    const [listing] = state.listings;
    if (listing === undefined) return ended(state);
    if (read >= PAGES_A_RUN || (read > 0 && workflowInfo().continueAsNewSuggested))
      return continueAsNew<typeof sweepGateway>({ ...sweeping, soFar: state });
    state = await nextPage(sweeping.gateway, state, listing);
    read += 1;
  }
}

async function begin(sweeping: Sweeping): Promise<SweepSoFar> {
  const { startedAt, listings, countsCallbacks } = await planSweep(sweeping);
  if (countsCallbacks)
    await counting(sweeping.gateway).countMissedCallbacks(sweeping.gateway).catch(ignoreFailure);
  return { startedAt, listings, pass: NO_PAGE, ended: [] };
}

async function nextPage(
  gateway: string,
  { startedAt, listings, pass, ended }: SweepSoFar,
  { name: listing, since }: SweepPlan['listings'][number],
): Promise<SweepSoFar> {
  const over = (end: EndedPass): SweepSoFar => ({
    startedAt,
    listings: listings.slice(1),
    pass: NO_PAGE,
    ended: [...ended, end],
  });
  try {
    const { cursor, ...counts } = await pages<SweepActivities>(gateway).sweepPage({
      ...pass,
      gateway,
      listing,
      since,
      startedAt,
    });
    if (cursor === null) return over({ listing, ...counts });
    return { startedAt, listings, pass: { cursor, ...counts }, ended };
  } catch (error) {
    return over({ listing, failed: ignoreFailure(error) });
  }
}

/**
 * A listing that can't be read must not stop the others. Its failure becomes the run's failure at the end.
 */
function ended({ ended }: SweepSoFar): readonly EndedPass[] {
  const failed = ended.flatMap((pass) => ('failed' in pass ? [`${pass.listing}: ${pass.failed}`] : []));
  if (failed.length > 0) throw ApplicationFailure.nonRetryable(`not read to the end: ${failed.join('; ')}`);
  return ended;
}

/** The message of an activity's failure. @throws every other error */
function ignoreFailure(error: unknown): string {
  if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
  return error.cause?.message ?? error.message;
}
