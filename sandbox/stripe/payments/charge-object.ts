import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { brandOf, type Failure, type Method } from './methods.ts';

interface Making {
  readonly method: Method;
  readonly status: Charge['status'];
  readonly captured: boolean;
  readonly failure?: Failure;
  readonly email?: string | null;
}

/** The charge of one attempt. */
export function chargeObject(sandbox: StripeSandbox, intent: PaymentIntent, making: Making): Charge {
  const { ids, clock } = sandbox;
  const { method, status, captured, failure, email = null } = making;
  return {
    id: ids.next(method.type === 'card' ? 'ch_3' : 'py_3', 23),
    ...ALWAYS,
    object: 'charge',
    amount: intent.amount,
    amount_captured: captured ? intent.amount : 0,
    billing_details: {
      address: { city: null, country: 'NO', line1: null, line2: null, postal_code: null, state: null },
      email,
      name: 'Kari Nordmann',
      phone: null,
      tax_id: null,
    },
    calculated_statement_descriptor: intent.statement_descriptor ?? 'SANDBOX',
    captured,
    created: clock.now(),
    currency: intent.currency,
    customer: intent['customer'] ?? null,
    description: intent.description,
    failure_code: failure?.code ?? null,
    failure_message: failure?.message ?? null,
    // Stripe copies the metadata once, when the charge is made.
    metadata: { ...intent.metadata },
    outcome: outcomeOf(failure),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: intent.payment_method,
    payment_method_details: methodDetails(sandbox, intent, making),
    receipt_email: intent['receipt_email'] ?? null,
    receipt_url: status === 'succeeded' ? `${sandbox.publicUrl}/receipts/${intent.id}` : null,
    shipping: intent['shipping'] ?? null,
    statement_descriptor: intent.statement_descriptor,
    statement_descriptor_suffix: intent.statement_descriptor_suffix,
    status,
  };
}

function outcomeOf(failure: Failure | undefined): object {
  const codes = { advice_code: null, network_advice_code: null, network_decline_code: null };
  if (failure === undefined)
    return {
      ...codes,
      network_status: 'approved_by_network',
      reason: null,
      risk_level: 'normal',
      risk_score: 12,
      seller_message: 'Payment complete.',
      type: 'authorized',
    };
  return {
    ...codes,
    network_decline_code: '05',
    network_status: 'declined_by_network',
    reason: failure.declineCode ?? failure.code,
    risk_level: 'normal',
    risk_score: 12,
    seller_message: 'The bank did not return any further details with this decline.',
    type: 'issuer_declined',
  };
}

function methodDetails(
  { clock, faults }: StripeSandbox,
  intent: PaymentIntent,
  { method, status, captured }: Making,
): Charge['payment_method_details'] {
  if (method.type !== 'card') return { type: method.type, [method.type]: otherDetails(method.type) };
  const held = status === 'succeeded' && !captured;
  const asked = intent.payment_method_options['card']?.['request_multicapture'] === 'if_available';
  const { authorizationMs, multicapture } = faults.knobs;
  const number = method.number ?? '4242424242424242';
  return {
    type: 'card',
    card: {
      amount_authorized: status === 'succeeded' ? intent.amount : null,
      authorization_code: status === 'succeeded' ? '123456' : null,
      brand: brandOf(method),
      ...(held ? { capture_before: clock.now() + Math.floor(authorizationMs / 1_000) } : {}),
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'NO',
      exp_month: 12,
      exp_year: 2034,
      extended_authorization: { status: 'disabled' },
      fingerprint: 'Sandbox000000001',
      funding: 'credit',
      incremental_authorization: { status: 'unavailable' },
      installments: null,
      last4: number.slice(-4),
      mandate: null,
      multicapture: { status: asked && multicapture ? 'available' : 'unavailable' },
      network: brandOf(method),
      network_token: { used: false },
      network_transaction_id: '100000000000001',
      overcapture: { maximum_amount_capturable: intent.amount, status: 'unavailable' },
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

function otherDetails(type: string): object {
  if (type === 'sepa_debit')
    return {
      bank_code: '37040044',
      branch_code: '',
      country: 'DE',
      fingerprint: 'Sandbox000000002',
      last4: '3000',
      mandate: 'mandate_1Sandbox0000000000000001',
    };
  return {};
}

/** What every new charge of the sandbox has. */
const ALWAYS = {
  amount_refunded: 0,
  application: null,
  application_fee: null,
  application_fee_amount: null,
  balance_transaction: null,
  disputed: false,
  failure_balance_transaction: null,
  fraud_details: {},
  livemode: false,
  on_behalf_of: null,
  radar_options: {},
  receipt_number: null,
  refunded: false,
  review: null,
  source: null,
  source_transfer: null,
  transfer_data: null,
  transfer_group: null,
};
