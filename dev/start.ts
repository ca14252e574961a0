/** Everything on one machine, as a process of its own; it ends with what `runDev` answers. */
import { runDev } from './run-dev.ts';

const PARENT_CHECK_MS = 500;

/**
 * Aborts when we are told to stop: by a signal; or, where npm started us, by npm's going away, since nobody could stop us then.
 * The reason says which.
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
