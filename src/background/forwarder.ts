/** Carries to Temporal what could not be told when it came: deliveries that were only stored, and payments whose run is lost. */
import type { Logger } from '../telemetry/log.ts';
import { claimUnsignalled, markSignalled, pruneDeliveries, type DeliveryRow } from '../store/deliveries.ts';
import type { Db } from '../store/open.ts';
import { findAbandonedUpdates, findEndpointless, giveUpUntold, readmitUntold } from '../store/outbox.ts';
import type { PaymentRow } from '../store/payments.ts';
import { findUnwatched } from '../store/sweeps.ts';
import { createPace } from '../temporal/pace.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import type { LookSignal } from '../workflows/messages.ts';

export interface ForwarderDependencies {
  readonly db: Db;
  readonly runs: Pick<PaymentRuns, 'callback' | 'look'>;
  readonly log: Logger;
  readonly retentionMs: number;
  /** Whether this process has an ORDER_WEBHOOK_URL: without one it wakes nobody to tell. */
  readonly tells: boolean;
}

/** The jobs of one forwarder take their turns with Temporal, and ask for none once they are to stop. */
interface Jobs extends ForwarderDependencies {
  readonly stopping: AbortSignal;
}

/** Shoppers wait for what is told here, so it rests less than a sweep does. */
const RHYTHM = { restsPerAnswer: 4, longestRestMs: 250 };
const BATCH = 20;
const INTERVAL_MS = 1_000;
const ABANDONED_EVERY_MS = 60_000;
/** Rarely: a run that is there after all, only waiting for its gateway to answer, keeps every signal in its history. */
const UNWATCHED_EVERY_MS = 5 * 60_000;
const MOST_UNWATCHED = 500;
const PRUNED_EVERY_MS = 3_600_000;

/** Starts the forwarder; the returned function stops it after the work at hand. */
export function startForwarder(given: ForwarderDependencies): () => Promise<void> {
  const stopping = new AbortController();
  const deps = { ...given, runs: pacedRuns(given.runs), stopping: stopping.signal };
  const jobs = [
    every(INTERVAL_MS, () => forwardDeliveries(deps), deps.log),
    every(ABANDONED_EVERY_MS, abandonedJob(deps), deps.log),
    every(UNWATCHED_EVERY_MS, () => wakeUnwatched(deps), deps.log),
    every(PRUNED_EVERY_MS, () => pruneDeliveries(deps.db, deps.retentionMs), deps.log),
  ];
  return async () => {
    stopping.abort();
    await Promise.all(jobs.map((stop) => stop()));
  };
}

function pacedRuns(runs: ForwarderDependencies['runs']): ForwarderDependencies['runs'] {
  const pace = createPace(RHYTHM);
  return {
    callback: (payment, signal) => pace(() => runs.callback(payment, signal)),
    look: (payment, signal) => pace(() => runs.look(payment, signal)),
  };
}

function every(ms: number, job: () => Promise<unknown>, log: Logger): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let isBusy = false;
  const timer = setInterval(() => {
    if (isBusy) return;
    isBusy = true;
    running = job()
      .catch((error: unknown) =>
        log.warn({ reason: String(error) }, 'forwarding: tried again at the next turn'),
      )
      .finally(() => {
        isBusy = false;
      });
  }, ms);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Batch after batch, as long as there are more and Temporal takes them. */
async function forwardDeliveries(deps: Jobs): Promise<void> {
  for (;;) {
    const waiting = await claimUnsignalled(deps.db, BATCH);
    const forwarded = await forwardBatch(deps, waiting);
    await markSignalled(deps.db, forwarded);
    if (forwarded.length > 0)
      deps.log.info({ count: forwarded.length }, 'forwarded stored callbacks to their workflows');
    if (waiting.length < BATCH || forwarded.length === 0 || deps.stopping.aborted) return;
  }
}

/** The ids of those that were told. */
async function forwardBatch(deps: Jobs, waiting: readonly DeliveryRow[]): Promise<string[]> {
  const forwarded: string[] = [];
  for (const delivery of waiting) {
    if (deps.stopping.aborted) break;
    try {
      await deps.runs.callback(addressOf(delivery), signalOf(delivery));
      forwarded.push(delivery.id);
    } catch (error) {
      // One run that takes no signal must not hold up those behind it; it is claimed again in 10 s.
      deps.log.warn(
        { delivery: delivery.id, reason: String(error) },
        'a stored callback could not be forwarded',
      );
    }
  }
  return forwarded;
}

function addressOf(delivery: DeliveryRow): Parameters<PaymentRuns['callback']>[0] {
  const { paymentId, orderReference, n, gateway } = delivery;
  return { paymentId: paymentId ?? '', orderReference: orderReference ?? '', n: n ?? 0, gateway };
}

function signalOf(delivery: DeliveryRow): Parameters<PaymentRuns['callback']>[1] {
  const { eventId, contentHash, claim, receivedAt } = delivery;
  return {
    eventId: eventId ?? '',
    contentHash: contentHash ?? '',
    claim,
    receivedAt: receivedAt.toISOString(),
  };
}

/** Its first turn, one of a process that has an address again, also finds what there was none for. Without one it warns, once. */
function abandonedJob(deps: Jobs): () => Promise<void> {
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
  for (const { payment, effectId } of await findAbandonedUpdates(deps.db, BATCH)) {
    if (deps.stopping.aborted) return;
    deps.log.warn({ effectId }, 'an update was never told: waking its payment');
    await wake(deps, payment, 'untold_update');
  }
}

/** Wakes payments that should have ended, or been read, and were not. Each answer of Temporal's is awaited: while it is away, nothing is gained. */
export async function wakeUnwatched(
  deps: Pick<ForwarderDependencies, 'db' | 'runs' | 'log'> & { readonly stopping?: AbortSignal },
): Promise<void> {
  for (const payment of await findUnwatched(deps.db, MOST_UNWATCHED)) {
    if (deps.stopping?.aborted) return;
    deps.log.warn({ payment: payment.id }, 'nobody seems to watch it: waking it');
    await wake(deps, payment, 'unwatched');
  }
}

function wake(
  { runs }: Pick<ForwarderDependencies, 'runs'>,
  { id: paymentId, orderReference, n, gateway }: PaymentRow,
  why: LookSignal['why'],
): Promise<void> {
  return runs.look({ paymentId, orderReference, n, gateway }, { why, at: new Date().toISOString() });
}
