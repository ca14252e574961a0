/** Wakes what somebody should be caring for and nobody is: updates that were never told, payments without a run, money that stands still. */
import { takeForgotten } from '../store/operations.ts';
import { findAbandonedUpdates, findEndpointless, giveUpUntold, readmitUntold } from '../store/outbox.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findUnwatched } from '../store/sweeps.ts';
import type { LookSignal } from '../workflows/messages.ts';
import { BATCH, type ForwarderDependencies, type Jobs } from './jobs.ts';

const MOST_UNWATCHED = 500;

/** Its first turn, one of a process that has an address again, also finds what there was none for. Without one it warns, once. */
export function abandonedJob(deps: Jobs): () => Promise<void> {
  let isDone = false;
  return async () => {
    await giveUpUntold(deps.db);
    if (!deps.tells) {
      isDone ||= await warnOfUntold(deps);
      return;
    }
    if (!isDone) await readmitUntold(deps.db);
    isDone = true;
    await wakeAbandoned(deps);
  };
}

/** Whether there was anything to warn of. */
async function warnOfUntold({ db, log }: Jobs): Promise<boolean> {
  const effectId = await findEndpointless(db);
  if (effectId === null) return false;
  log.warn(
    { effectId },
    'updates wait for the merchant, and this process has no ORDER_WEBHOOK_URL: they are told when a worker has one',
  );
  return true;
}

async function wakeAbandoned(deps: Jobs): Promise<void> {
  await wakeEach(deps, await findAbandonedUpdates(deps.db, BATCH), ({ payment, effectId }) => {
    deps.log.warn({ effectId }, 'an update was never told: waking its payment');
    return wake(deps, payment, 'untold_update');
  });
}

/** Wakes payments that should have ended, or been read, and were not. Each answer of Temporal's is awaited: while it is away, nothing is gained by asking on. */
export async function wakeUnwatched(deps: Waking & Pick<ForwarderDependencies, 'runs'>): Promise<void> {
  const unwatched = await findUnwatched(deps.db, MOST_UNWATCHED);
  const found = unwatched.map((payment) => ({ payment }));
  await wakeEach(deps, found, ({ payment }) => {
    deps.log.warn({ payment: payment.id }, 'nobody seems to watch it: waking it');
    return wake(deps, payment, 'unwatched');
  });
}

/** Operations that were written down and never carried out, and money that should have gone back. */
export async function wakeForgotten(deps: Waking & Pick<ForwarderDependencies, 'money'>): Promise<void> {
  await wakeEach(deps, await takeForgotten(deps.db, BATCH), ({ payment, operationId }) => {
    const { id: paymentId, orderReference, n, gateway } = payment;
    const address = { paymentId, orderReference, n, gateway };
    deps.log.warn({ payment: paymentId, operationId }, 'money that nobody seems to move: waking its run');
    if (operationId === null) return deps.money.requestGiveBack(address, 'late_money');
    return deps.money.request(address, operationId);
  });
}

type Waking = Pick<ForwarderDependencies, 'db' | 'log'> & { readonly stopping?: AbortSignal };

/** So many in a row, and it is not a run that takes no signal but Temporal that is away. */
const MOST_FAILURES = 3;

/** One run that can't be woken must not hold up those behind it. */
async function wakeEach<Found extends { readonly payment: PaymentRow }>(
  { log, stopping }: Waking,
  found: readonly Found[],
  waking: (one: Found) => Promise<void>,
): Promise<void> {
  let failures = 0;
  for (const one of found) {
    if (stopping?.aborted) return;
    try {
      await waking(one);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
      const about = { payment: one.payment.id, reason: String(error) };
      log.warn(about, 'it could not be woken: tried again at another turn');
    }
  }
}

/** Asks a payment's run for a look; starts one where there is none. @throws RunsUnavailable */
export function wake(
  { runs }: Pick<ForwarderDependencies, 'runs'>,
  { id: paymentId, orderReference, n, gateway }: PaymentRow,
  why: LookSignal['why'],
): Promise<void> {
  return runs.look({ paymentId, orderReference, n, gateway }, { why, at: new Date().toISOString() });
}
