/** The checkout page: plain HTML without scripts. */
import { escaped, money, orderSection } from '../../page/page-parts.ts';
import { options, payerPage } from '../../page/payer-page.ts';
import { OFFERED_PRODUCTS } from '../money/products.ts';
import { TROUBLES } from '../faults/trouble.ts';
import type { Session } from '../sessions/session.ts';

export const GATEWAY = 'Dintero';

const BUTTONS: readonly [outcome: string, label: string][] = [
  ['authorize', 'Authorize'],
  ['capture', 'Capture at once'],
  ['on_hold', 'Put on hold'],
  ['decline', 'Decline'],
  ['fail', 'Fail'],
  ['unknown', 'Unknown outcome'],
  ['pay_failed', 'Fail, may try again'],
  ['cancel', 'Cancel'],
  ['close', 'Pay and close the tab'],
];

const MISBEHAVIOUR: readonly [name: string, label: string][] = [
  ['duplicate', 'Send the callback twice'],
  ['together', 'Send two callbacks at once'],
  ['badSignature', 'Sign the callback wrongly'],
  ['noCallback', 'Send no callback'],
  ['wrongAmount', 'Charge a wrong amount'],
  ['noTransaction', 'Fail without a transaction'],
];

/** The notices of the page, by their name in its address. */
const NOTICES: ReadonlyMap<unknown, string> = new Map([
  ['pay_failed', 'The payment failed. Choose again.'],
  [
    'card_declined',
    'The card was declined, and nothing was charged. Try another card, or go back to the shop.',
  ],
  [
    'card_unknown',
    'This number is not a test card (4000 0000 0000 0002 pays). Try another card, or go back to the shop.',
  ],
] satisfies [string, string][]);

const UNDECIDED = {
  legend: 'When put on hold',
  label: 'Then becomes',
  ends: [
    ['', 'stays on hold'],
    ['AUTHORIZED', 'authorized'],
    ['FAILED', 'failed'],
  ],
} as const;

/** The page of one session; `closed` says why it can't be paid, `notice` is the name of a notice. */
export function checkoutPage(session: Session, at: { closed: string | undefined; notice: unknown }): string {
  const wasRefused = at.notice === 'card_declined' || at.notice === 'card_unknown';
  return payerPage({
    gateway: GATEWAY,
    amount: money(session.order.amount, session.order.currency),
    closed: at.closed,
    notice: NOTICES.get(at.notice),
    aside: at.closed === undefined && wasRefused ? backForm(session) : '',
    order: summary(session),
    form: {
      action: actionOf(session),
      choice: productChoice(),
      buttons: BUTTONS,
      card: '4000 0000 0000 0002',
      misbehaviour: MISBEHAVIOUR,
      delay: 'Callback delay in seconds',
      undecided: UNDECIDED,
      troubles: TROUBLES,
      later: autoCaptureFields(),
    },
  });
}

function summary({ order }: Session): string {
  const shipping = order.shipping_option;
  const shown = (amount: number): string => money(amount, order.currency);
  const lines = (order.items ?? []).map((item) => ({
    name: item.description ?? item.id ?? item.line_id ?? 'Item',
    quantity: item.quantity,
    amount: shown(item.amount),
  }));
  const shipped = shipping === undefined ? [] : [{ name: 'Shipping', amount: shown(shipping.amount) }];
  return orderSection(order.merchant_reference, [...lines, ...shipped], shown(order.amount));
}

/** Going back makes the payment fail, like the button that lets it fail. */
function backForm(session: Session): string {
  return `<form method="post" action="${actionOf(session)}">
<button name="outcome" value="fail">Go back to the shop</button></form>`;
}

function actionOf({ id }: Session): string {
  return `/v1/view/${escaped(encodeURIComponent(id))}`;
}

function productChoice(): string {
  const products = OFFERED_PRODUCTS.map((product) => `<option>${product}</option>`).join('');
  return `<p><label>Paid by <select name="product"><option value="">default of the button</option>
${products}</select></label></p>`;
}

const AUTO_CAPTURE = [
  ['', 'as usual'],
  ['before_callback', 'before a callback that waits for it'],
  ['after_callback', 'after the callback'],
  ['fails', 'fails'],
] as const;

function autoCaptureFields(): string {
  return `
<label>Auto-capture, if asked for <select name="autoCapture">${options(AUTO_CAPTURE)}</select></label>
<label>After seconds <input type="number" name="autoCaptureAfter" min="0" max="86400" value="5"></label>`;
}
