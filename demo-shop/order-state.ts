import type { OrderRecord } from './order-book.ts';

/** How a state is put to people. `tone` picks the badge's colour. */
export interface StateInWords {
  readonly label: string;
  readonly sentence: string;
  readonly tone: 'waiting' | 'good' | 'bad' | 'neutral';
}

const WORDS: Readonly<Record<string, StateInWords>> = {
  AWAITING_PAYMENT: {
    label: 'Awaiting payment',
    sentence: 'No word of a payment has reached the shop yet.',
    tone: 'waiting',
  },
  PAYMENT_PENDING: {
    label: 'Payment pending',
    sentence: 'The payment is on hold; the goods stay here until it is decided.',
    tone: 'waiting',
  },
  PAID: { label: 'Paid', sentence: 'The money is safe: the goods may be sent.', tone: 'good' },
  PAYMENT_FAILED: {
    label: 'Payment failed',
    sentence: 'This attempt brought no money. The order can be paid again.',
    tone: 'bad',
  },
  CANCELLED: { label: 'Cancelled', sentence: 'The shop closed this order’s payment.', tone: 'neutral' },
  VOIDED: { label: 'Voided', sentence: 'The authorization was given back.', tone: 'neutral' },
  REFUNDED: { label: 'Refunded', sentence: 'All of the money was given back.', tone: 'neutral' },
  REVIEW: { label: 'In review', sentence: 'Somebody has to look at this payment.', tone: 'bad' },
};

/** The shop's own state of an order: what the newest update said, and nothing else. */
export function stateOf(record: OrderRecord): string {
  return record.latest?.data.orderStatus ?? 'AWAITING_PAYMENT';
}

/** A state that the shop has not heard of is shown as it came. */
export function inWords(state: string): StateInWords {
  return WORDS[state] ?? { label: state, sentence: 'The shop does not know this state.', tone: 'neutral' };
}

const PAY_LABELS: ReadonlyMap<string, string> = new Map([
  ['AWAITING_PAYMENT', 'Continue to payment'],
  ['PAYMENT_FAILED', 'Try again'],
  ['CANCELLED', 'Pay again'],
]);

/**
 * The label of the button that leads to the checkout, or null where there is nothing to pay. What paidonce says of
 * the order may be ahead of the updates: it hides the button, but it does not decide the order's state.
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
  ['EXPIRED', 'Nobody paid in time'],
]);

/** Why a payment brought no money, in words for the payer; null where it did or still may. */
export function failureInWords(paymentStatus: string): string | null {
  return FAILURES.get(paymentStatus) ?? null;
}

/** The payment worth showing: the one that decided a paid order, else the newest attempt. */
export function shownPaymentId(record: OrderRecord): string | undefined {
  const newestOwn = record.paymentIds.at(-1);
  const decisive = record.latest?.data.paymentId;
  return inWords(stateOf(record)).tone === 'good' ? decisive : (newestOwn ?? decisive);
}
