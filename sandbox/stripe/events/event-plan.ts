import { z } from 'zod';

/** How the events of an occasion are sent. By default once, in their order, at once and signed. */
export const eventPlanSchema = z.strictObject({
  /** Only events of these types; the others are sent as usual. */
  types: z.array(z.string()).optional(),
  /** Not sent at all. The event exists and can be listed. */
  lost: z.boolean().optional(),
  delayMs: z.number().int().min(0).optional(),
  copies: z.number().int().min(1).max(1_000).optional(),
  together: z.boolean().optional(),
  sign: z.enum(['ok', 'none', 'wrong', 'old_secret']).optional(),
  /** Seconds added to the time stamp of the signature. */
  t: z.number().int().optional(),
  stampAt: z.enum(['send', 'enqueue']).optional(),
  /** The value of the header instead of a signature. */
  header: z.string().optional(),
  /** The type that the event shows. */
  event: z.string().optional(),
  eventId: z.string().optional(),
  /** A connected account, as Connect events have it. */
  accountId: z.string().optional(),
  livemode: z.boolean().optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  body: z.unknown().optional(),
  truncate: z.boolean().optional(),
  /** The body consists of this many nested arrays. */
  nested: z.number().int().min(1).max(600_000).optional(),
  /** One more Event object for the same fact, with its own id. */
  twin: z.boolean().optional(),
  /** The thin twin of the event too, to endpoints for snapshots. */
  thin: z.boolean().optional(),
});

export type EventPlan = z.infer<typeof eventPlanSchema>;

/** The events that a caller may request: the usual ones (left out), none (`false`), one plan or several. */
export const eventChoiceSchema = z
  .union([eventPlanSchema, z.array(eventPlanSchema), z.literal(false)])
  .optional();

export type EventChoice = z.infer<typeof eventChoiceSchema>;

/** The plans for an event of this type; none if it is not sent. */
export function plansFor(choice: EventChoice, type: string): readonly EventPlan[] {
  if (choice === false) return [];
  const plans = [choice ?? {}].flat().filter(({ types }) => types === undefined || types.includes(type));
  return plans.length === 0 ? [{}] : plans.filter(({ lost }) => lost !== true);
}
