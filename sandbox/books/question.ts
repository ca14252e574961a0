/** The input and the result of a check of the books. */
import { z } from 'zod';

const orderSchema = z.looseObject({
  reference: z.string(),
  /**
   * PAID, REFUNDED and VOIDED orders have been paid; REVIEW needs a person; every other order was never paid.
   */
  status: z.string(),
  transactionId: z.string().nullish(),
  amount: z.number().int().optional(),
  currency: z.string().optional(),
});

export type MerchantOrder = z.infer<typeof orderSchema>;

/** The body of `POST /__sim/invariants`. Without `orders` only the gateway's own data is checked. */
export const questionSchema = z.strictObject({
  orders: z.array(orderSchema).optional(),
  /** Transactions that a person has to decide about. */
  inReview: z.array(z.string()).default([]),
  /** How long after its last event a transaction must belong to an order or be given back. */
  withinHours: z.number().min(0).default(0),
  /** How long a simulated hour takes. */
  hourMs: z.number().positive().default(3_600_000),
  now: z.iso.datetime({ offset: true }).optional(),
});

export type Question = z.infer<typeof questionSchema>;

export interface Violation {
  readonly rule: string;
  readonly text: string;
  readonly transactionId?: string;
  readonly reference?: string;
}

export interface Findings {
  readonly ok: boolean;
  readonly violations: readonly Violation[];
  /** Violations whose time is not over yet. */
  readonly waiting: readonly Violation[];
  readonly checked: { readonly transactions: number; readonly orders: number | null };
}
