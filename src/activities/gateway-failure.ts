import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { delayAfter } from '../domain/ladder.ts';
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';

/** The maximum for `Retry-After`: a value of a year, through a proxy's mistake, would end a payment. */
const LONGEST_WAIT_MS = 60 * 60_000;

/** The wait that is used, whatever value `Retry-After` has. */
export function longestWait(ms: number): number {
  return Math.min(LONGEST_WAIT_MS, ms);
}

/**
 * Turns a gateway's silence or refusal into a retry at the right time; any other error is returned unchanged.
 * Retries have no end. Each delay varies by up to a fifth, so that runs that met the same silence do not all
 * return at the same moment. Delays that the contract promises to the second are set elsewhere: follow-up
 * reads (workflows/run-state.ts), the search for sent operations (money-run.ts), openings (opening-plan.ts)
 * and notifications of the merchant (notify-merchant.ts).
 */
export function retryableGatewayFailure(error: unknown): unknown {
  if (!(error instanceof GatewayUnavailable)) return error;
  const { attempt, workflowExecution } = Context.current().info;
  // While calls are stopped, the number of attempts says nothing about how long the gateway has been silent.
  const planned = error.turnInMs ?? delayAfter(attempt - 1);
  const scheduled = Math.round(planned * spread(`${workflowExecution?.workflowId}/${attempt}`));
  return ApplicationFailure.create({
    message: error.message,
    type: `GATEWAY_${error.kind.toUpperCase()}`,
    nextRetryDelay: longestWait(Math.max(scheduled, error.retryAfterMs ?? 0)),
  });
}

/** 0.8 to 1.2, always the same for the same text: a replayed try waits as long as the first time. */
function spread(text: string): number {
  let hash = 0;
  for (const letter of text) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0;
  return 0.8 + (0.4 * (hash % 1_000)) / 1_000;
}
