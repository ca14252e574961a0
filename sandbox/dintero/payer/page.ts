/** The checkout page: plain HTML without scripts. */
import { OFFERED_PRODUCTS } from '../money/products.ts';
import { TROUBLES } from '../faults/trouble.ts';
import type { Session } from '../sessions/session.ts';

const STYLE = `
*{box-sizing:border-box}body{margin:0;background:#f3f4f6;color:#1f2430;font:16px/1.5 system-ui,sans-serif}
main{max-width:46rem;margin:2rem auto;padding:0 1rem}section,form,.notice{background:#fff;border:1px solid #dfe2e8;
border-radius:12px;padding:1.25rem 1.5rem;margin-bottom:1rem}h1{font-size:1.4rem;margin:0}h2{font-size:1rem;margin:0 0 .75rem}
.tag{color:#5b6270;margin:0 0 1rem}table{width:100%;border-collapse:collapse}td,th{padding:.4rem 0;text-align:left;
border-bottom:1px solid #eceef2;font-weight:inherit}td:last-child,th:last-child{text-align:right}tfoot{font-weight:700}
tfoot td,tfoot th{border:0}code{overflow-wrap:anywhere}button{font:inherit;padding:.6rem 1rem;border-radius:8px;cursor:pointer;
border:1px solid #c6cbd6;background:#fff;color:inherit}button.main{background:#1a5c3a;border-color:#1a5c3a;color:#fff}
button:hover{filter:brightness(.95)}button:focus-visible,input:focus-visible,select:focus-visible{outline:3px solid #6aa9ff}
.row{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end}fieldset{border:0;padding:0;margin:1.25rem 0 0;min-width:0}legend{font-weight:600;
padding:0;margin-bottom:.5rem}label{display:block;margin:.3rem 0;max-width:100%}input[type=text],input[type=number],select{font:inherit;
padding:.45rem .6rem;border:1px solid #c6cbd6;border-radius:8px;max-width:100%}.notice{border-color:#d9a400;background:#fff8e0}
`;

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
    `Pay ${money(session.order.amount, session.order.currency)}`,
    `${notice}${hasWayBack ? backForm(session) : ''}${summary(session)}${isOpen ? form(session) : ''}`,
  );
}

/** A page with only a message. */
export function messagePage(title: string, message: string): string {
  return layout(title, `<p class="notice" role="status">${escaped(message)}</p>`);
}

/** Makes text safe between tags and in quoted attributes. */
export function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

function layout(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1><p class="tag">Dintero sandbox. No money moves here.</p>${content}</main></body></html>`;
}

function summary({ order }: Session): string {
  const shipping = order.shipping_option;
  const lines = (order.items ?? []).map((item) =>
    row(item.description ?? item.id ?? item.line_id ?? 'Item', item.quantity, item.amount, order.currency),
  );
  if (shipping !== undefined) lines.push(row('Shipping', undefined, shipping.amount, order.currency));
  return `<section><h2>Order <code>${escaped(order.merchant_reference)}</code></h2><table>
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Amount</th></tr></thead>
<tbody>${lines.join('')}</tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td>${escaped(money(order.amount, order.currency))}</td></tr></tfoot>
</table></section>`;
}

function row(name: string, quantity: number | undefined, amount: number, currency: string): string {
  const cells = [quantity?.toString() ?? '', money(amount, currency)].map(
    (cell) => `<td>${escaped(cell)}</td>`,
  );
  return `<tr><th scope="row">${escaped(name)}</th>${cells.join('')}</tr>`;
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
  const buttons = BUTTONS.map(
    ([value, label], at) =>
      `<button${at === 0 ? ' class="main"' : ''} name="outcome" value="${value}">${label}</button>`,
  );
  const boxes = MISBEHAVIOUR.map(
    ([name, label]) => `<label><input type="checkbox" name="${name}" value="yes"> ${label}</label>`,
  );
  return `<form method="post" action="${actionOf(session)}">
<h2>How should this payment end?</h2><p><label>Paid by <select name="product"><option value="">default of the button</option>
${OFFERED_PRODUCTS.map((product) => `<option>${product}</option>`).join('')}</select></label></p><div class="row">${buttons.join('')}</div>
<fieldset><legend>Test card</legend><div class="row"><label>Card number <input type="text" name="card" inputmode="numeric"
autocomplete="off" placeholder="4000 0000 0000 0002"></label><button name="outcome" value="card">Pay by card</button></div></fieldset>
<fieldset><legend>Misbehaviour</legend>${boxes.join('')}
<label>Callback delay in seconds <input type="number" name="delay" min="0" max="86400" value="0"></label></fieldset>
<fieldset><legend>When put on hold</legend><div class="row"><label>Then becomes <select name="resolveTo">
<option value="">stays on hold</option><option value="AUTHORIZED">authorized</option><option value="FAILED">failed</option>
</select></label><label>After seconds <input type="number" name="resolveAfter" min="0" max="86400" value="10"></label></div></fieldset>
${laterTrouble()}
</form>`;
}

function laterTrouble(): string {
  const troubles = Object.entries(TROUBLES).map(
    ([name, { label }]) => `<option value="${name}">${label}</option>`,
  );
  const rows = (['capture', 'refund', 'void'] as const).map(
    (kind) => `<label>Its ${kind} <select name="${kind}Trouble"><option value="">works</option>
${troubles.join('')}</select></label>`,
  );
  return `<fieldset><legend>Later, by the API</legend><div class="row">${rows.join('')}
<label>Auto-capture, if asked for <select name="autoCapture"><option value="">as usual</option>
<option value="before_callback">before a callback that waits for it</option><option value="after_callback">after the callback</option>
<option value="fails">fails</option></select></label>
<label>After seconds <input type="number" name="autoCaptureAfter" min="0" max="86400" value="5"></label></div></fieldset>`;
}

function money(amount: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** digits).replace('\u00A0', ' ');
  } catch {
    return `${amount} ${currency}`;
  }
}
