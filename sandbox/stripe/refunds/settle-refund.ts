/** What becomes of a refund later. */
import { badState } from '../http/stripe-error.ts';
import { bookMoney } from '../money/balance.ts';
import type { Refund } from '../records/stripe-objects.ts';
import { unschedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { bookRefund } from './create-refund.ts';

/** A pending refund arrives. */
export function succeedRefund(sandbox: StripeSandbox, refund: Refund): void {
  if (refund.status !== 'pending' && refund.status !== 'requires_action')
    throw badState('refund_unexpected_state', `${refund.id} is ${refund.status}`);
  unschedule(sandbox, 'settle_refund', refund.id);
  refund.status = 'succeeded';
  bookRefund(sandbox, refund);
  changed(sandbox, refund, 'pending');
}

/** A refund fails, also after it had succeeded: the money is back in the account. */
export function failRefund(sandbox: StripeSandbox, refund: Refund, reason = 'unknown'): void {
  const before = refund.status;
  if (before === 'failed' || before === 'canceled')
    throw badState('refund_unexpected_state', `${refund.id} is ${before}`);
  unschedule(sandbox, 'settle_refund', refund.id);
  if (before === 'succeeded') {
    const { amount, currency, id: source } = refund;
    refund['failure_balance_transaction'] = bookMoney(sandbox, {
      type: 'refund_failure',
      amount,
      currency,
      source,
    }).id;
  }
  refund.status = 'failed';
  refund['failure_reason'] = reason;
  giveBackToCharge(sandbox, refund);
  sandbox.book.emit('refund.failed', refund, { status: before });
  changed(sandbox, refund, before);
}

/** @throws StripeError 400 */
export function cancelRefund(sandbox: StripeSandbox, refund: Refund): Refund {
  if (refund.status !== 'pending' && refund.status !== 'requires_action')
    throw badState(
      'refund_unexpected_state',
      `This refund cannot be canceled because it has a status of ${refund.status}.`,
    );
  unschedule(sandbox, 'settle_refund', refund.id);
  const before = refund.status;
  refund.status = 'canceled';
  giveBackToCharge(sandbox, refund);
  changed(sandbox, refund, before);
  return refund;
}

function giveBackToCharge({ ledger, book }: StripeSandbox, refund: Refund): void {
  const charge = ledger.charge(refund.charge);
  const before = { amount_refunded: charge.amount_refunded, refunded: charge.refunded };
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  ledger.save('charge', charge);
  book.emit('charge.updated', charge, before);
}

function changed({ ledger, book }: StripeSandbox, refund: Refund, before: string): void {
  ledger.save('refund', refund);
  book.emit('refund.updated', refund, { status: before });
  book.emit('charge.refund.updated', refund, { status: before });
}
