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
  const attempt = patiently(deps);
  for (const { payment, effectId } of await findAbandonedUpdates(deps.db, BATCH)) {
    if (deps.stopping.aborted) return;
    deps.log.warn({ effectId }, 'an update was never told: waking its payment');
    await attempt(payment, () => wake(deps, payment, 'untold_update'));
  }
}

/** Wakes payments that should have ended, or been read, and were not. Each answer of Temporal's is awaited: while it is away, nothing is gained by asking on. */
export async function wakeUnwatched(
  deps: Pick<ForwarderDependencies, 'db' | 'runs' | 'log'> & { readonly stopping?: AbortSignal },
): Promise<void> {
  const attempt = patiently(deps);
  for (const payment of await findUnwatched(deps.db, MOST_UNWATCHED)) {
    if (deps.stopping?.aborted) return;
    deps.log.warn({ payment: payment.id }, 'nobody seems to watch it: waking it');
    await attempt(payment, () => wake(deps, payment, 'unwatched'));
  }
}

/** Operations that were written down and never carried out, and money that should have gone back. */
export async function wakeForgotten(
  deps: Pick<ForwarderDependencies, 'db' | 'money' | 'log'> & { readonly stopping?: AbortSignal },
): Promise<void> {
  const attempt = patiently(deps);
  for (const { payment, operationId } of await takeForgotten(deps.db, BATCH)) {
    if (deps.stopping?.aborted) return;
    const { id: paymentId, orderReference, n, gateway } = payment;
    const address = { paymentId, orderReference, n, gateway };
    deps.log.warn({ payment: paymentId, operationId }, 'money that nobody seems to move: waking its run');
    await attempt(payment, () =>
      operationId === null
        ? deps.money.requestGiveBack(address, 'late_money')
        : deps.money.request(address, operationId),
    );
  }
}

/** So many in a row, and it is not a run that takes no signal but Temporal that is away. */
const MOST_FAILURES = 3;

/** One run that can't be woken must not hold up those behind it. */
function patiently({ log }: Pick<ForwarderDependencies, 'log'>) {
  let failures = 0;
  return async ({ id }: PaymentRow, waking: () => Promise<void>): Promise<void> => {
    try {
      await waking();
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === MOST_FAILURES) throw error;
      log.warn({ payment: id, reason: String(error) }, 'it could not be woken: tried again at another turn');
    }
  };
}

/** Asks a payment's run for a look; starts one where there is none. @throws RunsUnavailable */
export function wake(
  { runs }: Pick<ForwarderDependencies, 'runs'>,
  { id: paymentId, orderReference, n, gateway }: PaymentRow,
  why: LookSignal['why'],
): Promise<void> {
  return runs.look({ paymentId, orderReference, n, gateway }, { why, at: new Date().toISOString() });
}
