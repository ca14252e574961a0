import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { GatewayUnavailable } from '../gateways/gateway.ts';

/** Contract §5.3: after 1, 2, 5, 15 and 60 seconds, then every 5 minutes, without end. */
const RETRY_AFTER_MS = [1_000, 2_000, 5_000, 15_000, 60_000];
const RETRY_AFTERWARDS_MS = 5 * 60_000;
/** Whatever `Retry-After` says: a year, by a proxy's mistake, would be the end of a payment. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** Turns a gateway's silence or refusal into a retry at the right time; anything else is passed on as it is. */
export function retryableGatewayFailure(error: unknown): unknown {
  if (!(error instanceof GatewayUnavailable)) return error;
  const { attempt } = Context.current().info;
  const scheduled = RETRY_AFTER_MS[attempt - 1] ?? RETRY_AFTERWARDS_MS;
  return ApplicationFailure.create({
    message: error.message,
    type: `GATEWAY_${error.kind.toUpperCase()}`,
    nextRetryDelay: Math.min(LONGEST_WAIT_MS, Math.max(scheduled, error.retryAfterMs ?? 0)),
  });
}
