/** The sweeps of a gateway: what each of the last intervals has read. */
import { z } from 'zod';
import type { Listing } from '../../gateways/gateway.ts';
import { oldestSweepMs } from '../../health/figure-checks.ts';
import type { PassRow } from '../../store/sweep-passes.ts';
import type { SweepMark } from '../../store/sweeps.ts';
import { timestamp } from '../http/fields.ts';
import { GATEWAY } from '../payments/payment-examples.ts';

const count = z.int().min(0);

const pass = z
  .object({
    listing: z.string(),
    startedAt: timestamp,
    finishedAt: timestamp.nullable().meta({ description: 'Null until its last page was read' }),
    pages: count,
    finds: count.meta({ description: 'Payments that differed from what was known' }),
    foreign: count.meta({ description: 'Transactions of other shops on the same account' }),
    failure: z
      .string()
      .nullable()
      .meta({ description: 'Why a page could not be read at last; null once it was read' }),
  })
  .meta({ id: 'SweepPass' });

const sweep = z
  .object({
    at: timestamp.meta({ description: 'The beginning of the interval' }),
    state: z.enum(['complete', 'running', 'partial', 'failed', 'missed']).meta({
      description:
        '`partial`: some listings were read, others were not. `failed`: none was. `missed`: no sweep began in this interval, as where one before it was still under way, no worker ran or Temporal was away',
    }),
    finds: count,
    passes: z.array(pass),
  })
  .meta({ id: 'Sweep' });

export const sweepsAnswer = z
  .object({
    gateway: z.string(),
    intervalSeconds: z.number().meta({ description: 'SWEEP_INTERVAL' }),
    listings: z
      .array(
        z.object({
          listing: z.string(),
          every: z
            .enum(['sweep', 'hour', 'day'])
            .meta({ description: 'How often it is read at least; a short listing is read at every sweep' }),
          completeAt: timestamp.nullable().meta({ description: 'When it was last read to its end' }),
          isLate: z.boolean(),
          finds: count.meta({ description: 'In all passes since the service is installed' }),
        }),
      )
      .meta({ description: 'What is swept' }),
    data: z.array(sweep).meta({
      description:
        'Newest first, one for each interval in which a sweep is due, from the first known sweep on. Passes are known for eight days',
    }),
  })
  .meta({ id: 'GatewaySweeps' });

export const sweepsQuery = z.strictObject({
  limit: z.coerce
    .number('a number')
    .int('a whole number')
    .min(1, 'at least 1')
    .max(300, 'at most 300')
    .default(48)
    .meta({ description: 'How many intervals', examples: [48] }),
});

type SweepView = z.infer<typeof sweep>;

export interface Known {
  readonly passes: readonly PassRow[];
  readonly marks: readonly SweepMark[];
  /** When the oldest known pass began. */
  readonly firstAt: Date | null;
}

interface Asked {
  readonly gateway: string;
  readonly listings: readonly Listing[];
  readonly intervalMs: number;
  readonly limit: number;
  readonly now: Date;
}

/** The beginnings of the intervals, newest first. Schedules count them from 1970. */
export function intervalsOf({ intervalMs, limit, now }: Omit<Asked, 'gateway' | 'listings'>): Date[] {
  const newest = Math.floor(now.getTime() / intervalMs) * intervalMs;
  return Array.from({ length: limit }, (_, index) => new Date(newest - index * intervalMs));
}

export function viewSweeps(asked: Asked, known: Known): z.infer<typeof sweepsAnswer> {
  const { gateway, listings, intervalMs, now } = asked;
  return {
    gateway,
    intervalSeconds: intervalMs / 1_000,
    listings: listings.map(({ name: listing, every }) => {
      const mark = known.marks.find((one) => one.listing === listing);
      const age = mark === undefined ? 0 : now.getTime() - mark.finishedAt.getTime();
      return {
        listing,
        every,
        completeAt: mark?.finishedAt.toISOString() ?? null,
        isLate: age > oldestSweepMs({ every }, intervalMs),
        finds: mark?.finds ?? 0,
      };
    }),
    data: intervalsOf(asked).flatMap((at) => sweepIn(at, asked, known)),
  };
}

/** None where nothing is known yet: before the first sweep, or in an interval that has just begun. */
function sweepIn(at: Date, { intervalMs, now }: Asked, { passes, firstAt }: Known): SweepView[] {
  const end = at.getTime() + intervalMs;
  const within = passes.filter(({ startedAt }) => startedAt >= at && startedAt.getTime() < end);
  const isOver = end <= now.getTime();
  if (within.length === 0 && (!isOver || firstAt === null || end <= firstAt.getTime())) return [];
  return [
    {
      at: at.toISOString(),
      state: stateOf(within, passes),
      finds: within.reduce((sum, { finds }) => sum + finds, 0),
      passes: within.map(viewPass),
    },
  ];
}

function stateOf(within: readonly PassRow[], all: readonly PassRow[]): SweepView['state'] {
  if (within.length === 0) return 'missed';
  const complete = within.filter(({ finishedAt }) => finishedAt !== null).length;
  if (complete === within.length) return 'complete';
  const open = within.filter(({ finishedAt }) => finishedAt === null);
  if (open.every((one) => one.failure === null && !isFollowed(one, all))) return 'running';
  return complete > 0 ? 'partial' : 'failed';
}

/** A later pass over the same listing has begun, so this one never ended. */
function isFollowed({ listing, startedAt }: PassRow, all: readonly PassRow[]): boolean {
  return all.some((one) => one.listing === listing && one.startedAt > startedAt);
}

function viewPass({ listing, startedAt, finishedAt, pages, finds, foreign, failure }: PassRow) {
  return {
    listing,
    startedAt: startedAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
    pages,
    finds,
    foreign,
    failure,
  };
}

export const sweepsExample: z.infer<typeof sweepsAnswer> = {
  gateway: GATEWAY.id,
  intervalSeconds: 300,
  listings: [
    { listing: 'created', every: 'sweep', completeAt: '2026-11-22T09:00:00.910Z', isLate: false, finds: 3 },
  ],
  data: [
    {
      at: '2026-11-22T09:00:00.000Z',
      state: 'complete',
      finds: 1,
      passes: [
        {
          listing: 'created',
          startedAt: '2026-11-22T09:00:00.214Z',
          finishedAt: '2026-11-22T09:00:00.910Z',
          pages: 1,
          finds: 1,
          foreign: 0,
          failure: null,
        },
      ],
    },
  ],
};
