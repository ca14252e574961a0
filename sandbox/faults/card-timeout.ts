import type { Fault } from './fault-schema.ts';
import type { Subject } from './faults.ts';
import type { Sandbox } from '../sandbox.ts';

/** The time-out of the first such call on what a test card paid; undefined for every other call. */
export function cardTimeout(
  { ledger, faults }: Sandbox,
  operation: string,
  { transactionId = '' }: Subject,
): Fault | undefined {
  const quirk = ledger.quirks.get(transactionId);
  if (quirk?.timesOut !== operation) return undefined;
  ledger.saveQuirk({ ...quirk, timesOut: undefined });
  return { drop: faults.knobs.cardTimeoutEffect, delayMs: faults.knobs.cardTimeoutMs };
}
