/** The faults of the sandbox of Stripe: docs/stripe-sandbox.md. */
import type { SandboxFault } from '../sandbox-fault.ts';
import { callbacksForged, callbacksRepeated, commonFaults } from '../shared/sandbox-faults.ts';

export const STRIPE_FAULTS: readonly SandboxFault[] = [
  ...commonFaults('Stripe'),
  callbacksForged('Stripe', 'hookPlan'),
  callbacksRepeated('Stripe', 'hookPlan'),
];
