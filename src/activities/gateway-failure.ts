import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { delayAfter } from '../domain/ladder.ts';
import { GatewayUnavailable } from '../gateways/gateway.ts';

/** Whatever `Retry-After` says: a year, by a proxy's mistake, would be the end of a payment. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** What is waited for in the end, whatever `Retry-After` says. */
export function longestWait(ms: number): number {
  return Math.min(LONGEST_WAIT_MS, ms);
}

/**
 * Turns a gateway's silence or refusal into a retry at the right time; anything else is passed on as it is. Without end, each up to a
 * fifth sooner or later, so that runs that met the same silence do not all come back in the same moment. What the contract promises to
 * the second is not here: follow-up reads (workflows/run-state.ts), looking for what was sent (money-run.ts), openings
 * (opening-plan.ts) and telling the merchant (notify-merchant.ts).
 */
export function retryableGatewayFailure(error: unknown): unknown {
  if (!(error instanceof GatewayUnavailable)) return error;
  const { attempt, workflowExecution } = Context.current().info;
  // While calls are stopped, how often this one was tried says nothing of how long the gateway has been silent.
  const planned = error.turnInMs ?? delayAfter(attempt - 1);
  const scheduled = Math.round(planned * spread(`${workflowExecution?.workflowId}/${attempt}`));
  return ApplicationFailure.create({
    message: error.message,
    type: `GATEWAY_${error.kind.toUpperCase()}`,
    nextRetryDelay: longestWait(Math.max(scheduled, error.retryAfterMs ?? 0)),
  });
}

/** 0.8 to 1.2, always the same for the same text: a try that is played again waits as long as it did. */
function spread(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return 0.8 + (0.4 * (hash % 1_000)) / 1_000;
}
