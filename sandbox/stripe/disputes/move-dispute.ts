/** Disputes: opened by the payer's bank, decided by it, given up by a call. */
import { badState } from '../http/stripe-error.ts';
import { bookMoney } from '../money/balance.ts';
import { afterwardsOf, type Method } from '../payments/methods.ts';
import type { Charge, Dispute } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

interface DisputeRequest {
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  /** A question of the bank, which moves no money. */
  readonly inquiry?: boolean | undefined;
}

const FOUR_WEEKS = 28 * 86_400;

export function openDispute(sandbox: StripeSandbox, charge: Charge, asked: DisputeRequest = {}): Dispute {
  const { ledger, book } = sandbox;
  if (charge.amount_captured === 0) throw badState('charge_not_captured', `${charge.id} was not captured`);
  const dispute = disputeObject(sandbox, charge, asked);
  charge.disputed = true;
  ledger.save('charge', charge);
  ledger.save('dispute', dispute);
  book.emit('charge.dispute.created', dispute);
  if (asked.inquiry !== true) withdraw(sandbox, dispute);
  return dispute;
}

/** Test cards whose charges are disputed. */
export function openDisputeOfCard(sandbox: StripeSandbox, charge: Charge, method: Method): void {
  const afterwards = afterwardsOf(method);
  if (afterwards !== 'dispute' && afterwards !== 'inquiry') return;
  if (charge.captured)
    openDispute(sandbox, charge, { reason: 'fraudulent', inquiry: afterwards === 'inquiry' });
}

/** The bank decides, or the account gives up. */
export function closeDispute(
  sandbox: StripeSandbox,
  dispute: Dispute,
  status: 'won' | 'lost' | 'warning_closed',
): Dispute {
  if (['won', 'lost', 'warning_closed'].includes(dispute.status))
    throw badState('dispute_already_closed', 'This dispute is already closed');
  const { ledger, book } = sandbox;
  dispute.status = status;
  dispute['is_charge_refundable'] = status !== 'lost';
  ledger.save('dispute', dispute);
  book.emit('charge.dispute.closed', dispute);
  if (status === 'won') reinstate(sandbox, dispute);
  if (status !== 'lost') {
    const charge = ledger.charge(dispute.charge);
    // Stripe keeps `disputed` once it is true.
    ledger.save('charge', charge);
  }
  return dispute;
}

function withdraw(sandbox: StripeSandbox, dispute: Dispute): void {
  move(sandbox, dispute, -dispute.amount);
  sandbox.book.emit('charge.dispute.funds_withdrawn', dispute);
}

function reinstate(sandbox: StripeSandbox, dispute: Dispute): void {
  move(sandbox, dispute, dispute.amount);
  sandbox.book.emit('charge.dispute.funds_reinstated', dispute);
}

function move(sandbox: StripeSandbox, dispute: Dispute, amount: number): void {
  const { id: source } = dispute;
  const booked = bookMoney(sandbox, {
    type: 'adjustment',
    amount,
    source,
    currency: String(dispute['currency']),
  });
  dispute['balance_transactions'] = [...(dispute['balance_transactions'] as object[]), booked];
  sandbox.ledger.save('dispute', dispute);
}

function disputeObject({ ids, clock }: StripeSandbox, charge: Charge, asked: DisputeRequest): Dispute {
  return {
    id: ids.next('du_1', 23),
    object: 'dispute',
    amount: asked.amount ?? charge.amount_captured,
    balance_transactions: [],
    charge: charge.id,
    created: clock.now(),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: Object.fromEntries(EVIDENCE.map((name) => [name, name === 'enhanced_evidence' ? {} : null])),
    evidence_details: {
      due_by: clock.now() + FOUR_WEEKS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
    },
    is_charge_refundable: asked.inquiry === true,
    livemode: false,
    metadata: {},
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: 'visa',
        case_type: asked.inquiry === true ? 'inquiry' : 'chargeback',
        network: 'visa',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: asked.reason ?? 'fraudulent',
    status: asked.inquiry === true ? 'warning_needs_response' : 'needs_response',
  };
}

export const EVIDENCE =
  `access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal
  customer_communication customer_email_address customer_name customer_purchase_ip customer_signature
  duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id enhanced_evidence
  product_description receipt refund_policy refund_policy_disclosure refund_refusal_explanation service_date
  service_documentation shipping_address shipping_carrier shipping_date shipping_documentation
  shipping_tracking_number uncategorized_file uncategorized_text`.split(/\s+/);
