import type { OrderRecord } from './order-book.ts';

/** The texts of a state for people. `tone` selects the badge's colour. */
export interface StateInWords {
  readonly label: string;
  readonly sentence: string;
  readonly tone: 'waiting' | 'good' | 'bad' | 'neutral';
}

const WORDS: Readonly<Record<string, StateInWords>> = {
  AWAITING_PAYMENT: {
    label: 'Awaiting payment',
    sentence: 'The shop has not been notified of a payment yet.',
    tone: 'waiting',
  },
  PAYMENT_PENDING: {
    label: 'Payment pending',
    sentence: 'The payment is on hold. Do not send the goods until it is decided.',
    tone: 'waiting',
  },
  PAID: { label: 'Paid', sentence: 'The money is secured. The goods may be sent.', tone: 'good' },
  PAYMENT_FAILED: {
    label: 'Payment failed',
    sentence: 'This attempt failed. The order can be paid again.',
    tone: 'bad',
  },
  CANCELLED: { label: 'Cancelled', sentence: 'The shop cancelled this order’s payment.', tone: 'neutral' },
  VOIDED: { label: 'Voided', sentence: 'The authorization was voided.', tone: 'neutral' },
  REFUNDED: { label: 'Refunded', sentence: 'All of the money was refunded.', tone: 'neutral' },
  REVIEW: { label: 'In review', sentence: 'A person has to check this payment.', tone: 'bad' },
};

/** The shop's own state of an order. Only the newest update decides it. */
export function stateOf(record: OrderRecord): string {
  return record.latest?.data.orderStatus ?? 'AWAITING_PAYMENT';
}

/** An unknown state is shown as it was received. */
export function inWords(state: string): StateInWords {
  return WORDS[state] ?? { label: state, sentence: 'The shop does not know this state.', tone: 'neutral' };
}

const PAY_LABELS: ReadonlyMap<string, string> = new Map([
  ['AWAITING_PAYMENT', 'Continue to payment'],
  ['PAYMENT_FAILED', 'Try again'],
  ['CANCELLED', 'Pay again'],
]);

/**
 * The label of the button that leads to the checkout, or null if there is nothing to pay. The status in
 * paidonce's API may be ahead of the updates: it can hide the button, but it does not decide the order's
 * state.
 */
export function payLabel(record: OrderRecord, apiStatus: string | undefined): string | null {
  const state = stateOf(record);
  if (record.placed === undefined || !PAY_LABELS.has(state)) return null;
  return PAY_LABELS.get(apiStatus ?? state) ?? null;
}

const FAILURES: ReadonlyMap<string, string> = new Map([
  ['FAILED', 'The payment failed'],
  ['DECLINED', 'The payment was declined'],
  ['CANCELLED', 'The payment was cancelled'],
  ['EXPIRED', 'The order was not paid in time'],
]);

/** Why a payment failed, for the payer; null if it succeeded or still may. */
export function failureInWords(paymentStatus: string): string | null {
  return FAILURES.get(paymentStatus) ?? null;
}

/** The payment to show: the one that paid the order, or else the newest attempt. */
export function shownPaymentId(record: OrderRecord): string | undefined {
  const newestOwn = record.paymentIds.at(-1);
  const decisive = record.latest?.data.paymentId;
  return inWords(stateOf(record)).tone === 'good' ? decisive : (newestOwn ?? decisive);
}
