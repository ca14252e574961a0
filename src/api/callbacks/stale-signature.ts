/** The refusals of a valid signature that is too old, or from the future. */
import type { Delivery } from '../../gateways/verification.ts';
import { Refusal } from '../refusal.ts';

/** Acted on like a callback without a signature. */
export function longStaleSignature({ ageSeconds }: Delivery): Refusal {
  const days = Math.floor(Math.abs(ageSeconds) / (24 * 3_600));
  return new Refusal(
    'stale_signature',
    `the signature is valid, but ${days} days ${ageSeconds > 0 ? 'old' : 'in the future'}; the callback was not acted on`,
  );
}

/** Acted on like any other; only the answer differs. */
export function staleSignature(delivery: Delivery): Refusal {
  return new Refusal(
    'stale_signature',
    `the signature is valid, but ${Math.abs(Math.round(delivery.ageSeconds))} s ${delivery.ageSeconds > 0 ? 'old' : 'in the future'}; ` +
      'at most 300 s were expected. The callback was acted on nevertheless',
  );
}
