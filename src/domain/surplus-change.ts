/** What a finding about surplus changes: its record, the question to a person, the merchant's updates. Pure. */
import type { Finding } from './finding.ts';
import { UNDONE, undoneSince } from './news.ts';
import type { OrderChange, UpdateToSend } from './order-change.ts';
import type { OrderStatus } from './order.ts';
import { isMoney, holdsMoney, isSettled, type PaymentSnapshot } from './payment.ts';
import {
  askedAbout,
  heldMinor,
  isMarkedForSurplus,
  surplusAfter,
  surplusCode,
  surplusNamed,
  type Surplus,
} from './surplus.ts';
import type { Transaction } from './transaction.ts';

/**
 * Adds what the finding says about surplus to the change that it makes otherwise. The payment's own status, its
 * sums and the order's status stay as they are.
 */
export function withSurplus(
  change: OrderChange,
  payment: PaymentSnapshot,
  finding: Finding,
  { isGivenBack, isPayer }: { readonly isGivenBack: boolean; readonly isPayer: boolean },
): OrderChange {
  const surplus = surplusAfter(payment, finding, isGivenBack);
  if (surplus.length === 0) return change;
  // A question about the payment's own money comes first. An open payment is asked about once it is settled.
  const isFree = isSettled(change.status) && change.reviewCode === null;
  const [before, after] = [
    isMarkedForSurplus(payment) ? askedAbout(payment.surplus) : [],
    isFree ? askedAbout(surplus) : [],
  ];
  const { orderStatus } = change;
  const isEnded = isPayer && isFree && before.length > 0 && after.length === 0;
  return {
    ...change,
    surplus,
    ...(after.length > 0 && { reviewCode: surplusCode(after), reviewMark: markOf(after) }),
    updates: [
      ...change.updates,
      ...(finding.surplus ?? []).flatMap((shown) => moved(payment.surplus, shown, surplus, orderStatus)),
      ...asked(before, after, orderStatus),
      ...(isEnded ? [ended(before, orderStatus)] : []),
    ],
  };
}

function markOf(asked: readonly Surplus[]): string {
  const held = asked.map((one) => `transaction ${one.transactionId} holds ${heldMinor(one)} minor units`);
  return `${surplusCode(asked)}: ${held.join(', ')} beside the payment's own`;
}

/** The money went back to the payer, or came back from there. */
function moved(
  before: readonly Surplus[],
  { transactionId, operations }: Transaction,
  after: readonly Surplus[],
  orderStatus: OrderStatus,
): UpdateToSend[] {
  const [known, now] = [surplusNamed(before, transactionId), surplusNamed(after, transactionId)];
  if (now === undefined || now.handling === 'dismissed') return [];
  const about = { orderStatus, surplus: now };
  const back = undoneSince(known?.shown ?? {}, operations)
    .filter(({ kind }) => kind === 'refund' || (kind === 'void' && known?.status === 'VOIDED'))
    .map(({ kind, name }): UpdateToSend => ({ type: UNDONE[kind], cause: name, ...about }));
  const isGone = isMoney(now.status) && !holdsMoney(now.status);
  const isNews = known === undefined || known.handling !== 'none' || back.length > 0;
  const returned: UpdateToSend = { type: 'order.late_payment_returned', cause: transactionId, ...about };
  return isGone && isNews ? [...back, returned] : back;
}

/** One update for each question that was not asked before. */
function asked(
  before: readonly Surplus[],
  after: readonly Surplus[],
  orderStatus: OrderStatus,
): UpdateToSend[] {
  return after
    .filter((one) => surplusNamed(before, one.transactionId)?.handling !== one.handling)
    .map((surplus) => ({ type: 'order.review', cause: causeOf(surplus), orderStatus, surplus }));
}

function ended([surplus]: readonly Surplus[], orderStatus: OrderStatus): UpdateToSend {
  return { type: 'order.review_ended', cause: causeOf(surplus as Surplus), orderStatus };
}

function causeOf(surplus: Surplus): string {
  return `${surplusCode([surplus])}-${surplus.transactionId}`;
}
