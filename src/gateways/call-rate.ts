/** Our own limit of calls to a gateway, per process. Calls that a payer waits for go first. */
import PQueue from 'p-queue';
import { GatewayUnavailable } from './gateway-errors.ts';

/** A call that would wait longer is retried later, so that it does not hold a slot. */
const LONGEST_WAIT_S = 5;
const URGENT = 1;

export type CallRate = <Answer>(call: () => Promise<Answer>, isUrgent: boolean) => Promise<Answer>;

/**
 * At most `perSecond` calls begin in any second.
 * @throws GatewayUnavailable if the call would wait too long; it was then not made
 */
export function limitCallRate(perSecond: number): CallRate {
  const queue = new PQueue({ intervalCap: perSecond, interval: 1_000, strict: true });
  return async (call, isUrgent) => {
    const ahead = isUrgent ? queue.sizeBy({ priority: URGENT }) : queue.size;
    if (ahead >= perSecond * LONGEST_WAIT_S) {
      throw new GatewayUnavailable(`not called: ${ahead} calls already wait, at ${perSecond} a second`, {
        kind: 'rate_limited',
      });
    }
    return queue.add(call, { priority: isUrgent ? URGENT : 0 });
  };
}
