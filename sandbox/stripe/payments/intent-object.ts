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
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: asked.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods:
      asked.automaticMethods === true ? { allow_redirects: 'always', enabled: true } : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: asked.captureMethod,
    client_secret: `${id}_secret_${ids.next('', 25)}`,
    confirmation_method: 'automatic',
    created: clock.now(),
    currency: asked.currency,
    customer: asked.customer ?? null,
    customer_account: null,
    description: asked.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: asked.metadata ?? {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
      ...asked.methodOptions,
    },
    payment_method_types: asked.methodTypes,
    processing: null,
    receipt_email: asked.receiptEmail ?? null,
    review: null,
    setup_future_usage: null,
    shipping: asked.shipping ?? null,
    source: null,
    statement_descriptor: asked.statementDescriptor ?? null,
    statement_descriptor_suffix: asked.statementDescriptorSuffix ?? null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
  ledger.save('intent', intent);
  book.emit('payment_intent.created', intent);
  return intent;
}
