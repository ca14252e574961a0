/** Parses the input of a sweep, since `temporal workflow start` can send anything. */
import { fieldsOf, refusal } from './arguments.ts';
import type { SweepInput } from './sweep-gateway.ts';

/**
 * The state of an earlier run is taken whole or not at all: without it the sweep starts again at its marks.
 * @throws ApplicationFailure, which ends the run
 */
export function expectSweepInput(value: unknown): SweepInput {
  const { gateway, of, soFar } = fieldsOf(value);
  const isKnown = of === 'new' || of === 'changes';
  if (typeof gateway !== 'string' || gateway === '' || !isKnown)
    throw refusal(
      'sweepGateway expects {"gateway":"…","of":"new" or "changes"}: use temporal schedule trigger -s sweep/<gateway>',
    );
  return isSoFar(soFar) ? { gateway, of, soFar } : { gateway, of };
}

function isSoFar(value: unknown): value is NonNullable<SweepInput['soFar']> {
  const { startedAt, listings, pass, ended } = fieldsOf(value);
  return isTime(startedAt) && isListOf(listings, isListing) && isPass(pass) && isListOf(ended, isEnded);
}

function isListing(value: unknown): boolean {
  const { name, since } = fieldsOf(value);
  return typeof name === 'string' && isTime(since);
}

function isEnded(value: unknown): boolean {
  return typeof fieldsOf(value)['listing'] === 'string';
}

function isPass(value: unknown): boolean {
  const { cursor, pages, listed, found, foreign } = fieldsOf(value);
  const isCursor = cursor === null || typeof cursor === 'string';
  return isCursor && [pages, listed, found, foreign].every((count) => Number.isSafeInteger(count));
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}

function isListOf(value: unknown, is: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(is);
}
