/**
 * When to try to open the session: as long as it is asked for, and never for a payer who left hours ago.
 */
import type { ClosingCause, Unavailable } from '../activities/contract.ts';
import { delayAfter } from '../domain/ladder.ts';

/**
 * A caller gets an answer after this time, with or without a session. The gateway call continues meanwhile.
 */
export const ANSWER_WITHIN_MS = 12_000;
/** Tries rest when nothing has asked for the session for this long. */
const RESTS_AFTER_MS = 2 * 60_000;
/** A run accepts ten updates at a time, and other calls need some of them. */
export const MOST_CALLERS = 8;

/** Times in milliseconds since the epoch. */
export interface Opening {
  /** When the first try was made; 0 before it. */
  since: number;
  tries: number;
  /** While the opening rests: the payment's deadline. */
  nextTry: number;
  isResting: boolean;
  /** The gateway asked us not to call before this time. */
  notBefore: number;
  askedAt: number;
  /** A try has failed or takes long. Until then no caller needs a timer. */
  isInTrouble: boolean;
  callers: number;
  /**
   * The close requests in messages, for a payment that was never opened. Only those that the store has are
   * carried out.
   */
  closing: readonly ClosingCause[];
}

export type CarriedOpening = Pick<Opening, 'since' | 'tries' | 'nextTry' | 'isResting'>;

export function newOpening(carried: CarriedOpening | undefined): Opening {
  const { since = 0, tries = 0, nextTry = 0, isResting = false } = carried ?? {};
  const isInTrouble = tries > 0;
  return {
    since,
    tries,
    nextTry,
    isResting,
    isInTrouble,
    notBefore: 0,
    askedAt: 0,
    callers: 0,
    closing: [],
  };
}

/** Something asks for the session: a payer, a callback, a browser or our own sweep. */
export function askToOpen(opening: Opening, now: number): void {
  opening.askedAt = now;
  opening.isResting = false;
  opening.nextTry = Math.min(opening.nextTry, Math.max(now, opening.notBefore));
}

/** A waiting callback names a session that may have been paid. Then the gateway has to be asked first. */
export function nextToClose({ closing, tries }: Opening, isNamed: boolean): ClosingCause | undefined {
  return tries > 0 && !isNamed ? closing[0] : undefined;
}

/**
 * After 1, 2, 5, 15, 60 s, then every 5 minutes, as long as the session is asked for. Otherwise at the
 * payment's deadline, which must be noticed.
 */
export function planNextTry(opening: Opening, now: number, isNamed: boolean, failed: Unavailable): void {
  const delay = delayAfter(opening.tries - 1);
  opening.isInTrouble = true;
  opening.notBefore = now + (failed.retryAfterMs ?? 0);
  const at = Math.max(now + delay, opening.notBefore);
  const deadline = failed.expiresAt === undefined ? at : Date.parse(failed.expiresAt);
  opening.isResting = !isNamed && at > opening.askedAt + RESTS_AFTER_MS && deadline > at;
  opening.nextTry = opening.isResting ? deadline : Math.min(at, Math.max(deadline, now + delay));
}
