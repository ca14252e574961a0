/** A payer's bank asks the money back. A dispute is a fact beside the payment's status: contract §3. */
export interface Dispute {
  /** The gateway's id of it. */
  readonly disputeId: string;
  readonly state: 'open' | 'won' | 'lost';
  readonly amountMinor: number;
  /** Why, in the gateway's word. */
  readonly reason?: string;
  /** RFC 3339. Until when the merchant can answer it. */
  readonly dueBy?: string;
}
