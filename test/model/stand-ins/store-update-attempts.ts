/** `src/store/update-attempts.ts` in memory. */
import type { Db } from '../../../src/store/open.ts';
import type {
  AttemptEnd,
  ClaimedAttempt,
  ClaimedUpdate,
  SentAttempt,
} from '../../../src/store/update-attempts.ts';
import { tablesOf } from '../world/tables.ts';
import { isItsTurn } from './store-outbox.ts';

export type * from '../../../src/store/update-attempts.ts';

export function claimAttempt(
  db: Db,
  effectId: string,
  forMs: number,
  teller: string | null = null,
): Promise<ClaimedUpdate | null> {
  const tables = tablesOf(db);
  return tables.call('claim an attempt', () => {
    const update = tables.outbox.get(effectId);
    if (update?.state !== 'pending' || !isItsTurn(tables, update)) return null;
    const claimedUntil = new Date(Date.now() + forMs);
    const isSame = update.teller === null || update.teller === teller;
    const claimed = {
      ...update,
      attempts: update.attempts + 1,
      tries: 1 + (isSame ? update.tries : 0),
      teller: teller ?? update.teller,
      claimedUntil,
    };
    tables.outbox.set(effectId, claimed);
    return claimed;
  });
}

export function renewClaim(
  db: Db,
  { effectId, attempts: n }: ClaimedAttempt,
  forMs: number,
): Promise<boolean> {
  const tables = tablesOf(db);
  return tables.call('renew a claim', () => {
    const update = tables.outbox.get(effectId);
    if (update?.attempts !== n || Number(update.claimedUntil) <= Date.now()) return false;
    tables.outbox.set(effectId, { ...update, claimedUntil: new Date(Date.now() + forMs) });
    return true;
  });
}

export function finishAttempt(
  db: Db,
  { effectId, attempts: n }: ClaimedAttempt,
  _: SentAttempt,
  { state, lastAnswer, retryAfterMs }: AttemptEnd,
): Promise<void> {
  const tables = tablesOf(db);
  return tables.call('keep what came of an attempt', () => {
    const update = tables.outbox.get(effectId);
    if (update?.state !== 'pending' || (update.attempts !== n && state === 'pending')) return;
    const nextAttemptAt = new Date(Date.now() + retryAfterMs);
    const attemptedAt = new Date();
    tables.outbox.set(effectId, {
      ...update,
      state,
      lastAnswer,
      nextAttemptAt,
      attemptedAt,
      claimedUntil: null,
    });
  });
}
