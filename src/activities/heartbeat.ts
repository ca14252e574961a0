import { Context, heartbeat } from '@temporalio/activity';
import { whileRepeating } from '../lib/while-repeating.ts';

/** Far below the time-outs in src/workflows/proxies.ts. A call that ends sooner costs no heartbeat. */
export const HEARTBEAT_EVERY_MS = 400;

/**
 * Runs an activity's body with a heartbeat, so that a killed worker is noticed within seconds. Passes the
 * cancellation signal to the body.
 */
export function withHeartbeat<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  return whileRepeating(
    HEARTBEAT_EVERY_MS,
    () => heartbeat(),
    () => body(Context.current().cancellationSignal),
  );
}

/** More than one call to a gateway, since one call is given up after ten seconds. */
const SLOW_MS = 11_000;
const AGAIN_MS = 2_000;

/**
 * Reports, repeatedly, that an activity takes long. It stops after a report succeeds, or when the returned
 * function is called.
 */
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
