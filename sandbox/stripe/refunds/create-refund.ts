/** Refunds, asked for by a call or in the dashboard. */
import { wordOf } from '../http/parameters.ts';
import { badParameter, badState, missing } from '../http/stripe-error.ts';
import { bookMoney } from '../money/balance.ts';
import { afterwardsOf } from '../payments/methods.ts';
import type { Charge, Metadata, Refund } from '../records/stripe-objects.ts';
import { schedule } from '../sim/scheduled.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { refundObject } from './refund-object.ts';

interface RefundRequest {
  readonly payment_intent?: string | undefined;
  readonly charge?: string | undefined;
  readonly amount?: number | undefined;
  readonly reason?: string | undefined;
  readonly metadata?: Metadata | undefined;
}

/** How a refund goes if it does not succeed at once. */
interface RefundManner {
  readonly pending?: boolean | undefined;
  readonly result?: 'success' | 'failure' | 'never' | undefined;
  readonly afterMs?: number | undefined;
}

/** @throws StripeError 400 */
export function createRefund(
  sandbox: StripeSandbox,
  asked: RefundRequest,
  manner: RefundManner = {},
): Refund {
  const { ledger, book } = sandbox;
  const charge = chargeOf(sandbox, asked);
  const left = charge.amount_captured - refundedOf(sandbox, charge);
  const amount = asked.amount ?? left;
  check(charge, amount, left);
  const plan = mannerOf(charge, manner);
  const status = plan.pending === true ? 'pending' : 'succeeded';
  const { reason, metadata } = asked;
  const refund = refundObject(sandbox, charge, { amount, status, reason, metadata });
  charge.amount_refunded += amount;
  charge.refunded = charge.amount_captured === refundedOf(sandbox, charge) + amount;
  if (status === 'succeeded') bookRefund(sandbox, refund);
  ledger.save('refund', refund);
  ledger.save('charge', charge);
  book.emit('refund.created', refund);
  book.emit('charge.refunded', charge, { amount_refunded: charge.amount_refunded - amount });
  scheduleResult(sandbox, refund, plan);
  return refund;
}

/** Test cards, and methods that take days, have a manner of their own. */
function mannerOf(charge: Charge, asked: RefundManner): RefundManner {
  const last4 = wordOf(charge.payment_method_details.card ?? {}, 'last4', '');
  const afterwards = afterwardsOf({ type: 'card', number: CARDS_BY_LAST4[last4] ?? '' });
  const isDebit = charge.payment_method_details.type === 'sepa_debit';
  if (afterwards === 'refund_fails') return { result: 'failure', afterMs: 1_000, ...asked };
  if (afterwards === 'refund_pends') return { pending: true, afterMs: 1_000, ...asked };
  return isDebit ? { pending: true, afterMs: 0, ...asked } : asked;
}

const CARDS_BY_LAST4: Readonly<Record<string, string>> = {
  '5126': '4000000000005126',
  '7726': '4000000000007726',
};

function scheduleResult(sandbox: StripeSandbox, refund: Refund, manner: RefundManner): void {
  const { pending, result = 'success', afterMs = 0 } = manner;
  if (result === 'never' || (pending !== true && result === 'success')) return;
  const atMs = sandbox.clock.nowMs() + afterMs;
  schedule(sandbox, {
    what: 'settle_refund',
    subject: refund.id,
    atMs,
    outcome: result === 'failure' ? 'failed' : 'succeeded',
  });
}

function chargeOf({ ledger }: StripeSandbox, { charge, payment_intent: intentId }: RefundRequest): Charge {
  if (charge !== undefined) return ledger.charge(charge);
  if (intentId === undefined)
    throw badParameter(
      'charge',
      'One of the following params should be provided for this request: payment_intent or charge.',
      'parameter_missing',
    );
  const intent = ledger.intents.get(intentId) ?? missing('payment_intent', intentId, 'payment_intent');
  const found = ledger.chargeOf(intent);
  if (found !== undefined && found.status === 'succeeded') return found;
  throw badState(
    'payment_intent_unexpected_state',
    `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
  );
}

/** The part of the captured money that was given back. The refund object of a released hold is not booked. */
export function refundedOf({ ledger }: StripeSandbox, charge: Charge): number {
  return ledger
    .refundsOf(charge.id)
    .filter((refund) => {
      if (refund.status === 'succeeded') return refund['balance_transaction'] !== null;
      return refund.status === 'pending' || refund.status === 'requires_action';
    })
    .reduce((sum, { amount }) => sum + amount, 0);
}

function check(charge: Charge, amount: number, left: number): void {
  if (charge.amount_captured === 0)
    throw badState(
      'charge_not_captured',
      `Charge ${charge.id} has not been captured. Cancel its PaymentIntent to release the money.`,
    );
  if (left <= 0) throw badState('charge_already_refunded', `Charge ${charge.id} has already been refunded.`);
  if (charge.disputed)
    throw badState('charge_disputed', `Charge ${charge.id} has been charged back; cannot issue a refund.`);
  if (amount < 1) throw badParameter('amount', 'Invalid positive integer', 'parameter_invalid_integer');
  if (amount > left)
    throw badState(
      'amount_too_large',
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
    );
}

/** Takes the money of a refund from the balance. */
export function bookRefund(sandbox: StripeSandbox, refund: Refund): void {
  const { amount, currency, id: source } = refund;
  const booked = bookMoney(sandbox, { type: 'refund', amount: -amount, currency, source });
  refund['balance_transaction'] = booked.id;
}
