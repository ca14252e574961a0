import { Context, heartbeat } from '@temporalio/activity';

/** Well below the time-outs in src/workflows/proxies.ts; a call that is over by then costs no heartbeat. */
const INTERVAL_MS = 500;

/** Runs an activity's body with a heartbeat, so that a killed worker is noticed within seconds, and hands it the cancellation signal. */
export async function withHeartbeat<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => heartbeat(), INTERVAL_MS);
  try {
    return await body(Context.current().cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}
