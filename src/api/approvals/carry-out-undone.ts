/** Carries out what was approved by a process that ended before it was done. */
import { withoutValues, withStoreTimeout } from '../../store/errors.ts';
import { takeUndone } from '../../store/approvals.ts';
import { carryOut, type ApprovalTools } from './decide.ts';

const EVERY_MS = 15_000;
const BATCH = 20;
/** A store that hangs must not keep the process from its end, which waits for the turn. */
const STORE_LIMIT_MS = 5_000;

/** Starts the job. The returned function stops it after its current work. */
export function startCarryingOut(tools: ApprovalTools): () => Promise<void> {
  let running: Promise<void> | null = null;
  const timer = setInterval(() => {
    running ??= carryOutUndone(tools)
      .catch((error: unknown) =>
        tools.log.warn(
          { reason: String(withoutValues(error)) },
          'approved requests could not be carried out; they are tried again at the next turn',
        ),
      )
      .finally(() => (running = null));
  }, EVERY_MS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** One turn. */
export async function carryOutUndone(tools: ApprovalTools): Promise<void> {
  const undone = withStoreTimeout(takeUndone(tools.store.db, BATCH), STORE_LIMIT_MS);
  for (const approved of await undone) {
    tools.log.warn({ approval: approved.id }, 'an approved request was not carried out: doing it now');
    await carryOut(tools, approved);
  }
}
