import type { CaptureMethod, Metadata, PaymentIntent } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

export interface Asked {
  readonly amount: number;
  readonly currency: string;
  readonly captureMethod: CaptureMethod;
  readonly methodTypes: readonly string[];
  readonly automaticMethods?: boolean;
  readonly metadata?: Metadata | undefined;
  readonly description?: string | undefined;
  readonly statementDescriptor?: string | undefined;
  readonly statementDescriptorSuffix?: string | undefined;
  readonly receiptEmail?: string | undefined;
  readonly customer?: string | null | undefined;
  readonly shipping?: unknown;
  readonly methodOptions?: Readonly<Record<string, Record<string, unknown>>>;
}

/** A new payment intent, and its event. */
export function openIntent({ ledger, ids, clock, book }: StripeSandbox, asked: Asked): PaymentIntent {
  const id = ids.next('pi_3', 23);
  const intent: PaymentIntent = {
    id,
    ...ALWAYS,
    object: 'payment_intent',
    amount: asked.amount,
    automatic_payment_methods:
      asked.automaticMethods === true ? { allow_redirects: 'always', enabled: true } : null,
    capture_method: asked.captureMethod,
    client_secret: `${id}_secret_${ids.next('', 25)}`,
    created: clock.now(),
    currency: asked.currency,
    customer: asked.customer ?? null,
    description: asked.description ?? null,
    metadata: asked.metadata ?? {},
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
      ...asked.methodOptions,
    },
    payment_method_types: asked.methodTypes,
    receipt_email: asked.receiptEmail ?? null,
    shipping: asked.shipping ?? null,
    statement_descriptor: asked.statementDescriptor ?? null,
    statement_descriptor_suffix: asked.statementDescriptorSuffix ?? null,
    status: 'requires_payment_method',
  };
  ledger.save('intent', intent);
  book.emit('payment_intent.created', intent);
  return intent;
}

/** What every new payment intent of the sandbox has. */
const ALWAYS = {
  allowed_payment_method_types: null,
  amount_capturable: 0,
  amount_details: { tip: {} },
  amount_received: 0,
  application: null,
  application_fee_amount: null,
  canceled_at: null,
  cancellation_reason: null,
  confirmation_method: 'automatic',
  customer_account: null,
  excluded_payment_method_types: null,
  last_payment_error: null,
  latest_charge: null,
  livemode: false,
  managed_payments: null,
  next_action: null,
  on_behalf_of: null,
  payment_method: null,
  payment_method_configuration_details: null,
  processing: null,
  review: null,
  setup_future_usage: null,
  source: null,
  transfer_data: null,
  transfer_group: null,
};
