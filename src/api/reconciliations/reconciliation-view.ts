/** Reconciliations as the API shows them, and the requests for them. */
import { z } from 'zod';
import type { Service } from '../../service.ts';
import type { ReconciliationRow } from '../../store/reconciliations.ts';
import type { Drift } from '../../store/schema/reconciliation-tables.ts';
import { aGateway, since1970, text, timestamp } from '../http/fields.ts';
import { cursorOf, limit } from '../http/pages.ts';
import { GATEWAY } from '../payments/payment-examples.ts';

const count = z.int().min(0);

const drift = z.object({
  found: count.meta({ description: 'All differences of the class' }),
  unexplained: count.meta({ description: 'Those that nothing explains. The goal is 0' }),
});

export const reconciliation = z
  .object({
    id: z.string().meta({ example: 'rec_01a201c0f8ea001e5f76a2ef472f' }),
    gateway: z.string(),
    status: z.enum(['running', 'complete', 'failed']),
    from: timestamp,
    to: timestamp.meta({
      description: 'The end of the period. If none was asked for, newer transactions were compared too',
    }),
    coverage: z.enum(['api', 'evidence']).meta({
      description:
        '`api`: the listing of the gateway, and reads. `evidence`: the gateway cannot list, so only the payments that we know were read',
    }),
    limits: z.array(z.string()).meta({ description: 'What could not be compared, in sentences' }),
    askedBy: z.string().nullable().meta({
      description:
        'The person, or the name of the API key where the call named none; null for the daily reconciliation',
    }),
    startedAt: timestamp,
    finishedAt: timestamp.nullable(),
    failure: z.string().nullable().meta({ description: 'Why it failed; usually null' }),
    compared: count.meta({ description: 'Transactions of ours, on either side' }),
    match: count,
    repaired: count.meta({
      description: 'Those of `match` that differed until their run had looked at the gateway',
    }),
    foreign: count.meta({ description: 'Transactions of other shops on the account. Only counted' }),
    drift: z
      .object({ mismatch: drift, missing_here: drift, missing_there: drift, duplicate: drift })
      .nullable()
      .meta({
        description:
          'Differences by class; null until it is complete. `mismatch`: both sides have it and differ. `missing_here`: the gateway has money of ours that the store does not know. `missing_there`: the store has money that the gateway does not show. `duplicate`: an order has money in two transactions',
      }),
    unexplained: count.nullable().meta({ description: 'The sum of all classes; null until it is complete' }),
  })
  .meta({ id: 'Reconciliation' });

export const reconcileRequest = z
  .strictObject({
    gateway: text(40),
    since: since1970.optional().meta({ description: 'The default is seven days ago' }),
    until: since1970.optional().meta({
      description:
        'The end of the period. Without it everything is compared that the gateway lists, up to now',
    }),
  })
  .meta({ id: 'Reconcile' });

export const reconciliationsQuery = z.strictObject({
  gateway: aGateway,
  status: z
    .enum(['running', 'complete', 'failed'])
    .optional()
    .meta({ examples: ['complete'] }),
  limit,
  cursor: cursorOf('rec'),
});

export function viewReconciliation(
  row: ReconciliationRow,
  { gateways }: Pick<Service, 'gateways'>,
): z.infer<typeof reconciliation> {
  const unlisted = gateways.find(row.gateway)?.traits.unlisted ?? [];
  return {
    id: row.id,
    gateway: row.gateway,
    status: row.state,
    from: row.since.toISOString(),
    to: (row.until ?? row.startedAt).toISOString(),
    coverage: row.coverage,
    limits: [...(row.coverage === 'evidence' ? [NO_LISTING] : unlisted)],
    askedBy: row.askedBy,
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    failure: row.failure,
    compared: row.compared,
    match: row.matched,
    repaired: row.repaired,
    foreign: row.foreign,
    drift: row.drift,
    unexplained: row.drift === null ? null : unexplainedIn(row.drift),
  };
}

const NO_LISTING =
  'The gateway cannot list transactions: money that the store does not know, and other shops, are not found.';

function unexplainedIn(found: Drift): number {
  return Object.values(found).reduce((sum, { unexplained }) => sum + unexplained, 0);
}

const NOTHING = { found: 0, unexplained: 0 };

export const reconciliationExample: z.infer<typeof reconciliation> = {
  id: 'rec_01a201c0f8ea001e5f76a2ef472f',
  gateway: GATEWAY.id,
  status: 'complete',
  from: '2026-11-15T02:17:40.000Z',
  to: '2026-11-22T02:17:40.000Z',
  coverage: 'api',
  limits: [...GATEWAY.traits.unlisted],
  askedBy: null,
  startedAt: '2026-11-22T02:17:40.000Z',
  finishedAt: '2026-11-22T02:18:22.667Z',
  failure: null,
  compared: 1_204,
  match: 1_203,
  repaired: 2,
  foreign: 57,
  drift: {
    mismatch: NOTHING,
    missing_here: NOTHING,
    missing_there: { found: 1, unexplained: 1 },
    duplicate: NOTHING,
  },
  unexplained: 1,
};

export const begunExample: z.infer<typeof reconciliation> = {
  ...reconciliationExample,
  status: 'running',
  askedBy: 'support',
  finishedAt: null,
  compared: 0,
  match: 0,
  repaired: 0,
  foreign: 0,
  drift: null,
  unexplained: null,
};
