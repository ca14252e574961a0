/** Bugs with a second money in a session. */
import type { SeenMoney, transactionOf } from '../../../src/activities/read-transaction.ts';
import type { Decision } from '../../../src/domain/finding.ts';
import type { PaymentSnapshot } from '../../../src/domain/payment.ts';
import type { Plants } from './plant.ts';

export const SURPLUS: Plants = {
  'overlooks a second money in a session': {
    psp: 'keyed',
    found: /are held in .*, which nobody here knows/,
    plant: () => ({ besideSurplus: (_: never, _payment: PaymentSnapshot, said: Decision) => said }),
  },
  'gives back the money that has paid in place of the second': {
    psp: 'keyed',
    found: /is about .*, and is sent to/,
    plant: () => ({
      transactionOf: (
        real: typeof transactionOf,
        row: Parameters<typeof transactionOf>[0],
        seen: SeenMoney,
      ) => seen.own ?? real(row, seen),
    }),
  },
};
