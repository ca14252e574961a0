import type { Logger } from '../telemetry/log.ts';
import { withoutValues } from '../store/errors.ts';

/** Runs a job at an interval, never twice at once. The returned function ends it after its current turn. */
export function every(ms: number, job: () => Promise<unknown>, log: Logger): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    running = job()
      .catch((error: unknown) =>
        log.warn(
          { reason: String(withoutValues(error)) },
          'a background job failed; it is tried again at the next turn',
        ),
      )
      .finally(() => {
        isBusy = false;
      });
  }, ms);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
