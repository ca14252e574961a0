/** Records that a payment has ended and never had a session. */
import { closedBy, type Decision, type Finding } from '../domain/finding.ts';
import type { Callback } from '../domain/callback.ts';
import { isOpen, type PaymentSnapshot, type PaymentStatus } from '../domain/payment.ts';
import { recordFinding } from '../store/record-finding/write.ts';
import type { RecordRequest } from '../store/record-finding/record-request.ts';
import type { CloseUnopenedInput } from './contract.ts';
import type { Recording } from './recording.ts';

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

/**
 * Records why there will never be a session. A settled payment keeps its status, and so does one that another
 * process has just opened. Returns the payment afterwards.
 */
export async function recordNoSession(
  recording: Recording,
  record: Pick<RecordRequest, 'paymentId' | 'orderReference' | 'account' | 'key' | 'closing'> & {
    readonly callbacks: readonly Callback[];
  },
  finding: Finding,
): Promise<{ readonly status: PaymentStatus; readonly hasSession: boolean }> {
  const { callbacks: deliveries, ...rest } = record;
  const decide = ({ status, sessionId }: Pick<PaymentSnapshot, 'status' | 'sessionId'>): Decision =>
    isOpen(status) && sessionId === '' ? { kind: 'find', finding } : { kind: 'keep' };
  const isTold = ({ kind }: Decision) => kind === 'find' || deliveries.length > 0;
  const recorded = await recordFinding(
    recording.db,
    {
      ...rest,
      deliveries,
      decide,
      notes: (decision) =>
        isTold(decision) ? [{ kind: 'operation', text: `no session: ${finding.reason}` }] : [],
    },
    recording.settings,
  );
  recording.recorded(recorded);
  const { status, sessionId } = recorded.payment;
  return { status, hasSession: sessionId !== '' };
}
