/** The period that a request for counts by time asks for, in whole buckets. */
import type { Period } from '../../store/stats/count-rows.ts';
import { wrongFields } from '../refusal.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const STATS_BUCKETS = { '5m': 5 * MINUTE_MS, '1h': 60 * MINUTE_MS, '1d': DAY_MS } as const;
export const BUCKETS = ['5m', '1h', '1d'] as const satisfies readonly (keyof typeof STATS_BUCKETS)[];
export type Bucket = (typeof BUCKETS)[number];

/** As many as a chart can show, without a `bucket`. */
const USUAL_BUCKETS = 300;
const MOST_BUCKETS = 2_000;

export interface AskedPeriod<Name extends string = Bucket> extends Period {
  readonly bucket: Name;
}

export interface Asked<Name extends string = Bucket> {
  /** RFC 3339. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly bucket?: Name | undefined;
  readonly gateway?: string | undefined;
}

interface Usual<Name extends string> {
  /** The lengths in milliseconds by name, the shortest first. */
  readonly buckets: Readonly<Record<Name, number>>;
  readonly largest: Name;
  /** How long the period is where its beginning is not given. */
  readonly lengthMs: number;
}

const OF_STATS: Usual<Bucket> = { buckets: STATS_BUCKETS, largest: '1d', lengthMs: DAY_MS };

/** The last 24 hours, and the smallest bucket that is still readable, where nothing else is said. @throws Refusal */
export function askedPeriod(asked: Asked, now: Date): AskedPeriod {
  return periodOf(asked, now, OF_STATS);
}

/** Ends now, has the usual length and the smallest bucket that is still readable, where nothing else is said. @throws Refusal */
export function periodOf<Name extends string>(
  asked: Asked<Name>,
  now: Date,
  { buckets, largest, lengthMs }: Usual<Name>,
): AskedPeriod<Name> {
  const to = asked.to === undefined ? now.getTime() : Date.parse(asked.to);
  const from = asked.from === undefined ? to - lengthMs : Date.parse(asked.from);
  if (from >= to) {
    const detail = `a time before the end of the period (${new Date(to).toISOString()}) was expected`;
    throw wrongFields('the query', [{ pointer: '/from', detail }]);
  }
  const names = Object.keys(buckets) as Name[];
  const within = (name: Name) => inBuckets(from, to, buckets[name]);
  const isReadable = (name: Name) => countOf(within(name)) <= USUAL_BUCKETS;
  const bucket = asked.bucket ?? names.find(isReadable) ?? largest;
  const period = within(bucket);
  const larger = names.slice(names.indexOf(bucket) + 1);
  refuseTooMany(asked.bucket !== undefined, { bucket, larger, count: countOf(period) });
  return { ...period, bucket, gateway: asked.gateway };
}

type InBuckets = Pick<Period, 'from' | 'to' | 'bucketMs'>;

/** Widened to whole buckets. */
function inBuckets(from: number, to: number, bucketMs: number): InBuckets {
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

function refuseTooMany(
  isBucketGiven: boolean,
  { bucket, larger, count }: { bucket: string; larger: readonly string[]; count: number },
): void {
  if (count <= MOST_BUCKETS) return;
  const advice = larger.length === 0 ? '' : `larger buckets (${larger.join(' or ')}) or `;
  const detail = `the period has ${count} buckets of ${bucket}, and at most ${MOST_BUCKETS} are shown: ask for ${advice}a shorter period`;
  throw wrongFields('the query', [{ pointer: isBucketGiven ? '/bucket' : '/from', detail }]);
}
