/** Our own limit towards a gateway, for each process: what a shopper waits for goes first. */
import PQueue from 'p-queue';
import { GatewayUnavailable } from './gateway.ts';

/** What would wait longer is tried again later instead of holding a slot. */
const LONGEST_WAIT_S = 5;
const URGENT = 1;

export type CallRate = <Answer>(call: () => Promise<Answer>, isUrgent: boolean) => Promise<Answer>;

/** So many calls begin in any second. @throws GatewayUnavailable where the call would have to wait too long; it has not been made then */
export function limitCallRate(perSecond: number): CallRate {
  const queue = new PQueue({ intervalCap: perSecond, interval: 1_000, strict: true });
  return async (call, isUrgent) => {
    const ahead = isUrgent ? queue.sizeBy({ priority: URGENT }) : queue.size;
    if (ahead >= perSecond * LONGEST_WAIT_S) {
      throw new GatewayUnavailable(`not called: ${ahead} calls wait already at ${perSecond} a second`, {
        kind: 'rate_limited',
      });
    }
    return queue.add(call, { priority: isUrgent ? URGENT : 0 });
  };
}
