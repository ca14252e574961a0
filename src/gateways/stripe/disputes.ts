import type { Dispute } from '../../domain/dispute.ts';
import type { StripeDispute } from './stripe-objects.ts';

/** `warning_closed` and `prevented`: the bank only asked, and the money stayed. */
const WON: ReadonlySet<string> = new Set(['won', 'warning_closed', 'prevented']);

/** Stripe's dispute in our shape. A status that we do not know is an open one. */
export function toDispute({
  id,
  status,
  amount,
  reason,
  evidence_details: evidence,
}: StripeDispute): Dispute {
  const state = status === 'lost' ? 'lost' : WON.has(status) ? 'won' : 'open';
  const dueBy = evidence?.due_by;
  return {
    disputeId: id,
    state,
    amountMinor: amount,
    ...(reason && { reason }),
    ...(state === 'open' && dueBy && { dueBy: dueBy.toISOString() }),
  };
}
