/** Writes a gateway's own list of events to the delivery log, page by page. Nothing else follows from them. */
import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  BackfillActivities,
  Backfilling,
  BackfillPeriod,
  BackfillStep,
} from '../activities/backfill-activities.ts';
import { expectBackfillInput } from './backfill-input.ts';
import { bookkeeping, pages } from './page-proxies.ts';

const { beginBackfill, endBackfill } = bookkeeping<BackfillActivities>();

/** About 600 events of the history, so a worker that takes over a run replays it quickly. */
const PAGES_A_RUN = 100;

export interface BackfillInput extends Backfilling {
  /** How far the earlier runs of this backfill have come. */
  readonly soFar?: BackfilledSoFar;
}

/** The page that comes next. */
export interface BackfilledSoFar extends BackfillPeriod, BackfillStep {}

const NOTHING = { read: 0, written: 0, known: 0, foreign: 0 };

/** Returns the id of the backfill, under which the store has its counts. */
export async function backfillGateway(input: BackfillInput): Promise<string> {
  const { soFar, ...asked } = expectBackfillInput(input);
  const { id } = asked;
  let at: BackfilledSoFar = soFar ?? { ...(await beginBackfill(asked)), cursor: null, counts: NOTHING };
  try {
    for (let read = 0, isLast = false; !isLast; read += 1) {
      if (read >= PAGES_A_RUN || (read > 0 && workflowInfo().continueAsNewSuggested))
        return await continueAsNew<typeof backfillGateway>({ ...asked, soFar: at });
      at = { ...at, ...(await pages<BackfillActivities>(at.gateway).backfillPage(at)) };
      isLast = at.cursor === null;
    }
  } catch (error) {
    if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
    const failure = error.cause?.message ?? error.message;
    await endBackfill({ id, failure });
    throw ApplicationFailure.nonRetryable(`not written to the end: ${failure}`);
  }
  await endBackfill({ id });
  return id;
}
