/** The payment page: plain HTML without scripts. */
import {
  checkboxes,
  escaped,
  layout,
  money,
  orderSection,
  outcomeButtons,
  troubleSelects,
} from '../../page/page-parts.ts';
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

export function paymentPage(session: Session, at: At): string {
  const said = at.closed ?? NOTICES.get(at.notice);
  const notice = said === undefined ? '' : `<p class="notice" role="status">${escaped(said)}</p>`;
  const isOpen = at.closed === undefined;
  return layout(
    GATEWAY,
    `Pay ${amount(session.amount_total, session.currency)}`,
    `${notice}${summary(session, at.lines)}${isOpen ? form(session) : ''}`,
  );
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

function form(session: Session): string {
  return `<form method="post" action="/c/pay/${escaped(encodeURIComponent(session.id))}">
<h2>How should this payment end?</h2><div class="row">${outcomeButtons(BUTTONS)}</div>
<fieldset><legend>Test card</legend><div class="row"><label>Card number <input type="text" name="card" inputmode="numeric"
autocomplete="off" placeholder="4242 4242 4242 4242"></label><button name="outcome" value="card">Pay by card</button></div></fieldset>
<fieldset><legend>Misbehaviour</legend>${checkboxes(MISBEHAVIOUR)}
<label>Delay of the events in seconds <input type="number" name="delay" min="0" max="86400" value="0"></label></fieldset>
<fieldset><legend>When paid by bank debit</legend><div class="row"><label>Then it <select name="resolveTo">
<option value="">stays on its way</option><option value="succeeded">arrives</option><option value="failed">fails</option>
</select></label><label>After seconds <input type="number" name="resolveAfter" min="0" max="86400" value="10"></label></div></fieldset>
<fieldset><legend>Later, by the API</legend><div class="row">${troubleSelects(TROUBLES)}</div></fieldset>
</form>`;
}

function amount(minor: number, currency: string): string {
  return money(minor, currency.toUpperCase(), digitsOf(currency));
}
