/** Where one workflow of ours starts or wakes another: clients can, workflows can't. */
import { crashPoint } from '../crash-points.ts';
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

/** Builds the activities; each may be repeated without harm. */
export function createWakingActivities(deps: WakingDependencies): WakingActivities {
  return {
    wakeMoney: (input) => withHeartbeat(() => wakeMoney(deps, input)),
    closeOthers: (input) => withHeartbeat(() => closeOthers(deps, input)),
    watchPayment: (input) => withHeartbeat(() => watchPayment(deps, input)),
  };
}

async function wakeMoney(
  { db, money }: WakingDependencies,
  { why, ...payment }: Parameters<WakingActivities['wakeMoney']>[0],
): Promise<void> {
  crashPoint('wake.before', payment.orderReference);
  const asked = why === 'give_back' ? [] : await listUnfinished(db, payment.paymentId);
  if (why === 'give_back') await money.requestGiveBack(payment, { cause: 'late_money' });
  const row = asked.length === 0 ? null : await findPayment(db, payment.paymentId);
  for (const operation of asked)
    await money.request(payment, operation.id, row === null ? undefined : aboutOperation(operation, row));
  crashPoint('wake.after', payment.orderReference);
}

async function closeOthers(
  { db, runs }: WakingDependencies,
  { paymentId, orderReference }: PaymentKey,
): Promise<void> {
  const order = await findOrder(db, orderReference);
  const others = order?.payments.filter(({ id, status }) => id !== paymentId && isOpen(status)) ?? [];
  crashPoint('close-others.before', orderReference);
  for (const { id, n, gateway } of others) await runs.close({ paymentId: id, orderReference, n, gateway });
  crashPoint('close-others.after', orderReference);
}

async function watchPayment(
  { runs }: WakingDependencies,
  payment: Parameters<WakingActivities['watchPayment']>[0],
): Promise<void> {
  crashPoint('watch.before', payment.orderReference);
  await runs.look(payment, { why: 'in_review', at: new Date().toISOString() });
  crashPoint('watch.after', payment.orderReference);
}
