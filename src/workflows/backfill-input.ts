/** Parses the input of a backfill, since `temporal workflow start` can send anything. */
import { fieldsOf, refusal } from './arguments.ts';
import type { BackfilledSoFar, BackfillInput } from './backfill-gateway.ts';

/**
 * The state of an earlier run is taken whole or not at all: without it the backfill begins again, and what was
 * written counts once.
 * @throws ApplicationFailure, which ends the run
 */
export function expectBackfillInput(value: unknown): BackfillInput {
  const { gateway, id, since, until, soFar } = fieldsOf(value);
  const isUntil = until === undefined || isTime(until);
  if (!isGateway(gateway) || !isId(id) || !isTime(since) || !isUntil)
    throw refusal('backfillGateway expects {"gateway":"…","id":"bkf_…","since":"…"}: use paidonce backfill');
  return {
    gateway,
    id,
    since,
    ...(until !== undefined && { until }),
    ...(isSoFar(soFar) && { soFar }),
  };
}

function isSoFar(value: unknown): value is BackfilledSoFar {
  const { id, gateway, since, until, cursor, counts } = fieldsOf(value);
  const isPeriod = isId(id) && isGateway(gateway) && isTime(since) && isTime(until);
  return isPeriod && (cursor === null || typeof cursor === 'string') && areCounts(counts);
}

function areCounts(value: unknown): boolean {
  const { read, written, known, foreign } = fieldsOf(value);
  return [read, written, known, foreign].every((count) => Number.isSafeInteger(count));
}

function isGateway(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^bkf_[0-9a-f]{28}$/.test(value);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
