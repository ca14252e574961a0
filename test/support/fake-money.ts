import { RunsUnavailable } from '../../src/temporal/run-calls.ts';
import type { MoneyRuns } from '../../src/temporal/money-runs.ts';
import type { FakeRuns } from './fake-runs.ts';

export interface FakeMoney extends MoneyRuns {
  /** Ids of operations and causes of give-backs, in the order of the requests. */
  readonly asked: string[];
  /** Called when an operation is carried out; a test sets its own. */
  onCarryOut: (operationId: string) => Promise<void>;
  /** Called when money is given back. */
  onGiveBack: (paymentId: string) => Promise<void>;
}

/** Money runs that record their requests. They are reachable when the payment runs beside them are. */
export function fakeMoney(runs: Pick<FakeRuns, 'temporal'>): FakeMoney {
  const note = async (what: string): Promise<void> => {
    if (runs.temporal !== 'well') throw new RunsUnavailable('no answer from Temporal');
    money.asked.push(what);
  };
  const money: FakeMoney = {
    asked: [],
    onCarryOut: () => Promise.resolve(),
    onGiveBack: () => Promise.resolve(),
    carryOut: (_, operationId) => note(operationId).then(() => money.onCarryOut(operationId)),
    giveBack: ({ paymentId }, { cause }) => note(cause).then(() => money.onGiveBack(paymentId)),
    request: (_, operationId) => note(operationId),
    requestGiveBack: (_, { cause }) => note(cause),
  };
  return money;
}
