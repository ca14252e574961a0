/**
 * Wakes runs for work that stands still: updates that were never sent, payments without a run, money that
 * does not move.
 */
import { newId } from '../store/new-ids.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { takeForgotten } from '../store/forgotten-operations.ts';
import {
  findAbandoned,
  findAbandonedOf,
  findEndpointless,
  giveUpUntold,
  readmitUntold,
} from '../store/untold-updates.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { WakeReason } from '../store/schema/wake-table.ts';
import { findUnwatched } from '../store/sweeps.ts';
import { markWoken, takeForWaking, takeUnwoken } from '../store/wakes.ts';
import type { LookRequest } from '../domain/trigger.ts';
import { BATCH, type ForwarderDependencies, type Jobs } from './jobs.ts';

const MOST_UNWATCHED = 500;

/**
 * The first turn of a process with an ORDER_WEBHOOK_URL also finds updates that had no endpoint. A process
 * without one warns, once.
 */
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

/** Returns whether there was anything to warn about. */
async function warnOfUntold({ db, log }: Jobs): Promise<boolean> {
  const effectId = await findEndpointless(db);
  if (effectId === null) return false;
  log.warn(
    { effectId },
    'updates wait for the merchant, and this process has no ORDER_WEBHOOK_URL; they are sent once a worker has one',
  );
  return true;
}

/** Wakes the runs of updates that no process and no run sends any more. */
async function wakeAbandoned(deps: Jobs): Promise<void> {
  const found = await findAbandoned(deps.db, BATCH);
  await wakeTaken(deps, 'untold_update', found, 'an update was never sent: waking its run to send it');
}

/**
 * Wakes payments that should have ended, or been read, and were not. Waits for each answer of Temporal, since
 * further calls are useless while it is away.
 */
export async function wakeUnwatched(
  deps: WakingRuns & Pick<ForwarderDependencies, 'pollIntervalMs'>,
): Promise<void> {
  const unwatched = await findUnwatched(deps.db, {
    limit: MOST_UNWATCHED,
    pollIntervalMs: deps.pollIntervalMs,
  });
  // Small enough to signal all of them before another process takes them for forgotten.
  for (let from = 0; from < unwatched.length; from += BATCH) {
    const some = unwatched.slice(from, from + BATCH);
    await wakeTaken(deps, 'unwatched', some, 'no run seems to watch the payment: waking its run');
  }
}

/**
 * Wakes payments that a process took and did not signal, because the run was unreachable or the process died.
 * This keeps the sweep's finds safe, even after its mark has moved.
 */
export async function wakeUnwoken(deps: WakingRuns): Promise<void> {
  const unwoken = await takeUnwoken(deps.db, BATCH);
  await wakeEach(deps, unwoken, ({ payment, why }) => wakeAndMark(deps, payment, why));
}

/** Wakes those that no other process has taken. */
async function wakeTaken(
  deps: WakingRuns,
  why: WakeReason,
  found: readonly PaymentRow[],
  because: string,
): Promise<void> {
  const wanted = found.map(({ id: paymentId }) => ({ paymentId, about: '' }));
  const taken = await takeForWaking(deps.db, why, wanted, newId('wake'));
  const ids = new Set(taken.map(({ paymentId }) => paymentId));
  const ours = found.filter(({ id }) => ids.has(id)).map((payment) => ({ payment }));
  await wakeEach(deps, ours, ({ payment }) => {
    deps.log.warn({ payment: payment.id }, because);
    return wakeAndMark(deps, payment, why);
  });
}

async function wakeAndMark(deps: WakingRuns, payment: PaymentRow, why: WakeReason): Promise<void> {
  if (why === 'untold_update') await haveTold(deps, payment);
  else await wake(deps, payment, why);
  await markWoken(deps.db, why, [payment.id]);
}

async function haveTold(
  { db, runs }: WakingRuns,
  { id, orderReference, n, gateway }: PaymentRow,
): Promise<void> {
  const address = { paymentId: id, orderReference, n, gateway };
  for (const effectId of await findAbandonedOf(db, id)) await runs.tell(address, effectId);
}

/**
 * Wakes the runs of operations that were recorded and never carried out, and of money that should have gone
 * back.
 */
export async function wakeForgotten(deps: Waking & Pick<ForwarderDependencies, 'money'>): Promise<void> {
  await wakeEach(deps, await takeForgotten(deps.db, BATCH), ({ payment, operation }) => {
    const { id: paymentId, orderReference, n, gateway } = payment;
    const address = { paymentId, orderReference, n, gateway };
    const operationId = operation?.id ?? null;
    deps.log.warn({ payment: paymentId, operationId }, 'no run seems to move the money: waking its run');
    if (operation === null) return deps.money.requestGiveBack(address, { cause: 'late_money' });
    return deps.money.request(address, operation.id, aboutOperation(operation, payment));
  });
}

type Waking = Pick<ForwarderDependencies, 'db' | 'log'> & { readonly stopping?: AbortSignal };
type WakingRuns = Waking & Pick<ForwarderDependencies, 'runs'>;

/** After this many failures in a row, it is not one run that takes no signal: Temporal is away. */
const MOST_FAILURES = 3;

/** One run that can't be woken must not delay those behind it. */
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
      log.warn(about, 'the run could not be woken; it is tried again at another turn');
    }
  }
}

/** Asks a payment's run for a look, and starts a run where there is none. @throws RunsUnavailable */
export function wake(
  { runs }: Pick<ForwarderDependencies, 'runs'>,
  { id: paymentId, orderReference, n, gateway }: PaymentRow,
  why: LookRequest['why'],
): Promise<void> {
  return runs.look({ paymentId, orderReference, n, gateway }, { why, at: new Date().toISOString() });
}
