/** Which requests wait for a second person. */
import { createHash } from 'node:crypto';
import { formatMoney, type Money } from '../../domain/money.ts';
import { askedAbout, heldMinor, isMarkedForSurplus } from '../../domain/surplus.ts';
import type { Service } from '../../service.ts';
import { approvalStatus, askApproval, type ApprovalRow } from '../../store/approvals.ts';
import type { Asker } from '../../store/asker.ts';
import { currencyOf } from '../../store/payment-snapshot.ts';
import type { PaymentRow } from '../../store/payments.ts';
import type { MoneyMover, WantedMove } from '../money/money-mover.ts';
import { bodyHashOf } from '../money/body-hash.ts';
import { refuseUnreviewed } from '../payments/resolve-payment.ts';
import { Refusal } from '../refusal.ts';

type Tools = Pick<Service, 'store' | 'config'>;

/**
 * The approval that a refund waits for. Null where it needs none, or has it. A refund that is impossible is refused
 * at once.
 * @throws Refusal
 */
export async function approvalOfRefund(
  { store, config, mover }: Tools & { readonly mover: MoneyMover },
  payment: PaymentRow,
  wanted: WantedMove,
): Promise<ApprovalRow | null> {
  const currency = currencyOf(payment);
  // All that is left may be more than is recorded: captures from elsewhere may not have been seen yet.
  const rest = Math.max(payment.authorized, payment.captured) - payment.refunded;
  const money = { amountMinor: wanted.wanted ?? rest, currency };
  if (!isAbove(config, money) || (await mover.check(payment, wanted)) !== null) return null;
  const bodyHash = bodyHashOf(wanted);
  const approval = await askApproval(store.db, {
    paymentId: payment.id,
    what: 'refund',
    reference: wanted.reference,
    bodyHash,
    asked: { amount: wanted.wanted, ...(wanted.lines && { lines: wanted.lines }) },
    amount: money.amountMinor,
    currency,
    key: wanted.key,
    actor: wanted.key,
    reason: wanted.reason,
  });
  if (approval.bodyHash !== bodyHash)
    throw new Refusal(
      'reference_reused',
      `refund ${wanted.reference} of this payment was requested with other contents; use another reference`,
    );
  return waitingOrDone(approval);
}

/**
 * The approval that a decision about a review waits for. Null where it needs none.
 * @throws Refusal
 */
export async function approvalOfDecision(
  { store, config }: Tools,
  payment: PaymentRow,
  { decision, ...asker }: Asker & { readonly decision: 'accept' | 'give_back' | 'dismiss' },
): Promise<ApprovalRow | null> {
  if (decision === 'dismiss') return null;
  const money = decision === 'accept' ? atStake(payment) : givenBack(payment);
  // Of another currency than was asked for: its amount can't be compared with a limit.
  const isUnknown = payment.reviewCode === 'currency_mismatch' && config.FOUR_EYES_ABOVE !== undefined;
  if (!isUnknown && !isAbove(config, money)) return null;
  refuseUnreviewed(payment, { decision });
  return askApproval(store.db, {
    paymentId: payment.id,
    what: decision,
    bodyHash: createHash('sha256').update(decision).digest('hex'),
    asked: { amount: null },
    amount: money.amountMinor,
    currency: money.currency,
    ...asker,
  });
}

function isAbove(
  { FOUR_EYES_ABOVE: limits = [] }: Tools['config'],
  { amountMinor, currency }: Money,
): boolean {
  const limit = limits.find((one) => one.currency === currency);
  return limit !== undefined && amountMinor > limit.amountMinor;
}

/** The larger of what was asked for and what the gateway has shown. */
function atStake(payment: PaymentRow): Money {
  const { amount, authorized, captured, refunded } = payment;
  return {
    amountMinor: Math.max(amount, Math.max(authorized, captured) - refunded),
    currency: currencyOf(payment),
  };
}

/** Where surplus is asked about, only that goes back. */
function givenBack(payment: PaymentRow): Money {
  const surplus = askedAbout(payment.surplus).reduce((sum, one) => sum + heldMinor(one), 0);
  if (surplus === 0 && !isMarkedForSurplus(payment)) return atStake(payment);
  return { amountMinor: surplus, currency: currencyOf(payment) };
}

/** Null: it may be carried out. @throws Refusal */
function waitingOrDone(approval: ApprovalRow): ApprovalRow | null {
  const status = approvalStatus(approval);
  if (status === 'approved') return null;
  if (status === 'awaiting_approval') return approval;
  const why =
    status === 'expired'
      ? `was not approved until ${approval.expiresAt.toISOString()}`
      : `was rejected by ${approval.decidedActor}`;
  throw new Refusal(
    'not_approved',
    `refund ${approval.reference} over ${moneyOf(approval)} ${why}; nothing was moved, and another request needs another reference`,
  );
}

/** The amount in words. */
export function moneyOf({ amount: amountMinor, currency }: Pick<ApprovalRow, 'amount' | 'currency'>): string {
  return formatMoney({ amountMinor, currency });
}
