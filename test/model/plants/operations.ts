/** Bugs in requested captures, refunds and voids. */
import type { reservedFor, Trace } from '../../../src/domain/operation.ts';
import type { Db } from '../../../src/store/open.ts';
import type { Attempt, markSending } from '../../../src/store/operation-attempts.ts';
import type { OperationRow } from '../../../src/store/operations.ts';
import { tablesOf } from '../world/tables.ts';
import type { Planted, Plants } from './plant.ts';

export const OPERATIONS: Plants = {
  'sends an operation again whose answer was lost': {
    found: /is sent again after its fate/,
    plant: () => sendsAgain(() => true),
  },
  'takes the word of a gateway that was busy': {
    found: /is sent again after its fate was "busy_after"/,
    plant: () => sendsAgain(({ code }) => code === 'busy'),
  },
  'takes an operation that failed for done': {
    found: /done here and not at the gateway|is sent beside|are held for|gateway says/,
    plant: () => ({
      traceOf: (trace: (...args: unknown[]) => Trace, ...args: unknown[]): Trace => {
        const shown = trace(...args);
        return shown.state === 'failed' ? { state: 'done', amountMinor: shown.amountMinor } : shown;
      },
    }),
  },
  'reserves no sums': {
    found: /is sent beside/,
    plant: () => ({
      reservedFor: (() => 0) satisfies (real: never, ...args: Parameters<typeof reservedFor>) => number,
    }),
  },
};

/** Treats the selected operations as not sent. */
function sendsAgain(isMeant: (row: OperationRow) => boolean): Planted {
  return {
    async readAttempt(read: (db: Db, id: string) => Promise<Attempt>, db: Db, id: string): Promise<Attempt> {
      const attempt = await read(db, id);
      return isMeant(attempt.operation)
        ? { ...attempt, operation: { ...attempt.operation, ...UNSENT } }
        : attempt;
    },
    markSending(
      mark: typeof markSending,
      db: Db,
      id: string,
      ...rest: [number]
    ): Promise<OperationRow | null> {
      const tables = tablesOf(db);
      const row = tables.operations.get(id);
      if (row !== undefined && isMeant(row)) tables.changeOperation(id, UNSENT);
      return mark(db, id, ...rest);
    },
  };
}

const UNSENT = { sentAt: null, code: null };
