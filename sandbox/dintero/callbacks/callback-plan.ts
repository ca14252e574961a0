import { z } from 'zod';

const override = z.string().nullable();

/** How one callback is sent. By default once, at once and signed, like Dintero. */
export const callbackPlanSchema = z.strictObject({
  delayMs: z.number().int().min(0).optional(),
  copies: z.number().int().min(1).max(1_000).optional(),
  together: z.boolean().optional(),
  sign: z.enum(['ok', 'none', 'wrong', 'old_secret', 'other_account']).optional(),
  t: z.number().int().optional(),
  event: override.optional(),
  eventId: z.number().int().nullable().optional(),
  error: override.optional(),
  transactionId: override.optional(),
  sessionId: override.optional(),
  merchantReference: override.optional(),
  query: z.record(z.string(), z.union([z.string(), z.array(z.string())])).optional(),
  deliveryId: z.string().optional(),
  reorderQuery: z.boolean().optional(),
  method: z.enum(['GET', 'POST']).optional(),
  body: z.unknown().optional(),
  sameDeliveryOnRetry: z.boolean().optional(),
  stampAt: z.enum(['send', 'enqueue']).optional(),
});

export type CallbackPlan = z.infer<typeof callbackPlanSchema>;

/** The callbacks that a caller may request: the usual one (left out), none (`false`), one plan or several. */
export const callbackChoiceSchema = z
  .union([callbackPlanSchema, z.array(callbackPlanSchema), z.literal(false)])
  .optional();

export type CallbackChoice = z.infer<typeof callbackChoiceSchema>;

/**
 * The plans that follow from a choice. `usual` says whether Dintero itself would call, and `plan` how where the choice
 * does not say.
 */
export function plansFor(
  choice: CallbackChoice,
  usual: boolean,
  plan: CallbackPlan | null,
): readonly CallbackPlan[] {
  if (choice === false) return [];
  if (choice === undefined) return usual ? [plan ?? {}] : [];
  return Array.isArray(choice) ? choice : [choice];
}
