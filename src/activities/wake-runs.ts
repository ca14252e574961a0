/** Wakes the runs of payments that differ from what the gateway shows. */
import { markWoken, takeForWaking } from '../store/wakes.ts';
import type { Db } from '../store/open.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';

export interface Reach {
  readonly db: Db;
  readonly runs: Pick<PaymentRuns, 'look'>;
}

export interface Differing {
  readonly payment: PaymentRow;
  readonly transactionId: string | null;
  /** What the gateway shows. The same is a reason to wake only once in a while. */
  readonly about: string;
}

export interface Waking {
  readonly why: 'sweep' | 'reconciliation';
  /** The same for a retry, which then recognizes what it has taken. */
  readonly takenBy: string;
}

/** Small enough to signal all of them before another process takes them for forgotten. */
const WOKEN_AT_ONCE = 20;
/** After this many failures in a row, it is not one run that takes no signal: Temporal is away. */
const MOST_FAILURES = 3;

/**
 * Returns how many payments were ours to wake. A payment that was woken recently for the same observation is
 * not.
 */
export async function wakeRuns(
  reach: Reach,
  differing: readonly Differing[],
  waking: Waking,
): Promise<number> {
  let found = 0;
  for (let from = 0; from < differing.length; from += WOKEN_AT_ONCE)
    found += await wakeSome(reach, differing.slice(from, from + WOKEN_AT_ONCE), waking);
  return found;
}

async function wakeSome(reach: Reach, some: readonly Differing[], { why, takenBy }: Waking): Promise<number> {
  const wanted = some.map(({ payment, about }) => ({ paymentId: payment.id, about }));
  const taken = await takeForWaking(reach.db, why, wanted, takenBy);
  const untold = new Set(taken.flatMap(({ paymentId, told }) => (told ? [] : [paymentId])));
  let failures = 0;
  for (const one of some.filter(({ payment }) => untold.delete(payment.id))) {
    try {
      await wake(reach, one, why);
      failures = 0;
    } catch (error) {
      // One run that takes no signal must not hide all others. The forwarder wakes it later.
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
    }
  }
  return taken.length;
}

async function wake(
  { db, runs }: Reach,
  { payment, transactionId }: Differing,
  why: Waking['why'],
): Promise<void> {
  const { id: paymentId, orderReference, n, gateway } = payment;
  const signal = { why, at: new Date().toISOString(), ...(transactionId !== null && { transactionId }) };
  await runs.look({ paymentId, orderReference, n, gateway }, signal);
  await markWoken(db, why, [paymentId]);
}
