/** The shapes of the gateways' list. */
import { z } from 'zod';
import { capabilitiesOf } from '../../gateways/capabilities.ts';
import type { Gateway } from '../../gateways/gateway.ts';
import { OPTIONAL_FIELDS } from '../../gateways/traits.ts';
import { GATEWAY } from '../payments/payment-examples.ts';

const seconds = z.int().min(0);

export const gatewayView = z
  .object({
    id: z.string().meta({ description: 'The `gateway` of a payment' }),
    name: z.string(),
    account: z.string(),
    livemode: z.boolean().meta({ description: 'Whether it moves real money' }),
    isDefault: z.boolean().meta({ description: 'Whether it serves payments that name no gateway' }),
    transactionPage: z.string().nullable().meta({
      description:
        "The page of a transaction in the gateway's own tool; `{transaction}` stands for its id. Null where there is none, or where a sandbox is called",
    }),
    sessionLifetime: z
      .object({ shortest: seconds, longest: seconds })
      .meta({ description: 'How long a session may be open, in seconds; `expiresAt` must be within' }),
    sessionEndsBy: z
      .enum(['itself', 'us'])
      .meta({ description: 'Whether the gateway ends a session at its time, or paidonce closes it' }),
    idempotencyKeys: z
      .object({ open: seconds, capture: seconds, refund: seconds, void: seconds })
      .meta({ description: 'For how many seconds the gateway knows a key of ours; 0 where it takes none' }),
    notifies: z
      .enum(['session', 'account'])
      .meta({ description: 'Whether each session has its callback, or only the account has webhooks' }),
    currencies: z
      .record(z.string(), z.object({ digits: z.int().optional(), multipleOf: z.int().optional() }))
      .meta({
        description:
          'Currencies that the gateway counts in its own way. `digits`: its decimals. `multipleOf`: amounts must be a multiple of it, in minor units of ISO 4217',
      }),
    optionalFields: z
      .array(z.enum(OPTIONAL_FIELDS))
      .meta({ description: 'Fields of a payment that not every gateway takes, and this one does' }),
    unlisted: z.array(z.string()).meta({
      description: 'What a reconciliation cannot compare, since no listing of the gateway shows it',
    }),
    eventHistory: seconds.meta({
      description:
        'For how many seconds the gateway keeps its events, which a backfill reads; 0 where it lists none',
    }),
    options: z
      .record(z.string(), z.unknown())
      .nullable()
      .meta({ description: 'The JSON schema of `options.<id>`; null where it has none' }),
  })
  .meta({ id: 'Gateway' });

export const gatewaysAnswer = z.object({ data: z.array(gatewayView) });

export function viewGateway(
  { account, mode, transactionPage }: Pick<Gateway, 'account' | 'mode' | 'transactionPage'>,
  descriptor: Parameters<typeof capabilitiesOf>[0],
  byDefault: string | undefined,
): z.infer<typeof gatewayView> {
  const { id, name, optionalFields, unlisted, currencies, ...rest } = capabilitiesOf(descriptor);
  return {
    id,
    name,
    account,
    livemode: mode === 'live',
    isDefault: id === byDefault,
    transactionPage: transactionPage ?? null,
    ...rest,
    currencies: { ...currencies },
    optionalFields: [...optionalFields],
    unlisted: [...unlisted],
  };
}

export const gatewayExample = viewGateway(
  { account: GATEWAY.document.example.account, mode: 'test' },
  GATEWAY,
  GATEWAY.id,
);
