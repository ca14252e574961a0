/** The things the sandbox keeps. Sessions and transactions have Dintero's own field names: they are the wire shape. */
import type { CallbackChoice, CallbackPlan } from '../callbacks/callback-plan.ts';

export interface SessionEvent {
  readonly id: string;
  readonly name: string;
  /** ISO 8601 in UTC with milliseconds, here and everywhere, so that times compare as strings. */
  readonly created_at: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Item {
  readonly id?: string | undefined;
  readonly line_id?: string | undefined;
  readonly amount: number;
  readonly description?: string | undefined;
  readonly quantity?: number | undefined;
  readonly [field: string]: unknown;
}

/** A part of a line that is captured or refunded: named by its line, always. */
export interface Part {
  readonly line_id: string;
  readonly amount: number;
  readonly quantity?: number | undefined;
  readonly [field: string]: unknown;
}

export interface SessionOrder {
  readonly amount: number;
  readonly currency: string;
  readonly merchant_reference: string;
  readonly merchant_reference_2?: string | undefined;
  readonly items?: readonly Item[] | undefined;
  readonly store?: { readonly id?: string | undefined } | undefined;
  readonly shipping_option?: { readonly amount: number; readonly [field: string]: unknown } | undefined;
  readonly [field: string]: unknown;
}

export interface Session {
  readonly id: string;
  readonly created_at: string;
  updated_at: string;
  readonly expires_at: string;
  order: SessionOrder;
  readonly url: { readonly return_url: string; readonly callback_url?: string | undefined };
  readonly customer?: {
    readonly customer_id?: string | undefined;
    readonly email?: string | undefined;
    readonly phone_number?: string | undefined;
  };
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string | number>>;
  readonly events: SessionEvent[];
  transaction_id?: string;
  cancelled_at?: string;
  cancelled_by?: string;
  pay_lock?: { readonly pay_lock_id: string };
}

export interface EventError {
  readonly code: string;
  readonly message: string;
  readonly type?: readonly string[] | undefined;
  readonly result_code?: string | undefined;
  readonly retry_policy?:
    | { readonly retry_codes: string; readonly retry_after?: number | undefined }
    | undefined;
}

/** What became of an operation that had been called failed. */
export interface Correction {
  readonly event_ids: readonly string[];
  readonly status: string;
  readonly remaining_capture_amount: number;
  readonly remaining_refund_amount: number;
  readonly remaining_void_amount: number;
}

export interface TransactionEvent {
  readonly id: string;
  readonly event: string;
  readonly transaction_status: string;
  readonly success: boolean;
  readonly amount: number;
  readonly created_at: string;
  readonly created_by: string;
  readonly error?: EventError;
  readonly items?: readonly Part[];
  /** A UUID; the header `event-request-id` of a 202 has it. */
  readonly request_id?: string;
  /** The `request_id` of the INITIATE_… event that this one completes. */
  readonly correlation_request_id?: string;
  readonly event_reference?: string;
  readonly metadata?: Readonly<Record<string, string | number>>;
  correction?: Correction;
  settlements?: Readonly<Record<string, unknown>>;
}

export interface Transaction {
  readonly id: string;
  readonly account_id: string;
  readonly session_id: string;
  readonly amount: number;
  readonly currency: string;
  readonly merchant_reference: string;
  merchant_reference_2?: string;
  readonly payment_product: string;
  readonly payment_product_type: string;
  status: string;
  settlement_status: string;
  readonly items: readonly Item[];
  readonly card?: Readonly<Record<string, string>>;
  readonly customer?: Session['customer'];
  readonly store?: { readonly id?: string | undefined } | undefined;
  readonly metadata: Readonly<Record<string, string | number>>;
  readonly created_at: string;
  updated_at: string;
  readonly events: TransactionEvent[];
}

/** Why a callback is sent; decides its parameters. */
export interface Occasion {
  readonly error?: string;
  readonly event?: string;
  readonly eventId?: number;
}

export interface Attempt {
  readonly at: string;
  /** Null where there was no answer; `error` says why. */
  readonly status: number | null;
  readonly error?: string;
  readonly durationMs: number;
}

export interface CallbackRecord {
  readonly id: string;
  readonly sessionId: string;
  readonly transactionId: string | null;
  readonly createdAt: string;
  readonly plan: CallbackPlan;
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** The copy that must have been tried once before this one starts. */
  readonly after: string | null;
  dueAtMs: number;
  deliveryId: string;
  state: 'pending' | 'delivered' | 'lost' | 'suppressed';
  headers: Record<string, string>;
  readonly attempts: Attempt[];
}

/** A change that happens to a transaction by itself, later. */
export interface Resolution {
  readonly transactionId: string;
  readonly status: string;
  readonly atMs: number;
  readonly by?: string | undefined;
  /** Told as the result of the payment, of which nothing was told before. */
  readonly isResult?: boolean | undefined;
  readonly callback?: CallbackChoice;
}

/** Now, as the records write it. */
export function nowIso(): string {
  return new Date().toISOString();
}
