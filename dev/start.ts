/** Everything on one machine, as a separate process. It exits with the code of `runDev`. */
import { runDev } from './run-dev.ts';

const PARENT_CHECK_MS = 500;

/**
 * Aborts at a signal. If npm started this process, it also aborts when npm has ended, since nothing else
 * could stop the process then. The reason says which.
 */
function untilToldToStop(env: NodeJS.ProcessEnv): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => controller.abort(signal));
  }
  if (env['npm_lifecycle_event'] === undefined) return controller.signal;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) controller.abort('npm is gone');
  }, PARENT_CHECK_MS);
  timer.unref();
  return controller.signal;
}

process.exit(await runDev(process.env, untilToldToStop(process.env)));
