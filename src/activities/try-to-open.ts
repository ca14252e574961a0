/** One try to open a session. The run decides when to try again, so a gateway's silence is a result here. */
import { GatewayUnavailable } from '../gateways/gateway-errors.ts';
import { findPayment } from '../store/payments.ts';
import { longestWait } from './gateway-failure.ts';
import { whenSlow, withHeartbeat } from './heartbeat.ts';
import { openPaymentSession, type Opening } from './open-session.ts';
import type { OpenSessionInput, OpenSessionOutcome } from './contract.ts';

type Tools = Omit<Opening, 'signal'>;

/**
 * See `PaymentActivities.openSession`. `onSlow` is called once the try takes long, again until a call
 * succeeds.
 */
export async function tryToOpen(
  tools: Tools,
  input: OpenSessionInput,
  onSlow: (input: OpenSessionInput) => Promise<unknown> = () => Promise.resolve(),
): Promise<OpenSessionOutcome> {
  const stop = whenSlow(() => onSlow(input));
  try {
    return await withHeartbeat((signal) => openPaymentSession({ ...tools, signal }, input));
  } catch (error) {
    if (!(error instanceof GatewayUnavailable)) throw error;
    return unavailable(tools, input, error);
  } finally {
    stop();
  }
}

async function unavailable(
  { db, opening }: Tools,
  { paymentId, since }: OpenSessionInput,
  { message: reason, retryAfterMs }: GatewayUnavailable,
): Promise<OpenSessionOutcome> {
  const row = await findPayment(db, paymentId);
  const expiresAt = row?.expiresAt ?? new Date(since + opening.lifetimeMs);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs: longestWait(retryAfterMs) };
  return { kind: 'unavailable', reason, expiresAt: expiresAt.toISOString(), ...wait };
}
