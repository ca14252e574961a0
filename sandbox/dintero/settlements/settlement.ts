/** A payout to the merchant, as the API lists it. */
export interface Settlement {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly provider_reference: string;
  readonly settled_at: string;
  /** The time of its first event; `end_at` is that of its last. */
  readonly start_at: string;
  readonly end_at: string;
  readonly amounts: readonly SettledAmount[];
  readonly payment_status: 'paid' | 'postponed';
  readonly attachments: readonly {
    readonly id: string;
    readonly key: string;
    readonly content_type: string;
  }[];
  readonly rows: readonly SettlementRow[];
}

export interface SettledAmount {
  /** capture - refund - fee */
  readonly amount: number;
  readonly capture: number;
  readonly refund: number;
  readonly fee: number;
  readonly currency: string;
}

/** One capture or refund that is in a settlement. */
export interface SettlementRow {
  readonly transaction_id: string;
  readonly event_id: string;
  readonly event: string;
  readonly event_reference?: string | undefined;
  readonly merchant_reference: string;
  readonly capture: number;
  readonly refund: number;
  readonly fee: number;
  readonly amount: number;
  readonly currency: string;
  readonly created_at: string;
}
