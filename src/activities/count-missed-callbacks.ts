/** How many callbacks a gateway says it has sent that never came: firewalls, certificates and proxies lose them in silence. */
import type { Gateway } from '../gateways/gateway.ts';
import { findHeard } from '../store/heard-callbacks.ts';
import type { Db } from '../store/open.ts';
import { callbacksCountedTo, recordCallbacksCounted } from '../store/sweeps.ts';

export interface MissedCallbacks {
  readonly expected: number;
  readonly missed: number;
}

/** A sample says as much, and a gateway is not asked a thousand times because a certificate has expired. */
const MOST_READS = 100;
const HOUR_MS = 3_600_000;
/** A callback may still be on its way. */
const GRACE_MS = 10 * 60_000;
/** After a long absence nobody wants to know which callbacks were missed a week ago. */
const LONGEST_COUNT_MS = 24 * HOUR_MS;

/**
 * Counts, once an hour, for the payments that were settled or held since the last count. Only those of which nothing was heard cost a
 * read.
 * @throws GatewayUnavailable; nothing is counted then, and all of it the next time
 */
export async function countMissedCallbacks(
  db: Db,
  gateway: Gateway,
  signal: AbortSignal,
  now: Date = new Date(),
): Promise<MissedCallbacks> {
  const within = await hoursToCount(db, gateway.id, now);
  if (within === null) return { expected: 0, missed: 0 };
  const { heard, unheard } = await findHeard(db, gateway.id, within, MOST_READS);
  let missed = 0;
  for (const sessionId of unheard) missed += await gateway.countCallbacksSent(sessionId, { signal });
  await recordCallbacksCounted(db, gateway.id, within.to);
  return { expected: heard + missed, missed };
}

/** The hours of the clock since the last count, all but their last ten minutes; null where they are counted. */
export async function hoursToCount(
  db: Db,
  gateway: string,
  now: Date,
): Promise<{ from: Date; to: Date } | null> {
  const to = now.getTime() - (now.getTime() % HOUR_MS) - GRACE_MS;
  const counted = (await callbacksCountedTo(db, gateway))?.getTime() ?? to - HOUR_MS;
  if (counted >= to) return null;
  return { from: new Date(Math.max(counted, to - LONGEST_COUNT_MS)), to: new Date(to) };
}
