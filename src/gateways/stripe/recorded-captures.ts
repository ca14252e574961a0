/**
 * Stripe gives a capture no reference and lists no captures. So each of ours is recorded, in the same call, in
 * the metadata of its PaymentIntent: `capture_<hash of the reference>` is `<amount> <reference>`.
 */
import { sha256 } from '../../lib/fingerprint.ts';
import type { ShownOperation } from '../../domain/operation.ts';
import { isAmountMinor } from '../../domain/money.ts';
import { isWellFormed } from '../shared/gateway-fields.ts';
import type { Metadata } from './metadata.ts';

const PREFIX = 'capture_';

interface RecordedCapture {
  readonly reference: string;
  readonly amountMinor: number;
}

/** The metadata that records a capture. A hash, since a name takes 40 characters and fewer kinds of them. */
export function captureMetadata({ reference, amountMinor }: RecordedCapture): Record<string, string> {
  return { [`${PREFIX}${sha256(reference).slice(0, 16)}`]: `${amountMinor} ${reference}` };
}

/**
 * The captures of a PaymentIntent: ours by their references, and what else was captured, as in the dashboard,
 * as one without a reference.
 */
export function capturesOf(
  metadata: Metadata,
  { capturedMinor, chargeId, isManual }: { capturedMinor: number; chargeId: string; isManual: boolean },
): ShownOperation[] {
  const ours = possible(recordedIn(metadata), capturedMinor);
  const left = capturedMinor - sumOf(ours);
  const shown = ours.map((one): ShownOperation => ({ kind: 'capture', ...one, state: 'done' }));
  // Where Stripe captures by itself, the sum alone says so.
  if (left === 0 || !isManual) return shown;
  const eventId = `${chargeId}-${left}`;
  return [...shown, { kind: 'capture', reference: null, amountMinor: left, state: 'done', eventId }];
}

function recordedIn(metadata: Metadata): RecordedCapture[] {
  return Object.entries(metadata ?? {}).flatMap(([name, value]) => {
    if (!name.startsWith(PREFIX) || typeof value !== 'string') return [];
    const [, digits = '', reference = ''] = /^(\d{1,10}) (.{1,200})$/.exec(value) ?? [];
    const amountMinor = Number(digits);
    return isAmountMinor(amountMinor) && isWellFormed(reference) && reference !== ''
      ? [{ reference, amountMinor }]
      : [];
  });
}

/**
 * A failed call may have left a record without a capture. One that alone explains the captured sum is the
 * capture; otherwise the records are taken that fit into the sum.
 */
function possible(recorded: readonly RecordedCapture[], capturedMinor: number): RecordedCapture[] {
  if (sumOf(recorded) <= capturedMinor) return [...recorded];
  const whole = recorded.find(({ amountMinor }) => amountMinor === capturedMinor);
  if (whole !== undefined) return [whole];
  const taken: RecordedCapture[] = [];
  for (const one of recorded) if (sumOf(taken) + one.amountMinor <= capturedMinor) taken.push(one);
  return taken;
}

function sumOf(captures: readonly { readonly amountMinor: number }[]): number {
  return captures.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
}
