/**
 * Which listings a sweep reads, and from when. Computed from the marks in the store, so no process has to
 * remember.
 */
import type { Gateway, Listing } from '../gateways/gateway.ts';
import type { Db } from '../store/open.ts';
import { hoursToCount } from './count-missed-callbacks.ts';
import { beginPasses } from '../store/sweep-passes.ts';
import { listingStart, readMarks, type SweepMark } from '../store/sweeps.ts';

export interface Sweeping {
  readonly gateway: string;
  /**
   * `new`: new transactions, at every sweep. `changes`: changed ones, on a Schedule of its own that nothing
   * else waits for.
   */
  readonly of: 'new' | 'changes';
}

export interface SweepPlan {
  /** RFC 3339. */
  readonly startedAt: string;
  readonly listings: readonly { readonly name: string; readonly since: string }[];
  /** Whether there is an hour whose missed callbacks are not counted yet. */
  readonly countsCallbacks: boolean;
}

/**
 * A listing whose last pass took more pages than this waits for its interval. So the changes of a small shop
 * are found within minutes.
 */
const FEW_PAGES = 5;
const EVERY_MS = { sweep: 0, hour: 3_600_000, day: 24 * 3_600_000 };

export async function planSweep(db: Db, gateway: Gateway, { of }: Sweeping, now: Date): Promise<SweepPlan> {
  const marks = new Map((await readMarks(db, gateway.id)).map((mark) => [mark.listing, mark]));
  const listings: { name: string; since: string }[] = [];
  for (const listing of listingsOf(gateway, of)) {
    const known = marks.get(listing.name);
    if (!isDue(listing, known, now)) continue;
    const from = { mark: known?.mark ?? now, isOfNew: of === 'new' };
    const since = await listingStart(db, gateway.id, from);
    listings.push({ name: listing.name, since: since.toISOString() });
  }
  const begun = listings.map(({ name }) => name);
  await beginPasses(db, { gateway: gateway.id, startedAt: now }, begun);
  const countsCallbacks = of === 'changes' && (await hoursToCount(db, gateway.id, now)) !== null;
  return { startedAt: now.toISOString(), listings, countsCallbacks };
}

/** The listings that a sweep of this kind reads. */
export function listingsOf({ listings }: Pick<Gateway, 'listings'>, of: Sweeping['of']): readonly Listing[] {
  return listings.filter(({ every }) => (every === 'sweep') === (of === 'new'));
}

function isDue({ every }: Listing, known: SweepMark | undefined, now: Date): boolean {
  if (known === undefined || known.pages <= FEW_PAGES) return true;
  return now.getTime() - known.mark.getTime() >= EVERY_MS[every];
}
