/** Bugs in the opening of a session. */
import type { Db } from '../../../src/store/open.ts';
import type { OpenedSession } from '../../../src/store/payments.ts';
import type { Plants } from './plant.ts';

export const OPENINGS: Plants = {
  'hands out the session that it has opened, whichever was recorded': {
    found: /the payer is sent to .*, not/,
    plant: () => ({
      async recordOpened(
        record: (db: Db, paymentId: string, session: OpenedSession) => Promise<object>,
        ...args: [Db, string, OpenedSession]
      ) {
        await record(...args);
        return args[2];
      },
    }),
  },
  'answers before a run watches the session': {
    found: /which no run watches/,
    plant: () => ({ recordRun: () => Promise.resolve() }),
  },
};
