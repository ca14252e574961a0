/** Contract §5, as conditions on one order at rest. Each throws with what is wrong. */
import { differsFromListing } from '../../src/domain/decide.ts';
import { isMoney, isOpen } from '../../src/domain/payment.ts';
import type { TransactionStatus } from '../../src/domain/transaction.ts';
import type { StoredOrder } from './memory-store.ts';
import { POLL_INTERVAL_MS, type ModelRun } from './model-run.ts';
import { sessionOf, type SimulatedPsp } from './simulated-psp.ts';
import { advance, copyWorld, sweep, type OrderWorld } from './order-model.ts';

/** What must hold whatever has happened. */
export function checkOrder(order: StoredOrder, psp: SimulatedPsp): void {
  const { paidPaymentId, status, payments, updates } = order;
  ensure(order.paidTimes <= 1, 'the order was paid twice');
  ensure((paidPaymentId !== null) === (order.paidTimes === 1), 'paid without a settlement that says so');
  ensure(payments.filter((payment) => isOpen(payment.status)).length <= 1, 'two payments are open');
  const paidUpdates = updates.filter(({ type }) => type === 'order.paid');
  ensure(paidUpdates.length === order.paidTimes, 'the merchant is not told exactly once that it is paid');
  if (paidPaymentId === null) return ensure(status !== 'PAID', 'PAID by nobody');
  ensure(['PAID', 'VOIDED', 'REFUNDED'].includes(status), `a paid order is ${status}`);
  const paying = payments.find(({ id }) => id === paidPaymentId);
  ensure(
    sessionOf(psp, paying?.sessionId ?? '').everAuthorized,
    'paid, but the gateway never said AUTHORIZED',
  );
}

/** Late and repeated events never move an order back, and nobody takes a payment from it. */
export function checkStep(before: StoredOrder, after: StoredOrder): void {
  if (before.paidPaymentId === null) return;
  ensure(after.paidPaymentId === before.paidPaymentId, 'another payment took over a paid order');
  ensure(after.paidTimes === before.paidTimes, 'a paid order was paid again');
}

/** A hold is polled, and a callback that was answered 200 is followed until the gateway is conclusive. */
export function checkRun(run: ModelRun, now: number): void {
  const { status, nextLook, looking } = run.state;
  if (looking) return;
  const due = nextLook?.at ?? Infinity;
  if (status === 'ON_HOLD') ensure(due <= now + POLL_INTERVAL_MS, 'a hold that nobody polls');
  if (status === 'REVIEW') ensure(due <= now + POLL_INTERVAL_MS, 'a review that nobody reads');
  if (status === 'PENDING')
    ensure(run.lifetimeAt !== null || run.state.isLifetimeOver, 'a session that never expires');
  if (run.owesLook && status === 'PENDING') ensure(nextLook !== null, 'an unanswered callback is forgotten');
}

/** A read that was refused is tried again after this at the latest. */
export const RETRIED_WITHIN_MS = 300_000;

/** Whatever was lost, the sweep finds it, and then the money is where it belongs. */
export function checkAfterSweep(world: OrderWorld): void {
  const swept = copyWorld(world);
  swept.psp.isDown = false;
  advance(swept, RETRIED_WITHIN_MS);
  sweep(swept, (n) => differs(swept, n));
  checkOrder(swept.order, swept.psp);
  swept.psp.sessions.forEach(({ status }, index) => {
    const payment = swept.order.payments[index];
    if (payment === undefined) throw new Error('a session without a payment');
    if (status === 'AUTHORIZED')
      ensure(isPaidOrReviewed(swept.order, payment), `money is dropped: ${payment.status}`);
    if (status === 'ON_HOLD')
      ensure(['ON_HOLD', 'REVIEW'].includes(payment.status), `a hold is dropped: ${payment.status}`);
    if (status === null || status === 'FAILED')
      ensure(!isMoney(payment.status), `${payment.status} without money`);
  });
}

export function differs({ order, psp }: Pick<OrderWorld, 'order' | 'psp'>, n: number): boolean {
  const payment = order.payments[n - 1];
  const listed: TransactionStatus | null | undefined = psp.sessions[n - 1]?.status;
  if (payment === undefined || !listed) return false;
  return differsFromListing({ ...payment, isMarked: payment.mark !== null }, listed);
}

function isPaidOrReviewed(order: StoredOrder, payment: StoredOrder['payments'][number]): boolean {
  return order.paidPaymentId === payment.id || payment.status === 'REVIEW';
}

function ensure(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}
