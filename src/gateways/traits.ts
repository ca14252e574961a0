/** What is fixed about a gateway, as data: the same for every payment. */
export interface Traits {
  /** How long a session may be open, counted from its creation. */
  readonly lifetime: Lifetime;
}

export interface Lifetime {
  readonly shortestMs: number;
  readonly longestMs: number;
}

/** The lifetime that comes nearest to the wanted one, in milliseconds. */
export function lifetimeWithin({ shortestMs, longestMs }: Lifetime, wantedMs: number): number {
  return Math.min(Math.max(wantedMs, shortestMs), longestMs);
}
