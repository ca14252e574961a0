import type { Gateway } from '../gateways/gateway.ts';
import { retryableGatewayFailure } from './gateway-failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Recording } from '../updates/recording.ts';

/** The tools of an activity that calls a gateway and records what it finds. */
export interface GatewayTools extends Recording {
  readonly gateway: Gateway;
  readonly signal: AbortSignal;
}

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
