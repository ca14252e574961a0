/** What a check of the books is asked, and what it finds. */
import { z } from 'zod';

const orderSchema = z.looseObject({
  reference: z.string(),
  /** PAID, REFUNDED and VOIDED have been paid; REVIEW is a human's business; all else was never paid. */
  status: z.string(),
  transactionId: z.string().nullish(),
  amount: z.number().int().optional(),
  currency: z.string().optional(),
});

export type MerchantOrder = z.infer<typeof orderSchema>;

/** The body of `POST /__sim/invariants`. Without `orders` only what Dintero alone can see is checked. */
export const questionSchema = z.strictObject({
  orders: z.array(orderSchema).optional(),
  /** Transactions that a human is to decide about. */
  inReview: z.array(z.string()).default([]),
  /** Time after its last event that a transaction has to end in an order or to be given back. */
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
  /** What would be a violation if its time were over. */
  readonly waiting: readonly Violation[];
  readonly checked: { readonly transactions: number; readonly orders: number | null };
}
