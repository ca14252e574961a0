/** A file of its own, so that a planted bug can exchange it. */
import { STRIPE_TRAITS } from '../../../src/gateways/stripe/capabilities.ts';
import type { Traits } from '../../../src/gateways/traits.ts';

export function keyedTraits(): Traits {
  return STRIPE_TRAITS;
}
