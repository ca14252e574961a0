/** Transactions, with Dintero's own field names, since they are sent in this form. */
import type { Item, Session } from '../sessions/session.ts';

/** A captured or refunded part of a line. It always names its line. */
export interface Part {
  readonly line_id: string;
  readonly amount: number;
  readonly quantity?: number | undefined;
  readonly [field: string]: unknown;
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

/** A later correction of an event. */
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
