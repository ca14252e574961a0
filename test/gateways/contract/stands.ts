import { DINTERO_STAND } from './dintero-stand.ts';
import { SIMULATOR_STAND } from './simulator-stand.ts';
import type { StandKind } from './stand.ts';
import { STRIPE_STAND } from './stripe-stand.ts';

/** A new gateway is added here, and passes without a change of the promises. */
export const STANDS: readonly StandKind[] = [SIMULATOR_STAND, DINTERO_STAND, STRIPE_STAND];
