/** The service's checks of itself, and its readiness. */
import { z } from 'zod';
import { timestamp } from '../http/fields.ts';
import { EXAMPLE, GATEWAY } from '../payments/payment-examples.ts';

const state = z.enum(['ok', 'warn', 'fail']);

export const health = z
  .object({
    status: state.meta({ description: 'The worst state of the checks' }),
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
            .meta({ description: 'What to do about it; always present unless the state is ok' }),
          commands: z
            .array(z.string())
            .readonly()
            .optional()
            .meta({ description: 'Complete shell commands, ready to paste' }),
        }),
      )
      .readonly(),
  })
  .meta({ id: 'Health' });

export const healthExample: z.infer<typeof health> = {
  status: 'warn',
  checkedAt: '2026-11-22T09:05:00.520Z',
  version: '0.1.0',
  gateways: [{ gateway: GATEWAY.id, account: EXAMPLE.account, mode: 'test' }],
  checks: [
    { name: 'store', state: 'ok', text: 'PostgreSQL: answers, all 14 migrations done' },
    { name: 'worker for payments', state: 'ok', text: '1 polling' },
    {
      name: `${GATEWAY.id} credentials`,
      state: 'ok',
      text: `accepted for account ${EXAMPLE.account} (test)`,
    },
    {
      name: `last complete sweep of ${GATEWAY.id}, created`,
      state: 'warn',
      text: 'none yet',
      todo: 'normal in the first minutes of a new deployment',
    },
  ],
};

export const alive = z.object({ status: z.literal('alive') });
export const ready = z
  .object({
    status: z.enum(['ready', 'degraded', 'unavailable']),
    store: z.string().meta({ description: '`ok` or `away`; on ADMIN_PORT the reason instead of `away`' }),
    temporal: z.string().meta({ description: '`ok` or `away`, like `store`' }),
    openings: z
      .enum(['ok', 'failing'])
      .meta({ description: '`failing`: the latest attempts to open a session failed' }),
  })
  .meta({ id: 'Readiness' });

export const READY_EXAMPLES = {
  well: { status: 'ready', store: 'ok', temporal: 'ok', openings: 'ok' },
  away: { status: 'unavailable', store: 'away', temporal: 'away', openings: 'ok' },
} as const satisfies Record<string, z.infer<typeof ready>>;
