/**
 * Sends Temporal the signals that could not be sent at first: for deliveries that were only stored, and for
 * payments whose run is lost.
 */
import { claimUnsignalled, markSignalled, type DeliveryRow } from '../store/deliveries.ts';
import { placeParked } from '../store/parked.ts';
import { pacedCalls } from '../lib/paced-calls.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { announceExpirings } from './announce-expiring.ts';
import { every } from './every.ts';
import { BATCH, type ForwarderDependencies, type Jobs } from './jobs.ts';
import { prune } from './prune.ts';
import { abandonedJob, wakeForgotten, wakeUnwoken, wakeUnwatched } from './recover.ts';
import { rollUp, type RollingUp } from './roll-up.ts';

/** Payers wait for these signals, so the forwarder rests less than a sweep. */
const RHYTHM = { restsPerAnswer: 4, longestRestMs: 250, atOnce: 4 };
const INTERVAL_MS = 1_000;
const PARKED_EVERY_MS = 5_000;
const ABANDONED_EVERY_MS = 60_000;
const UNWATCHED_EVERY_MS = 5 * 60_000;
const FORGOTTEN_EVERY_MS = 15_000;
const UNWOKEN_EVERY_MS = 15_000;
const EXPIRING_EVERY_MS = 60_000;
const PRUNED_EVERY_MS = 10 * 60_000;
const ROLLED_UP_EVERY_MS = 60_000;

/** Starts the forwarder. The returned function stops it after its current work. */
export function startForwarder(
  given: ForwarderDependencies & Pick<RollingUp, 'version'>,
): () => Promise<void> {
  const stopping = new AbortController();
  const deps = { ...given, ...paced(given), stopping: stopping.signal };
  const jobs = [
    every(INTERVAL_MS, () => forwardDeliveries(deps), deps.log),
    every(PARKED_EVERY_MS, () => placeParked(deps.db), deps.log),
    every(INTERVAL_MS, () => deps.firstAttempts.tellUntold(), deps.log),
    every(ABANDONED_EVERY_MS, abandonedJob(deps), deps.log),
    every(UNWATCHED_EVERY_MS, () => wakeUnwatched(deps), deps.log),
    every(UNWOKEN_EVERY_MS, () => wakeUnwoken(deps), deps.log),
    every(FORGOTTEN_EVERY_MS, () => wakeForgotten(deps), deps.log),
    every(EXPIRING_EVERY_MS, () => announceExpirings(deps), deps.log),
    every(PRUNED_EVERY_MS, () => prune(deps), deps.log),
    every(ROLLED_UP_EVERY_MS, () => rollUp(deps), deps.log),
  ];
  return async () => {
    stopping.abort();
    await Promise.all(jobs.map((stop) => stop()));
  };
}

function paced({ runs, money }: ForwarderDependencies): Pick<ForwarderDependencies, 'runs' | 'money'> {
  const pace = pacedCalls(RHYTHM);
  return {
    runs: {
      callback: (payment, signal) => pace(() => runs.callback(payment, signal)),
      look: (payment, signal) => pace(() => runs.look(payment, signal)),
      tell: (payment, effectId) => pace(() => runs.tell(payment, effectId)),
    },
    money: {
      request: (payment, operationId, about) => pace(() => money.request(payment, operationId, about)),
      requestGiveBack: (payment, cause) => pace(() => money.requestGiveBack(payment, cause)),
    },
  };
}

/** Batch after batch, as long as there are more and Temporal accepts them. */
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

/** The ids of the deliveries that were signalled. */
async function forwardBatch(deps: Jobs, waiting: readonly DeliveryRow[]): Promise<string[]> {
  const forwarded: string[] = [];
  const rest = waiting.values();
  const forwardRest = async (): Promise<void> => {
    for (const delivery of rest) {
      if (deps.stopping.aborted) return;
      if (await forward(deps, delivery)) forwarded.push(delivery.id);
    }
  };
  await Promise.all(Array.from({ length: RHYTHM.atOnce }, forwardRest));
  return forwarded;
}

/** Whether it was signalled. One run that takes no signal must not delay those behind it: its turn is in 10 s. */
async function forward({ runs, log }: Jobs, delivery: DeliveryRow): Promise<boolean> {
  try {
    await runs.callback(addressOf(delivery), signalOf(delivery));
    return true;
  } catch (error) {
    log.warn({ delivery: delivery.id, reason: String(error) }, 'a stored callback could not be forwarded');
    return false;
  }
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
