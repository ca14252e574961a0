/** The payment page: plain HTML without scripts. */
import { escaped, layout, money, orderSection } from '../../page/page-parts.ts';
import { payerPage } from '../../page/payer-page.ts';
import { wordOf } from '../http/parameters.ts';
import { digitsOf } from '../money/currencies.ts';
import type { AnyObject, PaymentIntent, Session } from '../records/stripe-objects.ts';
import { TROUBLES } from './payment-trouble.ts';

export const GATEWAY = 'Stripe';

const BUTTONS: readonly [outcome: string, label: string][] = [
  ['authorize', 'Pay'],
  ['capture', 'Pay by iDEAL (captured at once)'],
  ['on_hold', 'Pay by bank debit (arrives later)'],
  ['initiate', 'Pay by a card that the bank checks'],
  ['decline', 'Let the card be declined'],
  ['cancel', 'Go back to the shop'],
  ['close', 'Pay and close the tab'],
];

const MISBEHAVIOUR: readonly [name: string, label: string][] = [
  ['duplicate', 'Send every event twice'],
  ['together', 'Send every event twice at once'],
  ['twin', 'Make two Event objects for each fact'],
  ['thin', 'Send the thin twins too'],
  ['badSignature', 'Sign the events wrongly'],
  ['noCallback', 'Send no events'],
  ['lostCompleted', 'Lose checkout.session.completed'],
  ['wrongAmount', 'Charge a wrong amount'],
];

/** The notices of the page, by their name in its address. */
const NOTICES: ReadonlyMap<unknown, string> = new Map([
  ['declined', 'The payment failed, and nothing was charged. Choose again, or go back to the shop.'],
  ['card_unknown', 'This number is not a test card. 4242 4242 4242 4242 pays.'],
] satisfies [string, string][]);

interface At {
  /** Why the session can't be paid; undefined if it can. */
  readonly closed: string | undefined;
  readonly notice: unknown;
  readonly lines: readonly AnyObject[];
}

const UNDECIDED = {
  legend: 'When paid by bank debit',
  label: 'Then it',
  ends: [
    ['', 'stays on its way'],
    ['succeeded', 'arrives'],
    ['failed', 'fails'],
  ],
} as const;

export function paymentPage(session: Session, at: At): string {
  return payerPage({
    gateway: GATEWAY,
    amount: amount(session.amount_total, session.currency),
    closed: at.closed,
    notice: NOTICES.get(at.notice),
    order: summary(session, at.lines),
    form: {
      action: `/c/pay/${escaped(encodeURIComponent(session.id))}`,
      buttons: BUTTONS,
      card: '4242 4242 4242 4242',
      misbehaviour: MISBEHAVIOUR,
      delay: 'Delay of the events in seconds',
      undecided: UNDECIDED,
      troubles: TROUBLES,
    },
  });
}

/** The page of the payer's bank. */
export function confirmationPage(intent: PaymentIntent): string {
  return layout(
    GATEWAY,
    'Your bank asks you to confirm',
    `<form method="post" action="/3ds/${escaped(encodeURIComponent(intent.id))}">
<h2>Confirm ${escaped(amount(intent.amount, intent.currency))}?</h2><div class="row">
<button class="main" name="success" value="true">Confirm</button><button name="success" value="false">Refuse</button></div></form>`,
  );
}

function summary(session: Session, lines: readonly AnyObject[]): string {
  const shown = lines.map((line) => ({
    name: wordOf(line, 'description', 'Item'),
    quantity: Number(line['quantity']),
    amount: amount(Number(line['amount_total']), session.currency),
  }));
  const total = amount(session.amount_total, session.currency);
  return orderSection(session.client_reference_id ?? session.id, shown, total);
}

function amount(minor: number, currency: string): string {
  return money(minor, currency.toUpperCase(), digitsOf(currency));
}
