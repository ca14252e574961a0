/** The period that a request for statistics asks for, in whole buckets. */
import type { Period } from '../../store/stats/count-rows.ts';
import { wrongFields } from '../refusal.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const BUCKET_MS = { '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS, '1d': DAY_MS } as const;
export const BUCKETS = ['5m', '1h', '1d'] as const satisfies readonly (keyof typeof BUCKET_MS)[];
export type Bucket = (typeof BUCKETS)[number];

/** As many as a chart can show, without a `bucket`. */
const USUAL_BUCKETS = 300;
const MOST_BUCKETS = 2_000;

export interface AskedPeriod extends Period {
  readonly bucket: Bucket;
}

export interface Asked {
  /** RFC 3339. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket?: Bucket | undefined;
  readonly gateway?: string | undefined;
}

/** The last 24 hours, and the smallest bucket that is still readable, where nothing else is said. @throws Refusal */
export function askedPeriod(asked: Asked, now: Date): AskedPeriod {
  const to = asked.to === undefined ? now.getTime() : Date.parse(asked.to);
  const from = asked.from === undefined ? to - DAY_MS : Date.parse(asked.from);
  if (from >= to) {
    const detail = `a time before the end of the period (${new Date(to).toISOString()}) was expected`;
    throw wrongFields('the query', [{ pointer: '/from', detail }]);
  }
  const bucket = asked.bucket ?? BUCKETS.find((one) => isReadable(inBuckets(from, to, one))) ?? '1d';
  const period = inBuckets(from, to, bucket);
  refuseTooMany(asked, bucket, countOf(period));
  return { ...period, bucket, gateway: asked.gateway };
}

type InBuckets = Pick<Period, 'from' | 'to' | 'bucketMs'>;

/** Widened to whole buckets. */
function inBuckets(from: number, to: number, bucket: Bucket): InBuckets {
  const bucketMs = BUCKET_MS[bucket];
  return {
    from: new Date(Math.floor(from / bucketMs) * bucketMs),
    to: new Date(Math.ceil(to / bucketMs) * bucketMs),
    bucketMs,
  };
}

/** The beginnings of the period's buckets. */
export function bucketsIn({ from, bucketMs, ...period }: InBuckets): Date[] {
  const count = countOf({ from, bucketMs, ...period });
  return Array.from({ length: count }, (_, index) => new Date(from.getTime() + index * bucketMs));
}

function countOf({ from, to, bucketMs }: InBuckets): number {
  return (to.getTime() - from.getTime()) / bucketMs;
}

function isReadable(period: InBuckets): boolean {
  return countOf(period) <= USUAL_BUCKETS;
}

function refuseTooMany({ bucket: given }: Asked, bucket: Bucket, count: number): void {
  if (count <= MOST_BUCKETS) return;
  const larger = BUCKETS.slice(BUCKETS.indexOf(bucket) + 1);
  const advice = larger.length === 0 ? '' : `larger buckets (${larger.join(' or ')}) or `;
  const detail = `the period has ${count} buckets of ${bucket}, and at most ${MOST_BUCKETS} are shown: ask for ${advice}a shorter period`;
  throw wrongFields('the query', [{ pointer: given === undefined ? '/from' : '/bucket', detail }]);
}
