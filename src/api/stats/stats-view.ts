/** The shapes of the statistics. Amounts are in minor units, and are never added over currencies. */
import { z } from 'zod';
import { aGateway, minorUnits, since1970, timestamp } from '../http/fields.ts';
import { BUCKETS } from './asked-period.ts';

const count = z.int().min(0);
const seconds = z.number().min(0);

const money = z.object({
  currency: z.string(),
  authorized: minorUnits,
  captured: minorUnits.meta({ description: 'Minor units, less captures that were reversed' }),
  refunded: minorUnits.meta({ description: 'Minor units, less refunds that have failed afterwards' }),
  voided: minorUnits,
  givenBack: minorUnits.meta({
    description: 'Minor units: refunds and voids of money that paid no order, as late or double money',
  }),
});

const figures = z.object({
  opened: count.meta({ description: 'Payments that were created' }),
  outcomes: z
    .object({
      paid: count.meta({ description: 'Orders that became paid' }),
      declined: count,
      failed: count,
      cancelled: count,
      expired: count,
      review: count.meta({ description: 'Payments about which a person is asked' }),
    })
    .meta({ description: 'A payment may have several, as a review that ends and then is paid' }),
  foundBy: z
    .object({
      callback: count.meta({
        description: 'A verified callback, also if the follow-up of it found the payment',
      }),
      refusedCallback: count.meta({
        description: 'A callback that proved nothing, as with a signature by another secret',
      }),
      return: count.meta({ description: 'The payer who came back' }),
      poll: count.meta({ description: 'A timer of our own' }),
      sweep: count.meta({ description: 'The sweep or a reconciliation: no callback had come' }),
      operator: count.meta({ description: 'A person' }),
      unknown: count.meta({ description: 'Recorded by a version that did not note it' }),
    })
    .meta({ description: 'Which trigger found the paid orders paid. Their sum is `outcomes.paid`' }),
  heard: z
    .object({
      count,
      p50: seconds
        .nullable()
        .meta({ description: 'Seconds, from the histogram. Null if nothing was acknowledged' }),
      p95: seconds.nullable(),
      histogram: z.array(z.object({ upTo: seconds, count })).meta({
        description:
          'By delay in seconds, in ten logarithmic steps a decade. Only the steps that have any; `upTo` is the end of the step',
      }),
    })
    .meta({
      description:
        'Acknowledgements of `order.paid` by the shop, the first of each order, and the time since the order was paid',
    }),
  deliveries: z
    .object({
      accepted: count,
      duplicate: count.meta({
        description: 'Also the repetitions of a delivery, in the bucket in which it came first',
      }),
      ignored: count,
      refused: count.meta({ description: 'Those that were stored; in a flood they are one a second' }),
      refusedBecause: z.record(z.string(), count).meta({ description: 'By the reason of the delivery' }),
    })
    .meta({ description: 'Received callbacks' }),
  updates: z
    .object({
      acknowledged: count,
      failed4xx: count,
      failed5xx: count,
      failedOther: count,
      noAnswer: count,
      gaveUp: count.meta({ description: 'Updates that were given up after three days' }),
    })
    .meta({ description: 'Attempts to send an update to the shop, by its answer' }),
  money: z.array(money).meta({ description: 'What moved, by currency. Empty if nothing did' }),
});

export type Figures = z.infer<typeof figures>;

const bucket = figures
  .extend({ at: timestamp.meta({ description: 'The beginning of the bucket. RFC 3339, UTC' }) })
  .meta({ id: 'StatsBucket' });

const mark = z
  .object({
    at: timestamp,
    until: timestamp.nullable().meta({ description: 'Null if it has no length' }),
    kind: z.enum(['version', 'down', 'secret']).meta({
      description:
        '`version`: processes of another version or build began to run. `down`: no process ran. `secret`: another secret signed a callback for the first time',
    }),
    detail: z
      .string()
      .nullable()
      .meta({ description: 'The version, or the gateway and the fingerprint of the secret' }),
  })
  .meta({ id: 'StatsMark' });

export const statsAnswer = z
  .object({
    from: timestamp,
    to: timestamp.meta({ description: 'Exclusive. RFC 3339, UTC' }),
    bucket: z.enum(BUCKETS),
    gateway: z.string().nullable().meta({ description: 'Null for all' }),
    data: z.array(bucket).meta({ description: 'Every bucket of the period, oldest first' }),
    totals: figures.meta({ description: 'The same figures of the whole period', id: 'StatsFigures' }),
    methods: z
      .array(
        z.object({
          method: z.string().nullable().meta({ description: 'Null if the gateway names none' }),
          paid: count,
          captured: count.meta({ description: 'Payments that were captured for the first time' }),
        }),
      )
      .meta({ description: 'By payment method, the most frequent first' }),
    declineReasons: z
      .array(
        z.object({
          outcome: z.enum(['declined', 'failed']),
          reason: z.string().nullable().meta({ description: "In the gateway's words" }),
          count,
        }),
      )
      .meta({ description: 'The fifty most frequent, the most frequent first' }),
    lapsing: z.array(z.object({ day: z.iso.date(), currency: z.string(), count, amount: minorUnits })).meta({
      description:
        'As it is now, whatever the period: authorizations that lapse on that day (UTC), and their amount that is not captured',
    }),
    marks: z.array(mark).meta({ description: 'What may explain a change in the figures, oldest first' }),
  })
  .meta({ id: 'Stats' });

export const statsQuery = z.strictObject({
  from: since1970.optional().meta({
    description: 'Widened to the beginning of its bucket. 24 hours before `to` if absent',
    examples: ['2026-11-21T00:00:00Z'],
  }),
  to: since1970.optional().meta({
    description: 'Exclusive, widened to the end of its bucket. Now if absent',
    examples: ['2026-11-22T00:00:00Z'],
  }),
  bucket: z
    .enum(BUCKETS)
    .optional()
    .meta({
      description: 'Aligned to UTC. If absent, the smallest with at most 300 buckets',
      examples: ['1h'],
    }),
  gateway: aGateway,
});
