import { z } from 'zod';

/** How one event is sent to the account's subscribers. By default once, at once and signed, like Dintero. */
export const webhookPlanSchema = z.strictObject({
  delayMs: z.number().int().min(0).optional(),
  copies: z.number().int().min(1).max(1_000).optional(),
  together: z.boolean().optional(),
  /** All copies have the same id; by default each has its own. */
  sameDelivery: z.boolean().optional(),
  deliveryId: z.string().optional(),
  sign: z.enum(['ok', 'none', 'wrong']).optional(),
  event: z.string().optional(),
  accountId: z.string().optional(),
  /** Sends the transaction as it was this long ago. */
  staleMs: z.number().int().min(0).optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown().optional(),
  truncate: z.boolean().optional(),
  /** The body consists of this many nested arrays. */
  nested: z.number().int().min(1).max(600_000).optional(),
});

export type WebhookPlan = z.infer<typeof webhookPlanSchema>;
