import { Context, heartbeat } from '@temporalio/activity';

/** Well below the time-outs in src/workflows/proxies.ts; a call that is over by then costs no heartbeat. */
export const HEARTBEAT_EVERY_MS = 400;

/** Runs an activity's body with a heartbeat, so that a killed worker is noticed within seconds, and hands it the cancellation signal. */
export async function withHeartbeat<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const timer = setInterval(() => heartbeat(), HEARTBEAT_EVERY_MS);
  try {
    return await body(Context.current().cancellationSignal);
  } finally {
    clearInterval(timer);
  }
}

/** One call to a gateway is given up after ten seconds, so this is more than one. */
const SLOW_MS = 11_000;
const AGAIN_MS = 2_000;

/** Tells that an activity takes long, until it succeeds or what is handed back is called. */
export function whenSlow(tell: () => Promise<unknown>): () => void {
  let timer = setTimeout(again, SLOW_MS);
  function again(): void {
    timer = setTimeout(again, AGAIN_MS);
    tell().then(
      () => clearTimeout(timer),
      () => undefined,
    );
  }
  return () => clearTimeout(timer);
}
