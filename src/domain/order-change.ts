/** The change that a finding makes to an order and one of its payments, and the two simplest ones. */
import type { Finding } from './finding.ts';
import type { OrderSnapshot, OrderStatus, UpdateType } from './order.ts';
import type { PaymentSnapshot } from './payment.ts';
import type { Surplus } from './surplus.ts';

/** What a finding changes about an order and one of its payments. */
export interface OrderChange extends Pick<
  PaymentSnapshot,
  'status' | 'reason' | 'reviewCode' | 'reviewMark' | 'closedBy' | 'dismissed' | 'mustGiveBack' | 'surplus'
> {
  readonly orderStatus: OrderStatus;
  /** True in exactly one change of an order's life. */
  readonly paysNow: boolean;
  /** An operator has accepted the values that the transaction shows: they hold from now on. */
  readonly accepts: boolean;
  readonly updates: readonly UpdateToSend[];
}

/** An update to the merchant that announces the change. */
export interface UpdateToSend {
  readonly type: UpdateType;
  readonly cause: string;
  readonly orderStatus: OrderStatus;
  /** The surplus transaction that the update is about. */
  readonly surplus?: Surplus;
  /** Not sent at once: another session may follow in a moment and make this update obsolete. */
  readonly isDeferred?: true;
}

/** The payment as the finding says, and the order with this status. */
export function change(
  payment: PaymentSnapshot,
  { status, reason, closedBy, decision }: Finding,
  orderStatus: OrderStatus,
  updates: readonly UpdateToSend[] = [],
): OrderChange {
  return {
    status,
    reason: reason ?? null,
    reviewCode: null,
    reviewMark: null,
    closedBy: closedBy ?? payment.closedBy,
    dismissed: payment.dismissed && decision !== 'accept',
    mustGiveBack: false,
    surplus: payment.surplus,
    orderStatus,
    paysNow: false,
    accepts: false,
    updates,
  };
}

/** Nothing changes. Money that an operator wanted to keep and can't must not cause any other change. */
export function asItWas(order: OrderSnapshot, payment: PaymentSnapshot, finding: Finding): OrderChange {
  const { status, reason, reviewCode, reviewMark, closedBy, mustGiveBack } = payment;
  const kept = change(payment, finding, order.status);
  return { ...kept, status, reason, reviewCode, reviewMark, closedBy, mustGiveBack };
}
