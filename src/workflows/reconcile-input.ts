/** Parses the input of a reconciliation, since `temporal workflow start` can send anything. */
import { fieldsOf, refusal } from './arguments.ts';
import type { ReconciledSoFar, ReconcileInput } from './reconcile-gateway.ts';

/**
 * The state of an earlier run is taken whole or not at all: without it the reconciliation begins again, and
 * what was compared counts once.
 * @throws ApplicationFailure, which ends the run
 */
export function expectReconcileInput(value: unknown): ReconcileInput {
  const { gateway, id, since, until, soFar } = fieldsOf(value);
  const isRight =
    typeof gateway === 'string' && gateway !== '' && isIdOr(id) && isTimeOr(since) && isTimeOr(until);
  if (!isRight)
    throw refusal(
      'reconcileGateway expects {"gateway":"…"}: use paidonce reconcile, or temporal schedule trigger -s reconcile/<gateway>',
    );
  return {
    gateway,
    ...(id !== undefined && { id }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(isSoFar(soFar) && { soFar }),
  };
}

function isSoFar(value: unknown): value is ReconciledSoFar {
  const { id, gateway, since, until, listings, left, asked, askedAt, next } = fieldsOf(value);
  const isNamed = isId(id) && typeof gateway === 'string' && isTime(since);
  const isUntil = until === null || isTime(until);
  const isAsked = [left, asked].every((count) => Number.isSafeInteger(count)) && typeof askedAt === 'string';
  return isNamed && isUntil && isAsked && isListOfTexts(listings) && isNext(next);
}

const KINDS = new Set(['listing', 'unlisted', 'asking', 'waiting', 'last', 'duplicates']);

function isNext(value: unknown): boolean {
  const { kind, after, waited, waiting } = fieldsOf(value);
  const isPlace = KINDS.has(String(kind)) && (after === null || typeof after === 'string');
  return isPlace && (kind !== 'waiting' || [waited, waiting].every((count) => Number.isSafeInteger(count)));
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isIdOr(value: unknown): value is string | undefined {
  return value === undefined || isId(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && /^rec_[0-9a-f]{28}$/.test(value);
}

function isTimeOr(value: unknown): value is string | undefined {
  return value === undefined || isTime(value);
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
