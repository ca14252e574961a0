import type { Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import type { SessionRequest } from './session-parameters.ts';

interface Making {
  readonly id: string;
  readonly asked: SessionRequest;
  readonly currency: string;
  readonly total: number;
  readonly expiresAt: number;
  readonly sandbox: Pick<StripeSandbox, 'clock' | 'publicUrl'>;
}

/** Methods that a session offers if it names none; with a manual capture only those that can wait. */
const AUTOMATIC = ['card', 'link', 'sepa_debit', 'ideal'];
const AUTOMATIC_MANUAL = ['card', 'link'];

/** An open session, in the shape of `Checkout.Session`. */
export function sessionObject({ id, asked, currency, total, expiresAt, sandbox }: Making): Session {
  const manual = asked.payment_intent_data?.capture_method === 'manual';
  const chosen = asked.payment_method_types ?? asked.allowed_payment_method_types;
  return {
    ...ALWAYS,
    id,
    object: 'checkout.session',
    amount_subtotal: total,
    amount_total: total,
    cancel_url: asked.cancel_url ?? null,
    client_reference_id: asked.client_reference_id ?? null,
    created: sandbox.clock.now(),
    currency,
    customer: asked.customer ?? null,
    customer_details: asked.customer_email === undefined ? null : customerDetails(asked.customer_email, null),
    customer_email: asked.customer_email ?? null,
    expires_at: expiresAt,
    locale: asked.locale ?? null,
    metadata: asked.metadata ?? {},
    payment_intent: null,
    payment_method_configuration_details:
      chosen === undefined ? { id: 'pmc_1Sandbox0000000000000001', parent: null } : null,
    payment_method_options: asked.payment_method_options ?? {},
    payment_method_types: chosen ?? (manual ? AUTOMATIC_MANUAL : AUTOMATIC),
    payment_status: total === 0 ? 'no_payment_required' : 'unpaid',
    status: 'open',
    submit_type: asked.submit_type ?? null,
    success_url: asked.success_url,
    url: `${sandbox.publicUrl}/c/pay/${id}`,
  };
}

const NO_CUSTOM_TEXT = {
  after_submit: null,
  shipping_address: null,
  submit: null,
  terms_of_service_acceptance: null,
};

const NO_INVOICE = {
  enabled: false,
  invoice_data: {
    account_tax_ids: null,
    custom_fields: null,
    description: null,
    footer: null,
    issuer: null,
    metadata: {},
    rendering_options: null,
  },
};

/** What is the same in every session of the sandbox. */
const ALWAYS = {
  adaptive_pricing: { enabled: false },
  after_expiration: null,
  allow_promotion_codes: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency_conversion: null,
  custom_fields: [],
  custom_text: NO_CUSTOM_TEXT,
  customer_account: null,
  customer_creation: 'if_required',
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: NO_INVOICE,
  livemode: false,
  managed_payments: { enabled: false },
  mode: 'payment',
  origin_context: null,
  payment_link: null,
  payment_method_collection: 'if_required',
  permissions: null,
  phone_number_collection: { enabled: false },
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  subscription: null,
  total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
  ui_mode: 'hosted_page',
  wallet_options: null,
};

export function customerDetails(
  email: string | null,
  name: string | null,
): Readonly<Record<string, unknown>> {
  return {
    address: { city: null, country: 'NO', line1: null, line2: null, postal_code: null, state: null },
    business_name: null,
    email,
    individual_name: null,
    name,
    phone: null,
    tax_exempt: 'none',
    tax_ids: [],
  };
}
