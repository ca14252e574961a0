/**
 * Notifies the merchant, for a run and with its retries, after a first attempt failed. Runs on a Worker of
 * its own. Contract §6.
 */
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { attemptUpdate, type EndedState, type TellingTools } from '../updates/attempt-update.ts';
import type { UpdateActivities } from './contract.ts';
import { currentRun } from './current-run.ts';
import { withHeartbeat } from './heartbeat.ts';

/**
 * Builds the activity. It fails, and so is retried, until the merchant has acknowledged, has answered 410, or
 * three days are over.
 */
export function createUpdateActivities(tools: TellingTools): UpdateActivities {
  return { notifyMerchant: (effectId) => withHeartbeat((signal) => notify(tools, effectId, signal)) };
}

async function notify(tools: TellingTools, effectId: string, signal: AbortSignal): Promise<EndedState> {
  // The three days start again for a run that is woken to notify of an update that could not be delivered.
  const begunAt = Context.current().info.scheduledTimestampMs;
  const attempted = await attemptUpdate(tools, effectId, { teller: currentRun(), begunAt, signal });
  switch (attempted.kind) {
    case 'ended':
      return attempted.state;
    case 'failed':
      throw toBeRetried('MERCHANT_UNREACHED', attempted.words, attempted.retryAfterMs);
    case 'not_now':
      throw toBeRetried('NOT_ITS_TURN', attempted.words, attempted.waitMs);
  }
}

function toBeRetried(type: string, message: string, nextRetryDelay: number): ApplicationFailure {
  return ApplicationFailure.create({ message, type, nextRetryDelay });
}
