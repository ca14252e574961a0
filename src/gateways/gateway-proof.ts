/**
 * A gateway's part of `paidonce golive`: messages as the gateway signs them, and wrong ones. It makes no calls.
 */
export interface GatewayProof<Settings> {
  /** The header of the signature, in lower case: `…=<hex digest>`, with `t=<unix seconds>` where it has a time. */
  readonly signatureHeader: string;
  /** A callback that says that the payment is paid. */
  callback(settings: Settings, about: ProvedPayment, signed: SignedBy): ProofMessage;
  /** The same with a statement in the part that no signature covers. Absent where all of it is signed. */
  withUnsignedClaim?(settings: Settings, about: ProvedPayment, signed: SignedBy): ProofMessage;
  /** A callback about a payment of another shop on the account. */
  foreign(settings: Settings, signed: SignedBy): ProofMessage;
  /** Copies of a callback with a change that its signature must not survive. */
  changed(message: ProofMessage): readonly ChangedMessage[];
}

export interface ProvedPayment {
  readonly paymentId: string;
  readonly orderReference: string;
  readonly n: number;
  readonly sessionId: string;
  /** Null where no payer has paid. */
  readonly transactionId: string | null;
}

export interface SignedBy {
  readonly at: Date;
  /** The id of the delivery or of the event. Equal ones are one delivery. */
  readonly deliveryId: string;
  /** Absent: the newest of the configured secrets. */
  readonly secret?: string;
}

export interface ProofMessage {
  readonly method: 'GET' | 'POST';
  /** What follows PUBLIC_URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ChangedMessage {
  /** Completes "with": `another session in the query`. */
  readonly what: string;
  readonly message: ProofMessage;
}
