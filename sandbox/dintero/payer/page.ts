/** The checkout page: plain HTML without scripts. */
import {
  checkboxes,
  escaped,
  layout,
  money,
  orderSection,
  outcomeButtons,
  troubleSelects,
} from '../../page/page-parts.ts';
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

/** The page of one session; `closed` says why it can't be paid, `notice` is the name of a notice. */
export function checkoutPage(session: Session, at: { closed: string | undefined; notice: unknown }): string {
  const said = at.closed ?? NOTICES.get(at.notice);
  const notice = said === undefined ? '' : `<p class="notice" role="status">${escaped(said)}</p>`;
  const isOpen = at.closed === undefined;
  const hasWayBack = isOpen && (at.notice === 'card_declined' || at.notice === 'card_unknown');
  return layout(
    GATEWAY,
    `Pay ${money(session.order.amount, session.order.currency)}`,
    `${notice}${hasWayBack ? backForm(session) : ''}${summary(session)}${isOpen ? form(session) : ''}`,
  );
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

function form(session: Session): string {
  return `<form method="post" action="${actionOf(session)}">
<h2>How should this payment end?</h2><p><label>Paid by <select name="product"><option value="">default of the button</option>
${OFFERED_PRODUCTS.map((product) => `<option>${product}</option>`).join('')}</select></label></p><div class="row">${outcomeButtons(BUTTONS)}</div>
<fieldset><legend>Test card</legend><div class="row"><label>Card number <input type="text" name="card" inputmode="numeric"
autocomplete="off" placeholder="4000 0000 0000 0002"></label><button name="outcome" value="card">Pay by card</button></div></fieldset>
<fieldset><legend>Misbehaviour</legend>${checkboxes(MISBEHAVIOUR)}
<label>Callback delay in seconds <input type="number" name="delay" min="0" max="86400" value="0"></label></fieldset>
<fieldset><legend>When put on hold</legend><div class="row"><label>Then becomes <select name="resolveTo">
<option value="">stays on hold</option><option value="AUTHORIZED">authorized</option><option value="FAILED">failed</option>
</select></label><label>After seconds <input type="number" name="resolveAfter" min="0" max="86400" value="10"></label></div></fieldset>
${laterTrouble()}
</form>`;
}

function laterTrouble(): string {
  return `<fieldset><legend>Later, by the API</legend><div class="row">${troubleSelects(TROUBLES)}
<label>Auto-capture, if asked for <select name="autoCapture"><option value="">as usual</option>
<option value="before_callback">before a callback that waits for it</option><option value="after_callback">after the callback</option>
<option value="fails">fails</option></select></label>
<label>After seconds <input type="number" name="autoCaptureAfter" min="0" max="86400" value="5"></label></div></fieldset>`;
}
