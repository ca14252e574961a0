/** What a fault of any gateway's API call may say. */
import { z } from 'zod';

export const count = z.number().int().min(0);

export const commonFaultFields = {
  status: z.number().int().min(200).max(599).optional(),
  retryAfter: count.optional(),
  delayMs: count.optional(),
  effectAfterMs: count.optional(),
  drop: z.enum(['before', 'after']).optional(),
  truncate: z.boolean().optional(),
  body: z.unknown().optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  times: count.optional(),
  rate: z.number().min(0).max(1).optional(),
  seed: z.union([z.string(), z.number()]).optional(),
  sessionId: z.string().optional(),
  transactionId: z.string().optional(),
};

const commonFaultSchema = z.object(commonFaultFields);

export type CommonFault = z.infer<typeof commonFaultSchema>;
