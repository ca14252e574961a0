/** Wakes what somebody should be caring for and nobody is: updates that were never told, payments without a run, money that stands still. */
import { newId } from '../store/new-ids.ts';
import { aboutOperation } from '../store/about-operation.ts';
import { takeForgotten } from '../store/operations.ts';
import {
  findAbandoned,
  findAbandonedOf,
  findEndpointless,
  giveUpUntold,
  readmitUntold,
} from '../store/outbox.ts';
import type { PaymentRow } from '../store/payments.ts';
import type { WakeReason } from '../store/schema.ts';
import { findUnwatched } from '../store/sweeps.ts';
import { markWoken, takeForWaking, takeUnwoken } from '../store/wakes.ts';
import type { LookRequest } from '../domain/trigger.ts';
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

/** Has their runs tell those updates that no process and no run tells any more. */
async function wakeAbandoned(deps: Jobs): Promise<void> {
  const found = await findAbandoned(deps.db, BATCH);
  await wakeTaken(deps, 'untold_update', found, 'an update was never told: its run is to tell it');
}

/** Wakes payments that should have ended, or been read, and were not. Each answer of Temporal's is awaited: while it is away, nothing is gained by asking on. */
export async function wakeUnwatched(
  deps: WakingRuns & Pick<ForwarderDependencies, 'pollIntervalMs'>,
): Promise<void> {
  const unwatched = await findUnwatched(deps.db, {
    limit: MOST_UNWATCHED,
    pollIntervalMs: deps.pollIntervalMs,
  });
  // So many at once as are told before anybody takes them for forgotten.
  for (let from = 0; from < unwatched.length; from += BATCH) {
    const some = unwatched.slice(from, from + BATCH);
    await wakeTaken(deps, 'unwatched', some, 'nobody seems to watch it: waking it');
  }
}

/** Wakes those that somebody took, found unreachable or died before he told them; the sweep's finds are safe here, whatever its mark. */
export async function wakeUnwoken(deps: WakingRuns): Promise<void> {
  const unwoken = await takeUnwoken(deps.db, BATCH);
  await wakeEach(deps, unwoken, ({ payment, why }) => tell(deps, payment, why));
}

/** Those that no other process has taken. */
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
    return tell(deps, payment, why);
  });
}

async function tell(deps: WakingRuns, payment: PaymentRow, why: WakeReason): Promise<void> {
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

/** Operations that were written down and never carried out, and money that should have gone back. */
export async function wakeForgotten(deps: Waking & Pick<ForwarderDependencies, 'money'>): Promise<void> {
  await wakeEach(deps, await takeForgotten(deps.db, BATCH), ({ payment, operation }) => {
    const { id: paymentId, orderReference, n, gateway } = payment;
    const address = { paymentId, orderReference, n, gateway };
    const operationId = operation?.id ?? null;
    deps.log.warn({ payment: paymentId, operationId }, 'money that nobody seems to move: waking its run');
    if (operation === null) return deps.money.requestGiveBack(address, { cause: 'late_money' });
    return deps.money.request(address, operation.id, aboutOperation(operation, payment));
  });
}

type Waking = Pick<ForwarderDependencies, 'db' | 'log'> & { readonly stopping?: AbortSignal };
type WakingRuns = Waking & Pick<ForwarderDependencies, 'runs'>;

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
  why: LookRequest['why'],
): Promise<void> {
  return runs.look({ paymentId, orderReference, n, gateway }, { why, at: new Date().toISOString() });
}
