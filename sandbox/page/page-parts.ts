/** What the pages of all sandboxes have in common: plain HTML without scripts. */

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

/** A page with only a message. */
export function messagePage(gateway: string, title: string, message: string): string {
  return layout(gateway, title, `<p class="notice" role="status">${escaped(message)}</p>`);
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

/** The frame of every page; `gateway` is the name of the simulated gateway. */
export function layout(gateway: string, title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1><p class="tag">${escaped(gateway)} sandbox. No money moves here.</p>${content}</main></body></html>`;
}

interface Line {
  readonly name: string;
  readonly quantity?: number | undefined;
  /** For people, as `money` writes it. */
  readonly amount: string;
}

/** What is paid for. */
export function orderSection(reference: string, lines: readonly Line[], total: string): string {
  return `<section><h2>Order <code>${escaped(reference)}</code></h2><table>
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Amount</th></tr></thead>
<tbody>${lines.map(row).join('')}</tbody>
<tfoot><tr><th scope="row" colspan="2">Total</th><td>${escaped(total)}</td></tr></tfoot>
</table></section>`;
}

function row({ name, quantity, amount }: Line): string {
  const cells = [quantity?.toString() ?? '', amount].map((cell) => `<td>${escaped(cell)}</td>`);
  return `<tr><th scope="row">${escaped(name)}</th>${cells.join('')}</tr>`;
}

/** Buttons that end a payment; the first one is the usual one. */
export function outcomeButtons(buttons: readonly (readonly [outcome: string, label: string])[]): string {
  return buttons
    .map(
      ([value, label], at) =>
        `<button${at === 0 ? ' class="main"' : ''} name="outcome" value="${value}">${label}</button>`,
    )
    .join('');
}

export function checkboxes(boxes: readonly (readonly [name: string, label: string])[]): string {
  return boxes
    .map(([name, label]) => `<label><input type="checkbox" name="${name}" value="yes"> ${label}</label>`)
    .join('');
}

/** One choice of a trouble for each later operation. */
export function troubleSelects(troubles: Readonly<Record<string, { readonly label: string }>>): string {
  const options = Object.entries(troubles).map(
    ([name, { label }]) => `<option value="${name}">${label}</option>`,
  );
  const selects = ['capture', 'refund', 'void'].map(
    (kind) => `<label>Its ${kind} <select name="${kind}Trouble"><option value="">works</option>
${options.join('')}</select></label>`,
  );
  return selects.join('');
}

/** An amount in minor units for people; `digits` if the gateway counts other digits than ISO 4217. */
export function money(amount: number, currency: string, digits?: number): string {
  try {
    const format = new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' });
    const usual = format.resolvedOptions().maximumFractionDigits ?? 2;
    return format.format(amount / 10 ** (digits ?? usual)).replace('\u00A0', ' ');
  } catch {
    return `${amount} ${currency}`;
  }
}
