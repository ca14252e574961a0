import { retryableGatewayFailure } from './gateway-failure.ts';
import { withHeartbeat } from './heartbeat.ts';

/**
 * Runs an activity that calls a gateway: with a heartbeat, and with a retry at the right time after silence
 * or a refusal.
 */
export async function askGateway<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  try {
    return await withHeartbeat(body);
  } catch (error) {
    throw retryableGatewayFailure(error);
  }
}
