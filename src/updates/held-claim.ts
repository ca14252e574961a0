/**
 * Holds the claim of an attempt while it is under way, so that a killed process releases it within seconds.
 * Contract §6.
 */
import { whileRepeating } from '../lib/while-repeating.ts';
import type { Db } from '../store/open.ts';
import { claimAttempt, renewClaim, type ClaimedUpdate } from '../store/update-attempts.ts';

/** How long a claim lasts by itself, with room for a slow store, and how often it is renewed meanwhile. */
const CLAIMED_MS = 4_000;
const RENEWED_EVERY_MS = 1_500;

export interface HeldClaim {
  readonly update: ClaimedUpdate;
  /** By our clock, from before the claim was requested. The claim in the store ends later. */
  readonly heldUntil: number;
}

/**
 * Claims the next attempt. Null where it is not available, or where the answer came so late that the claim
 * may have expired.
 */
export async function takeClaim(db: Db, effectId: string, teller: string | null): Promise<HeldClaim | null> {
  const heldUntil = Date.now() + CLAIMED_MS;
  const update = await claimAttempt(db, effectId, CLAIMED_MS, teller);
  if (update === null || Date.now() + RENEWED_EVERY_MS > heldUntil) return null;
  return { update, heldUntil };
}

/**
 * Does the claimed work and renews the claim meanwhile. When the claim has expired, the signal ends the work,
 * since another attempt may begin then.
 */
export async function whileClaimed<Result>(
  db: Db,
  { update, heldUntil }: HeldClaim,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  const lose = () => lost.abort(new Error('the claim has expired'));
  let end = setTimeout(lose, heldUntil - Date.now());
  let isOver = false;
  async function renew(): Promise<void> {
    const askedAt = Date.now();
    const isHeld = await renewClaim(db, update, CLAIMED_MS).catch(() => false);
    // A renewal may be answered after the work is over.
    if (!isHeld || isOver) return;
    clearTimeout(end);
    end = setTimeout(lose, askedAt + CLAIMED_MS - Date.now());
  }
  try {
    return await whileRepeating(
      RENEWED_EVERY_MS,
      () => void renew(),
      () => work(lost.signal),
    );
  } finally {
    isOver = true;
    clearTimeout(end);
  }
}
