import { retryableGatewayFailure } from './gateway-failure.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Runs an activity that asks a gateway: with a heartbeat, and with its silence or refusal turned into a retry at the right time. */
export async function askGateway<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  try {
    return await withHeartbeat(body);
  } catch (error) {
    throw retryableGatewayFailure(error);
  }
}
