/** Methods of payment as attempts use them, and Stripe's test cards. */
import { wordOf } from '../http/parameters.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

export interface Method {
  readonly type: string;
  /** The number of a card or of a bank account. */
  readonly number?: string;
}

/** What becomes of an attempt. */
export type Result =
  | { readonly is: 'paid' }
  | { readonly is: 'processing'; readonly later?: 'succeeded' | 'failed' }
  | { readonly is: 'action' }
  | { readonly is: 'declined'; readonly failure: Failure };

export interface Failure {
  readonly code: string;
  readonly declineCode?: string;
  readonly message: string;
}

export const CARD: Method = { type: 'card', number: '4242424242424242' };

const DECLINED: Failure = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
};

/** A decline with a reason of its own, such as `insufficient_funds`. */
export function declined(declineCode = 'generic_decline'): Failure {
  if (declineCode === 'insufficient_funds')
    return { ...DECLINED, declineCode, message: 'Your card has insufficient funds.' };
  if (declineCode === 'expired_card')
    return { code: 'expired_card', declineCode, message: 'Your card has expired.' };
  if (declineCode === 'incorrect_cvc')
    return { code: 'incorrect_cvc', declineCode, message: "Your card's security code is incorrect." };
  if (declineCode === 'processing_error')
    return {
      code: 'processing_error',
      declineCode,
      message: 'An error occurred while processing your card.',
    };
  return { ...DECLINED, declineCode };
}

const PAID: Result = { is: 'paid' };
const CARDS: ReadonlyMap<string, Result> = new Map<string, Result>([
  ['4242424242424242', PAID],
  ['4000056655665556', PAID],
  ['5555555555554444', PAID],
  ['378282246310005', PAID],
  ['4000000000000259', PAID],
  ['4000000000002685', PAID],
  ['4000000000001976', PAID],
  ['4000000000005126', PAID],
  ['4000000000007726', PAID],
  ['4000000000000077', PAID],
  ['4000000000003220', { is: 'action' }],
  ['4000002760003184', { is: 'action' }],
  ['4000002500003155', { is: 'action' }],
  ['4000000000000002', { is: 'declined', failure: declined() }],
  ['4000000000009995', { is: 'declined', failure: declined('insufficient_funds') }],
  ['4000000000009987', { is: 'declined', failure: declined('lost_card') }],
  ['4000000000009979', { is: 'declined', failure: declined('stolen_card') }],
  ['4000000000000069', { is: 'declined', failure: declined('expired_card') }],
  ['4000000000000127', { is: 'declined', failure: declined('incorrect_cvc') }],
  ['4000000000000119', { is: 'declined', failure: declined('processing_error') }],
]);

/** Test cards that do something after the payment. */
const AFTERWARDS: ReadonlyMap<string, 'dispute' | 'inquiry' | 'refund_fails' | 'refund_pends'> = new Map([
  ['4000000000000259', 'dispute'],
  ['4000000000002685', 'dispute'],
  ['4000000000001976', 'inquiry'],
  ['4000000000005126', 'refund_fails'],
  ['4000000000007726', 'refund_pends'],
]);

const BY_NAME: Readonly<Record<string, string>> = {
  visa: '4242424242424242',
  mastercard: '5555555555554444',
  amex: '378282246310005',
  visa_chargeDeclined: '4000000000000002',
  chargeDeclined: '4000000000000002',
  visa_chargeDeclinedInsufficientFunds: '4000000000009995',
  chargeCustomerFail: '4000000000000341',
  createDispute: '4000000000000259',
  createDisputeInquiry: '4000000000001976',
  threeDSecure2Required: '4000000000003220',
  authenticationRequired: '4000002760003184',
  threeDSecureRequired: '4000000000003220',
  bypassPending: '4000000000000077',
  refundFail: '4000000000005126',
  pendingRefund: '4000000000007726',
};

export function resultOfCard(number: string): Result | undefined {
  return CARDS.get(number.replace(/[ -]/g, ''));
}

export function afterwardsOf({ number = '' }: Method): ReturnType<typeof AFTERWARDS.get> {
  return AFTERWARDS.get(number.replace(/[ -]/g, ''));
}

/** How a debit of one of Stripe's test accounts ends, by the last digits; undefined if a call decides. */
export function endOfDebit({ number = '' }: Method): Debit | undefined {
  const end = DEBITS.find(({ last }) => number.endsWith(last));
  return end === undefined ? undefined : { outcome: end.outcome, afterMs: end.afterMs };
}

interface Debit {
  readonly outcome: 'succeeded' | 'failed';
  readonly afterMs: number;
}

const THREE_MINUTES_MS = 180_000;
const DEBITS: readonly (Debit & { readonly last: string })[] = [
  { last: '573201', outcome: 'succeeded', afterMs: 0 },
  { last: '013000', outcome: 'succeeded', afterMs: 0 },
  { last: '473202', outcome: 'failed', afterMs: 0 },
  { last: '013001', outcome: 'failed', afterMs: 0 },
  { last: 'IT60X0542811101000000123456', outcome: 'failed', afterMs: 0 },
  { last: '473204', outcome: 'succeeded', afterMs: THREE_MINUTES_MS },
  { last: '013003', outcome: 'succeeded', afterMs: THREE_MINUTES_MS },
  { last: '473205', outcome: 'failed', afterMs: THREE_MINUTES_MS },
  { last: '013004', outcome: 'failed', afterMs: THREE_MINUTES_MS },
];

/** The method of `pm_card_…`, `tok_…` or a method that was created; undefined if it is unknown. */
export function methodOfId({ ledger }: Pick<StripeSandbox, 'ledger'>, id: string): Method | undefined {
  const kept = ledger.plains.get(id);
  if (kept?.object === 'payment_method')
    return { type: String(kept['type']), number: wordOf(kept, 'sandbox_number', '4242424242424242') };
  const name = /^(?:pm_card_|tok_)(\w+)$/.exec(id)?.[1];
  const number = name === undefined ? undefined : BY_NAME[name];
  if (number !== undefined) return { type: 'card', number };
  return id === 'pm_sepaDebit' ? { type: 'sepa_debit' } : undefined;
}

export function brandOf({ number = '' }: Method): string {
  if (number.startsWith('5')) return 'mastercard';
  return number.startsWith('3') ? 'amex' : 'visa';
}
