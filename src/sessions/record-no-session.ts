/** Records that a payment has ended and never had a session. */
import type { Callback } from '../domain/callback.ts';
import type { Decision, Finding } from '../domain/finding.ts';
import { isOpen, type PaymentSnapshot, type PaymentStatus } from '../domain/payment.ts';
import type { RecordRequest } from '../store/record-finding/record-request.ts';
import type { Recording } from '../updates/recording.ts';

const ENDS = {
  rejected: { status: 'FAILED' },
  never_opened: { status: 'EXPIRED', closedBy: 'expiry' },
  // A payment that was closed before stays as it is. Only its deliveries are marked as handled.
  closed: { status: 'CANCELLED' },
} as const satisfies Record<string, Partial<Finding>>;

/** Why a payment gets no session, and its status for that. */
export function noSession(kind: keyof typeof ENDS, reason: string): Finding {
  return { pays: false, cause: kind, reason, ...ENDS[kind] };
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
  const recorded = await recording.record({
    ...rest,
    deliveries,
    decide,
    notes: (decision) =>
      isTold(decision) ? [{ kind: 'operation', text: `no session: ${finding.reason}` }] : [],
  });
  const { status, sessionId } = recorded.payment;
  return { status, hasSession: sessionId !== '' };
}
