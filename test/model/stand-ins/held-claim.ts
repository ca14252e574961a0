import type { HeldClaim } from '../../../src/updates/held-claim.ts';
import type { Db } from '../../../src/store/open.ts';
import { claimAttempt } from './store-update-attempts.ts';

/** Longer than the time limit of the merchant's answer. */
const CLAIMED_MS = 7_000;
const NEVER = new AbortController().signal;

/** Without a timer of the real clock: a claim lasts as long as an attempt can. */
export async function takeClaim(db: Db, effectId: string, teller: string | null): Promise<HeldClaim | null> {
  const update = await claimAttempt(db, effectId, CLAIMED_MS, teller);
  return update && { update, heldUntil: Date.now() + CLAIMED_MS };
}

export function whileClaimed<Result>(
  _: Db,
  __: HeldClaim,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return work(NEVER);
}
