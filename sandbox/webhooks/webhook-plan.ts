import { z } from 'zod';

/** How one event is sent to the account's subscribers. Nothing given: once, at once, signed, as Dintero would. */
export const webhookPlanSchema = z.strictObject({
  delayMs: z.number().int().min(0).optional(),
  copies: z.number().int().min(1).max(1_000).optional(),
  together: z.boolean().optional(),
  /** The copies, each with an id of its own otherwise. */
  sameDelivery: z.boolean().optional(),
  deliveryId: z.string().optional(),
  sign: z.enum(['ok', 'none', 'wrong']).optional(),
  event: z.string().optional(),
  accountId: z.string().optional(),
  /** The transaction as it was so long ago. */
  staleMs: z.number().int().min(0).optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown().optional(),
  truncate: z.boolean().optional(),
  /** A body of so many arrays, one in another. */
  nested: z.number().int().min(1).max(600_000).optional(),
});

export type WebhookPlan = z.infer<typeof webhookPlanSchema>;
