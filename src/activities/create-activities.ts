/** The activities of `paymentSession`, made of a store and the gateways. */
import type { Gateway } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { recordOutcome, type RecordSettings } from '../store/outcomes.ts';
import { retryableGatewayFailure } from './gateway-failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import { openPaymentSession, type OpeningSettings } from './open-session.ts';
import type { PaymentActivities, SessionInput } from './payment-activities.ts';

export interface ActivityDependencies {
  readonly db: Db;
  /** @throws Error for a gateway that is not configured. */
  readonly gatewayNamed: (name: string) => Gateway;
  readonly opening: OpeningSettings;
  readonly recording: RecordSettings;
}

/** Builds the activities that a Worker registers. */
export function createPaymentActivities(deps: ActivityDependencies): PaymentActivities {
  const { db, gatewayNamed } = deps;
  return {
    openSession: (input) =>
      asking((signal) =>
        openPaymentSession(
          { db, gateway: gatewayNamed(input.gateway), settings: deps.opening, signal },
          input,
        ),
      ),
    readTransaction: ({ gateway, sessionId, transactionId }) =>
      asking((signal) =>
        gatewayNamed(gateway).readPayment(
          { sessionId, ...(transactionId !== undefined && { transactionId }) },
          { signal },
        ),
      ),
    cancelSession: ({ gateway, sessionId }) =>
      asking((signal) => gatewayNamed(gateway).cancelSession(sessionId, { signal })),
    cancelSurplusSessions: (input) =>
      asking((signal) => cancelSurplus(gatewayNamed(input.gateway), input, signal)),
    recordOutcome: (record) => withHeartbeat(() => recordOutcome(db, record, deps.recording)),
  };
}

async function cancelSurplus(gateway: Gateway, input: SessionInput, signal: AbortSignal): Promise<number> {
  const found = await gateway.findSessions(input, { signal });
  const surplus = found.filter((session) => session.live && session.sessionId !== input.sessionId);
  for (const session of surplus) await gateway.cancelSession(session.sessionId, { signal });
  return surplus.length;
}

async function asking<Result>(body: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  try {
    return await withHeartbeat(body);
  } catch (error) {
    throw retryableGatewayFailure(error);
  }
}
