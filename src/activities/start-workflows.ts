/** Activities in which one workflow starts or wakes another: a client can do that, a workflow can't. */
import { crashable } from '../crash-points.ts';
import { aboutOperation } from '../store/about-operation.ts';
import type { Db } from '../store/open.ts';
import { listUnfinished } from '../store/operations.ts';
import { findOrder, findPayment } from '../store/payments.ts';
import { isOpen, type PaymentKey } from '../domain/payment.ts';
import type { MoneyRuns } from '../temporal/money-runs.ts';
import type { PaymentRuns } from '../temporal/payment-runs.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { WakingActivities } from './contract.ts';

export interface WakingDependencies {
  readonly db: Db;
  readonly runs: Pick<PaymentRuns, 'close' | 'look'>;
  readonly money: Pick<MoneyRuns, 'request' | 'requestGiveBack'>;
}

/** Builds the activities. Each may be repeated without harm. */
export function createWakingActivities(deps: WakingDependencies): WakingActivities {
  return {
    wakeMoney: (input) => withHeartbeat(() => wakeMoney(deps, input)),
    closeOthers: (input) => withHeartbeat(() => closeOthers(deps, input)),
    watchPayment: (input) => withHeartbeat(() => watchPayment(deps, input)),
  };
}

const wakeMoney = crashable(
  { before: 'wake.before', after: 'wake.after' },
  async (
    { db, money }: WakingDependencies,
    { why, ...payment }: Parameters<WakingActivities['wakeMoney']>[0],
  ): Promise<void> => {
    const asked = why === 'give_back' ? [] : await listUnfinished(db, payment.paymentId);
    if (why === 'give_back') await money.requestGiveBack(payment, { cause: 'late_money' });
    const row = asked.length === 0 ? null : await findPayment(db, payment.paymentId);
    for (const operation of asked)
      await money.request(payment, operation.id, row === null ? undefined : aboutOperation(operation, row));
  },
);

const closeOthers = crashable(
  { before: 'close-others.before', after: 'close-others.after' },
  async ({ db, runs }: WakingDependencies, { paymentId, orderReference }: PaymentKey): Promise<void> => {
    const order = await findOrder(db, orderReference);
    const others = order?.payments.filter(({ id, status }) => id !== paymentId && isOpen(status)) ?? [];
    for (const { id, n, gateway } of others) await runs.close({ paymentId: id, orderReference, n, gateway });
  },
);

const watchPayment = crashable(
  { before: 'watch.before', after: 'watch.after' },
  ({ runs }: WakingDependencies, payment: Parameters<WakingActivities['watchPayment']>[0]) =>
    runs.look(payment, { why: 'in_review', at: new Date().toISOString() }),
);
