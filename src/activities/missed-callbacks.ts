/** How many callbacks a gateway says it has sent that never came: firewalls, certificates and proxies lose them in silence. */
import { heartbeat } from '@temporalio/activity';
import type { Gateway } from '../gateways/gateway.ts';
import { listHeard } from '../store/missed-callbacks.ts';
import type { Db } from '../store/open.ts';

export interface MissedCallbacks {
  readonly expected: number;
  readonly missed: number;
}

/** A sample says as much, and a gateway is not asked a thousand times because a certificate has expired. */
const MOST_READS = 200;

/**
 * Counts for the payments that were settled or held within a time. Only those of which nothing was heard cost a read.
 * @throws GatewayUnavailable
 */
export async function countMissedCallbacks(
  db: Db,
  gateway: Gateway,
  within: { from: Date; to: Date },
  signal: AbortSignal,
): Promise<MissedCallbacks> {
  const payments = await listHeard(db, gateway.id, within);
  const heard = payments.reduce((sum, payment) => sum + payment.heard, 0);
  let missed = 0;
  for (const { sessionId } of payments.filter((payment) => payment.heard === 0).slice(0, MOST_READS)) {
    missed += await gateway.countCallbacksSent(sessionId, { signal });
    heartbeat();
  }
  return { expected: heard + missed, missed };
}
