import type { Db } from '../../../src/store/open.ts';

export const LEASE_MS = 3_000;

/** Without a timer of the real clock: the lease of a slow request ends, and its run opens a session too. */
export function whileLeased<Result>(_: Db, __: string, work: () => Promise<Result>): Promise<Result> {
  return work();
}
