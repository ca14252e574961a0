/** Records that a payment has ended and never had a session. */
import type { Callback } from '../domain/callback.ts';
import type { Decision, Finding } from '../domain/finding.ts';
import { isOpen, type PaymentSnapshot, type PaymentStatus } from '../domain/payment.ts';
import type { RecordRequest } from '../store/record-finding/record-request.ts';
import { recordFinding } from '../store/record-finding/write.ts';
import type { Recording } from '../updates/recording.ts';

/** The gateway has refused the session, for this reason. */
export function refusedBecause(reason: string): Finding {
  return { status: 'FAILED', pays: false, cause: 'rejected', reason };
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
