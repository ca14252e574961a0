/** Stripe's objects, with its own field names, since they are sent in this form. Only fields in use are named. */

export type Metadata = Readonly<Record<string, string>>;

interface StripeObject {
  readonly id: string;
  readonly object: string;
  [field: string]: unknown;
}

export interface Session extends StripeObject {
  readonly created: number;
  amount_total: number;
  currency: string;
  client_reference_id: string | null;
  customer_email: string | null;
  customer_details: Readonly<Record<string, unknown>> | null;
  expires_at: number;
  metadata: Metadata;
  payment_intent: string | null;
  payment_method_types: readonly string[];
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  status: 'open' | 'complete' | 'expired';
  success_url: string;
  cancel_url: string | null;
  url: string | null;
}

export type CaptureMethod = 'automatic' | 'automatic_async' | 'manual';

export interface PaymentIntent extends StripeObject {
  readonly created: number;
  amount: number;
  amount_capturable: number;
  amount_received: number;
  canceled_at: number | null;
  cancellation_reason: string | null;
  capture_method: CaptureMethod;
  currency: string;
  description: string | null;
  last_payment_error: unknown;
  latest_charge: string | null;
  metadata: Metadata;
  next_action: unknown;
  payment_method: string | null;
  payment_method_options: Readonly<Record<string, Record<string, unknown>>>;
  payment_method_types: readonly string[];
  processing: unknown;
  statement_descriptor: string | null;
  statement_descriptor_suffix: string | null;
  status: string;
}

interface CardDetails {
  readonly [field: string]: unknown;
  readonly multicapture: { readonly status: string };
}

export interface Charge extends StripeObject {
  readonly created: number;
  amount: number;
  amount_captured: number;
  amount_refunded: number;
  balance_transaction: string | null;
  captured: boolean;
  currency: string;
  description: string | null;
  disputed: boolean;
  metadata: Metadata;
  paid: boolean;
  payment_intent: string | null;
  payment_method: string | null;
  payment_method_details: {
    readonly type: string;
    readonly card?: CardDetails;
    readonly [method: string]: unknown;
  };
  refunded: boolean;
  status: 'succeeded' | 'pending' | 'failed';
}

export interface Refund extends StripeObject {
  readonly created: number;
  readonly amount: number;
  readonly charge: string;
  readonly payment_intent: string | null;
  readonly currency: string;
  metadata: Metadata;
  reason: string | null;
  status: 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';
}

export interface Dispute extends StripeObject {
  readonly created: number;
  readonly amount: number;
  readonly charge: string;
  readonly payment_intent: string | null;
  evidence: Record<string, unknown>;
  evidence_details: Record<string, unknown>;
  metadata: Metadata;
  status: string;
}

export interface BalanceTransaction extends StripeObject {
  readonly created: number;
  readonly source: string;
}

/** An object of the catalogue and the like: kept, given back, and nothing more. */
export interface PlainObject extends StripeObject {
  readonly created: number;
  metadata: Metadata;
}

export interface StripeEvent extends StripeObject {
  readonly created: number;
  readonly type: string;
  readonly data: { readonly object: StripeObject; readonly previous_attributes?: unknown };
}

export type AnyObject = StripeObject;
