/** When the session is tried to be opened: for as long as somebody asks for it, and never for a shopper who left hours ago. */
import type { ClosingCause, Unavailable } from '../activities/contract.ts';
import { delayAfter } from '../domain/ladder.ts';

/** A caller is answered after this long, session or not; the gateway goes on meanwhile. */
export const ANSWER_WITHIN_MS = 12_000;
/** Tries rest when nobody has asked for so long. */
const RESTS_AFTER_MS = 2 * 60_000;
/** A run takes ten updates at a time, and other calls need some of them. */
export const MOST_CALLERS = 8;

/** Times in milliseconds since the epoch. */
export interface Opening {
  /** The first try; 0 before it. */
  since: number;
  tries: number;
  /** While it rests: the payment's deadline. */
  nextTry: number;
  isResting: boolean;
  /** The gateway asked not to be called before. */
  notBefore: number;
  askedAt: number;
  /** A try has failed or takes long. Until then no caller needs a timer. */
  isInTrouble: boolean;
  callers: number;
  /** To be closed although it was never opened, as messages say; what the store knows of is done. */
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

/** Somebody wants the session: a shopper, a callback, a browser, our own sweep. */
export function askToOpen(opening: Opening, now: number): void {
  opening.askedAt = now;
  opening.isResting = false;
  opening.nextTry = Math.min(opening.nextTry, Math.max(now, opening.notBefore));
}

/** A callback that waits names a session that somebody may have paid in: then the gateway has to be asked first. */
export function nextToClose({ closing, tries }: Opening, isNamed: boolean): ClosingCause | undefined {
  return tries > 0 && !isNamed ? closing[0] : undefined;
}

/** After 1, 2, 5, 15, 60 s, then every 5 minutes, as long as somebody asks; else not before the payment's deadline, which is to be noticed. */
export function planNextTry(opening: Opening, now: number, isNamed: boolean, failed: Unavailable): void {
  const delay = delayAfter(opening.tries - 1);
  opening.isInTrouble = true;
  opening.notBefore = now + (failed.retryAfterMs ?? 0);
  const at = Math.max(now + delay, opening.notBefore);
  const deadline = failed.expiresAt === undefined ? at : Date.parse(failed.expiresAt);
  opening.isResting = !isNamed && at > opening.askedAt + RESTS_AFTER_MS && deadline > at;
  opening.nextTry = opening.isResting ? deadline : Math.min(at, Math.max(deadline, now + delay));
}
