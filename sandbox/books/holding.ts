/** A payment at a gateway, as the rules of the books see it. */
export interface Holding {
  readonly id: string;
  /** The merchant's name of the order. */
  readonly reference: string;
  readonly amount: number;
  /** As the merchant writes it. */
  readonly currency: string;
  readonly status: string;
  /** Money that the merchant has, reserved or captured; 0 if all of it was given back or none ever arrived. */
  readonly held: number;
  readonly wasPaid: boolean;
  readonly captured: number;
  readonly refunded: number;
  readonly voided: number;
  /** Captures and refunds that succeeded more than once for the same request. */
  readonly repeated: readonly Repeated[];
  readonly changedMs: number;
}

export interface Repeated {
  readonly kind: 'capture' | 'refund';
  readonly by: string;
  readonly times: number;
}
