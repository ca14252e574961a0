/** The calls to a gateway in a period, by operation, with the time that they took. */
import { z } from 'zod';
import type { CallsInBucket } from '../../store/gateway-calls.ts';
import { since1970, timestamp } from '../http/fields.ts';
import { GATEWAY } from '../payments/payment-examples.ts';
import { percentile } from '../stats/log-steps.ts';
import type { AskedPeriod } from '../stats/asked-period.ts';

const MINUTE_MS = 60_000;

export const CALL_BUCKETS = { '1m': MINUTE_MS, '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS } as const;
type CallBucket = keyof typeof CALL_BUCKETS;

const OUTCOMES = ['ok', 'rejected', 'silent', 'credentials', 'rate_limited'] as const;
type Outcome = (typeof OUTCOMES)[number];

const count = z.int().min(0);

const counted = z.object({
  calls: count,
  ok: count,
  rejected: count.meta({ description: 'Answered 4xx, about the request' }),
  silent: count.meta({ description: 'No answer within 10 s, a 5xx, or one that is not understood' }),
  credentials: count.meta({ description: 'Answered 401 or 403' }),
  rateLimited: count.meta({ description: 'Answered 429' }),
  p95Ms: z.int().nullable().meta({ description: 'In milliseconds, from a histogram; null without calls' }),
});

const operation = z
  .object({
    operation: z.string().meta({ description: 'As in the metrics: `token`, `create session`, `capture` …' }),
    ...counted.shape,
    meanMs: z.int().nullable(),
    buckets: z
      .array(counted.extend({ at: timestamp.meta({ description: 'The beginning of the bucket' }) }))
      .meta({ description: 'Oldest first, without those that have no calls' }),
  })
  .meta({ id: 'GatewayOperationCalls' });

export const callsAnswer = z
  .object({
    gateway: z.string(),
    from: timestamp,
    to: timestamp.meta({ description: 'Exclusive' }),
    bucket: z.enum(['1m', '5m', '1h']),
    credentials: z.object({ acceptedAt: timestamp.nullable(), refusedAt: timestamp.nullable() }).meta({
      description:
        'When the gateway accepted our credentials last, and when it refused them last: to the minute, within eight days, null if never',
    }),
    data: z.array(operation).meta({ description: 'The operation with the most calls first' }),
  })
  .meta({ id: 'GatewayCalls' });

export const callsQuery = z.strictObject({
  from: since1970.optional().meta({
    description: 'Widened to the beginning of its bucket. An hour before `to` if absent',
    examples: ['2026-11-22T08:00:00Z'],
  }),
  to: since1970.optional().meta({
    description: 'Exclusive, widened to the end of its bucket. Now if absent',
    examples: ['2026-11-22T09:00:00Z'],
  }),
  bucket: z
    .enum(['1m', '5m', '1h'])
    .optional()
    .meta({ description: 'If absent, the smallest with at most 300 buckets', examples: ['1m'] }),
});

export function viewCalls(
  gateway: string,
  { from, to, bucket }: AskedPeriod<CallBucket>,
  calls: readonly CallsInBucket[],
  { acceptedAt, refusedAt }: { readonly acceptedAt: Date | null; readonly refusedAt: Date | null },
): z.infer<typeof callsAnswer> {
  const byOperation = grouped(calls, ({ operation: name }) => name);
  const data = [...byOperation].map(([name, some]) => ({
    operation: name,
    ...tallyCalls(some),
    meanMs: meanOf(some),
    buckets: [...grouped(some, ({ at }) => at.toISOString())].map(([at, within]) => ({
      ...tallyCalls(within),
      at,
    })),
  }));
  return {
    gateway,
    from: from.toISOString(),
    to: to.toISOString(),
    bucket,
    credentials: {
      acceptedAt: acceptedAt?.toISOString() ?? null,
      refusedAt: refusedAt?.toISOString() ?? null,
    },
    data: data.sort((one, other) => other.calls - one.calls || one.operation.localeCompare(other.operation)),
  };
}

function tallyCalls(calls: readonly CallsInBucket[]): z.infer<typeof counted> {
  const of = (outcome: Outcome) => sumOf(calls.filter((one) => one.outcome === outcome));
  const steps = [...grouped(calls, ({ step }) => step)]
    .map(([step, some]) => ({ step, count: sumOf(some) }))
    .sort((one, other) => one.step - other.step);
  const p95 = percentile(steps, 0.95);
  return {
    calls: sumOf(calls),
    ok: of('ok'),
    rejected: of('rejected'),
    silent: of('silent'),
    credentials: of('credentials'),
    rateLimited: of('rate_limited'),
    p95Ms: p95 === null ? null : Math.round(p95),
  };
}

function meanOf(calls: readonly CallsInBucket[]): number | null {
  const all = sumOf(calls);
  return all === 0 ? null : Math.round(calls.reduce((sum, { totalMs }) => sum + totalMs, 0) / all);
}

function sumOf(some: readonly CallsInBucket[]): number {
  return some.reduce((sum, { calls }) => sum + calls, 0);
}

/** In the order in which each key comes first. */
function grouped<Key>(
  calls: readonly CallsInBucket[],
  keyOf: (one: CallsInBucket) => Key,
): Map<Key, CallsInBucket[]> {
  const groups = new Map<Key, CallsInBucket[]>();
  for (const one of calls) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

export const callsExample: z.infer<typeof callsAnswer> = viewCalls(
  GATEWAY.id,
  {
    from: new Date('2026-11-22T08:00:00Z'),
    to: new Date('2026-11-22T09:00:00Z'),
    bucket: '1m',
    bucketMs: MINUTE_MS,
  },
  [
    { outcome: 'ok', step: 22, calls: 41, totalMs: 5_904 },
    { outcome: 'silent', step: 40, calls: 2, totalMs: 20_012 },
  ].map((one) => ({ ...one, at: new Date('2026-11-22T08:41:00Z'), operation: 'read transaction' })),
  { acceptedAt: new Date('2026-11-22T08:59:00Z'), refusedAt: null },
);
