/** The faults of the sandbox of Dintero: docs/sandbox.md. */
import type { SandboxFault } from '../sandbox-fault.ts';
import { callbacksForged, callbacksRepeated, commonFaults } from '../shared/sandbox-faults.ts';

export const DINTERO_FAULTS: readonly SandboxFault[] = [
  ...commonFaults('Dintero'),
  callbacksForged('Dintero', 'callbackPlan'),
  callbacksRepeated('Dintero', 'callbackPlan'),
  {
    name: 'wrong_amounts',
    summary: 'Dintero shows 1.00 for every transaction that is read.',
    watch: 'Pay an order: it goes to REVIEW with both amounts, and a person decides.',
    page: '/reviews',
    on: { readTransaction: { patch: { amount: 100 } } },
    off: { readTransaction: null },
  },
];
