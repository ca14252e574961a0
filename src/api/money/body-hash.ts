import { createHash } from 'node:crypto';
import type { WantedMove } from './money-mover.ts';

/** Equal for bodies that request the same, however they are written. */
export function bodyHashOf({ wanted, lines, finalCapture, reason }: WantedMove): string {
  const parts = lines
    ?.map(({ lineId, amountMinor, quantity }) => [lineId, amountMinor, quantity ?? null] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1));
  const canonical = JSON.stringify([wanted, parts ?? null, finalCapture, reason ?? null]);
  return createHash('sha256').update(canonical).digest('hex');
}
