/** What the service finds of itself. */
import { z } from 'zod';
import { timestamp } from '../payments/payment-requests.ts';

const state = z.enum(['ok', 'warn', 'fail']);

export const health = z
  .object({
    status: state.meta({ description: 'The worst of the checks' }),
    checkedAt: timestamp,
    version: z.string(),
    gateways: z.array(z.object({ gateway: z.string(), account: z.string(), mode: z.string() })).readonly(),
    checks: z
      .array(
        z.object({
          name: z.string(),
          state,
          text: z.string(),
          todo: z
            .string()
            .optional()
            .meta({ description: 'What to do about it; always there when it is not ok' }),
          commands: z
            .array(z.string())
            .readonly()
            .optional()
            .meta({ description: 'For a shell, complete as they stand' }),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'Health' });
