/** Bugs in captures, refunds and voids that somebody has asked for. */
import type { reservedFor, Trace } from '../../../src/domain/operation.ts';
import type { Db } from '../../../src/store/open.ts';
import type { Attempt } from '../../../src/store/operations.ts';
import { tablesOf } from '../world/tables.ts';
import type { Plants } from './plant.ts';

export const OPERATIONS: Plants = {
  'sends an operation again whose answer was lost': {
    found: /is sent again after its fate/,
    plant: () => ({ readAttempt: asUnsent, markSending: sendAnyway }),
  },
  'takes the word of a gateway that was busy': {
    found: /is sent again after its fate was "busy_after"/,
    plant: () => ({ readAttempt: asUnsentIfBusy, markSending: sendIfBusy }),
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

async function asUnsent(
  read: (db: Db, id: string) => Promise<Attempt>,
  db: Db,
  id: string,
): Promise<Attempt> {
  const attempt = await read(db, id);
  return { ...attempt, operation: { ...attempt.operation, sentAt: null } };
}

async function asUnsentIfBusy(
  read: (db: Db, id: string) => Promise<Attempt>,
  db: Db,
  id: string,
): Promise<Attempt> {
  const attempt = await read(db, id);
  const isBusy = attempt.operation.code === 'busy';
  return isBusy ? { ...attempt, operation: { ...attempt.operation, sentAt: null, code: null } } : attempt;
}

function sendAnyway(
  mark: (db: Db, id: string, amountMinor: number) => Promise<Date | null>,
  db: Db,
  id: string,
  amountMinor: number,
): Promise<Date | null> {
  tablesOf(db).changeOperation(id, { sentAt: null });
  return mark(db, id, amountMinor);
}

function sendIfBusy(
  mark: (db: Db, id: string, ...rest: unknown[]) => Promise<Date | null>,
  db: Db,
  id: string,
  ...rest: unknown[]
): Promise<Date | null> {
  const tables = tablesOf(db);
  if (tables.operations.get(id)?.code === 'busy') tables.changeOperation(id, { sentAt: null, code: null });
  return mark(db, id, ...rest);
}
