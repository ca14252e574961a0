/** What a gateway's sandbox can play: `paidonce trigger <gateway> <event>`. The command line knows nothing else. */

export interface SandboxEvent {
  readonly name: string;
  readonly summary: string;
  /** The payment that it happens to: one that the payer can still pay, or one that holds money. */
  readonly happensTo: 'open' | 'paid';
  /** The calls of the sandbox that play it, one after another. */
  calls(payment: PlayedPayment): readonly SandboxCall[];
}

/** A payment as an event needs it. */
export interface PlayedPayment {
  readonly orderReference: string;
  readonly sessionId: string;
  /** Empty where the payer has not paid yet. */
  readonly transactionId: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly capturedMinor: number;
}

/** A `POST` of the sandbox's `/__sim`. */
export interface SandboxCall {
  readonly path: string;
  readonly body: object;
  /** The payer's browser follows the return at once, beside the callback. */
  readonly isReturned?: true;
}
