/** Backfills as the API shows them, and the requests for them. */
import { z } from 'zod';
import { GATEWAYS } from '../../gateways/registry.ts';
import type { BackfillRow } from '../../store/backfills.ts';
import { aGateway, since1970, text, timestamp } from '../http/fields.ts';
import { cursorOf, limit } from '../http/pages.ts';

const count = z.int().min(0);
const status = z.enum(['running', 'complete', 'failed']);

export const backfill = z
  .object({
    id: z.string().meta({ example: 'bkf_01a201c0f8ea001e5f76a2ef472f' }),
    gateway: z.string(),
    status,
    from: timestamp,
    to: timestamp,
    limits: z
      .array(z.string())
      .meta({ description: 'What is left out of the period, in sentences; usually empty' }),
    askedBy: z.string().nullable().meta({
      description:
        'The person, or the name of the API key where the call named none; null if its run was started in Temporal',
    }),
    startedAt: timestamp,
    finishedAt: timestamp.nullable(),
    failure: z.string().nullable().meta({ description: 'Why it failed; usually null' }),
    read: count.meta({ description: 'Events that the gateway listed, so far' }),
    written: count.meta({ description: 'Those that the log did not have, and has now' }),
    known: count.meta({ description: 'Those that it had: received, or from an earlier backfill' }),
    foreign: count.meta({
      description: 'Those that are about no payment of ours, or were not understood. Only counted',
    }),
  })
  .meta({ id: 'Backfill' });

export const backfillRequest = z
  .strictObject({
    gateway: text(40),
    since: since1970.optional().meta({ description: 'The default is 30 days ago' }),
  })
  .meta({ id: 'BackfillRequest' });

export const backfillsQuery = z.strictObject({
  gateway: aGateway,
  status: status.optional().meta({ examples: ['complete'] }),
  limit,
  cursor: cursorOf('bkf'),
});

export function viewBackfill(row: BackfillRow): z.infer<typeof backfill> {
  const { id, gateway, state, since, until, limits, askedBy, startedAt, finishedAt, failure } = row;
  const { read, written, known, foreign } = row;
  return {
    id,
    gateway,
    status: state,
    from: since.toISOString(),
    to: until.toISOString(),
    limits: [...limits],
    askedBy,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    failure,
    read,
    written,
    known,
    foreign,
  };
}

/** The first one that has a list of events. */
const { id: gateway } = GATEWAYS.find(({ traits }) => traits.eventHistoryMs > 0) ?? GATEWAYS[0];

export const backfillExample: z.infer<typeof backfill> = {
  id: 'bkf_01a201c0f8ea001e5f76a2ef472f',
  gateway,
  status: 'complete',
  from: '2026-10-23T02:17:40.000Z',
  to: '2026-11-22T02:17:40.000Z',
  limits: [],
  askedBy: 'support',
  startedAt: '2026-11-22T02:17:40.000Z',
  finishedAt: '2026-11-22T02:18:22.667Z',
  failure: null,
  read: 4_816,
  written: 37,
  known: 4_607,
  foreign: 172,
};

export const begunExample: z.infer<typeof backfill> = {
  ...backfillExample,
  status: 'running',
  finishedAt: null,
  read: 0,
  written: 0,
  known: 0,
  foreign: 0,
};
