/** Closes a payment that has no session. */
import { closedBy } from '../domain/finding.ts';
import type { PaymentStatus } from '../domain/payment.ts';
import { recordNoSession } from '../sessions/record-no-session.ts';
import type { Recording } from '../updates/recording.ts';
import type { CloseUnopenedInput } from './contract.ts';

/**
 * See `PaymentActivities.closeUnopened`. The store decides whether the payment may be closed. Its status
 * afterwards says whether it was.
 */
export async function closeUnopened(
  recording: Recording,
  account: string,
  { paymentId, orderReference, key, because, callbacks }: CloseUnopenedInput,
): Promise<{ readonly status: PaymentStatus; readonly hasSession: boolean }> {
  const record = { paymentId, orderReference, account, key, callbacks, closing: because };
  return recordNoSession(recording, record, closedBy(because.why));
}
