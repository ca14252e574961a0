/**
 * How many callbacks the gateway says it sent that never came. Firewalls, certificates and proxies lose them
 * silently.
 */
import type { Gateway } from '../gateways/gateway.ts';
import { findHeard } from '../store/heard-callbacks.ts';
import type { Db } from '../store/open.ts';
import { callbacksCountedTo, recordCallbacksCounted } from '../store/sweeps.ts';

export interface MissedCallbacks {
  readonly expected: number;
  readonly missed: number;
}

/** A sample is enough: if a certificate has expired, the gateway should not get a thousand reads. */
const MOST_READS = 100;
const HOUR_MS = 3_600_000;
/** A callback may still be on its way. */
const GRACE_MS = 10 * 60_000;
/** After a long outage, callbacks that were missed a week ago matter to no one. */
const LONGEST_COUNT_MS = 24 * HOUR_MS;

/**
 * Counts, once an hour, for the payments that were settled or on hold since the last count. Only payments
 * without any received callback cost a read.
 * @throws GatewayUnavailable. Then nothing is counted, and the next count covers it
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
  const missed = await gateway.countMissedCallbacks({ sessionIds: unheard, ...within }, { signal });
  await recordCallbacksCounted(db, gateway.id, within.to);
  return { expected: heard + missed, missed };
}

/** The clock hours since the last count, except the last ten minutes; null where they are counted already. */
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
