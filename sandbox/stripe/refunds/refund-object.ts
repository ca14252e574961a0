import type { Charge, Metadata, Refund } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

interface Making {
  readonly amount: number;
  readonly status: Refund['status'];
  readonly reason?: string | null | undefined;
  readonly metadata?: Metadata | undefined;
  /** A hold is released, so that no money was booked. */
  readonly isReversal?: boolean;
}

/** A refund of a charge, not saved yet. */
export function refundObject({ ids, clock }: StripeSandbox, charge: Charge, making: Making): Refund {
  const { amount, status, reason = null, metadata = {}, isReversal = false } = making;
  const isCard = charge.payment_method_details.type === 'card';
  const { type } = charge.payment_method_details;
  return {
    id: ids.next(isCard ? 're_3' : 'pyr_3', 23),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: clock.now(),
    currency: charge.currency,
    customer: null,
    customer_account: null,
    destination_details: isCard ? { card: isReversal ? REVERSAL : REFUND, type } : { [type]: {}, type },
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status,
    transfer_reversal: null,
  };
}

const REVERSAL = { type: 'reversal' };
const REFUND = { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' };
