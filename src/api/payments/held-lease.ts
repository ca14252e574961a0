/** Renews a payment's lease while its request waits for a slow gateway. */
import { whileRepeating } from '../../lib/while-repeating.ts';
import type { Db } from '../../store/open.ts';
import { renewLease } from '../../store/payments.ts';

/** How long a lease lasts by itself: a run waits no longer for a process that was killed. */
export const LEASE_MS = 3_000;
const RENEWED_EVERY_MS = 1_000;

/**
 * Does the work and renews the lease meanwhile. A renewal that fails is ignored: the run may then open a
 * second session, which nobody gets.
 */
export function whileLeased<Result>(db: Db, paymentId: string, work: () => Promise<Result>): Promise<Result> {
  const renew = () => void renewLease(db, paymentId, LEASE_MS).catch(() => undefined);
  return whileRepeating(RENEWED_EVERY_MS, renew, work);
}
