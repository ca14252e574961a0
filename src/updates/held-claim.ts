/** Holds the claim of an attempt while it is under way, so that a killed process lets go of it within seconds. Contract §6. */
import type { Db } from '../store/open.ts';
import { claimAttempt, renewClaim, type ClaimedAttempt } from '../store/update-attempts.ts';

/** How long a claim lasts by itself, so that a store may be slow, and how often it is renewed meanwhile. */
const CLAIMED_MS = 4_000;
const RENEWED_EVERY_MS = 1_500;

export interface HeldClaim {
  readonly attempt: ClaimedAttempt;
  /** By our clock, from before it was asked for: the store's own time is later. */
  readonly heldUntil: number;
}

/** Claims the next attempt; null where that can't be had, or came so late that it may have run out. */
export async function takeClaim(db: Db, effectId: string, teller: string | null): Promise<HeldClaim | null> {
  const heldUntil = Date.now() + CLAIMED_MS;
  const attempt = await claimAttempt(db, effectId, CLAIMED_MS, teller);
  if (attempt === null || Date.now() + RENEWED_EVERY_MS > heldUntil) return null;
  return { attempt, heldUntil };
}

/**
 * Does what the claim is for and renews it meanwhile. What is done ends by its signal when the claim has run out, since another attempt
 * may begin then.
 */
export async function whileClaimed<Result>(
  db: Db,
  { attempt, heldUntil }: HeldClaim,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  const lose = () => lost.abort(new Error('the claim has run out'));
  let end = setTimeout(lose, heldUntil - Date.now());
  let isOver = false;
  async function renew(): Promise<void> {
    const askedAt = Date.now();
    const isHeld = await renewClaim(db, attempt, CLAIMED_MS).catch(() => false);
    // A renewal may be answered when there is nothing left to hold it for.
    if (!isHeld || isOver) return;
    clearTimeout(end);
    end = setTimeout(lose, askedAt + CLAIMED_MS - Date.now());
  }
  const renewal = setInterval(() => void renew(), RENEWED_EVERY_MS);
  try {
    return await work(lost.signal);
  } finally {
    isOver = true;
    clearInterval(renewal);
    clearTimeout(end);
  }
}
