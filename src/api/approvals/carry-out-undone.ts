/** Carries out what was approved by a process that ended before it was done. */
import { withoutValues } from '../../store/errors.ts';
import { takeUndone } from '../../store/approvals.ts';
import { carryOut, type ApprovalTools } from './decide.ts';

const EVERY_MS = 15_000;
const BATCH = 20;

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
  for (const approved of await takeUndone(tools.store.db, BATCH)) {
    tools.log.warn({ approval: approved.id }, 'an approved request was not carried out: doing it now');
    await carryOut(tools, approved);
  }
}
