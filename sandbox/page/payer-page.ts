/** The page on which a payer ends a payment: one frame, and each sandbox says what it offers. */
import { checkboxes, escaped, layout, outcomeButtons, troubleSelects } from './page-parts.ts';

type Choices = readonly (readonly [value: string, label: string])[];

interface PayerPage {
  readonly gateway: string;
  /** For people, as `money` writes it. */
  readonly amount: string;
  /** Why the payment can't be made; undefined if it can. */
  readonly closed: string | undefined;
  readonly notice: string | undefined;
  /** Between the notice and the order. */
  readonly aside?: string;
  readonly order: string;
  readonly form: PayerForm;
}

interface PayerForm {
  readonly action: string;
  /** Above the buttons. */
  readonly choice?: string;
  readonly buttons: Choices;
  /** A card that pays. */
  readonly card: string;
  readonly misbehaviour: Choices;
  readonly delay: string;
  /** What becomes of a payment that is not decided at once. */
  readonly undecided: { readonly legend: string; readonly label: string; readonly ends: Choices };
  readonly troubles: Parameters<typeof troubleSelects>[0];
  /** After the troubles of later operations. */
  readonly later?: string;
}

export function payerPage({ gateway, amount, closed, notice, aside = '', order, form }: PayerPage): string {
  const said = closed ?? notice;
  const shown = said === undefined ? '' : `<p class="notice" role="status">${escaped(said)}</p>`;
  const rest = closed === undefined ? formOf(form) : '';
  return layout(gateway, `Pay ${amount}`, `${shown}${aside}${order}${rest}`);
}

function formOf({ choice = '', later = '', ...form }: PayerForm): string {
  return `<form method="post" action="${form.action}">
<h2>How should this payment end?</h2>${choice}<div class="row">${outcomeButtons(form.buttons)}</div>
<fieldset><legend>Test card</legend><div class="row"><label>Card number <input type="text" name="card" inputmode="numeric"
autocomplete="off" placeholder="${form.card}"></label><button name="outcome" value="card">Pay by card</button></div></fieldset>
<fieldset><legend>Misbehaviour</legend>${checkboxes(form.misbehaviour)}
<label>${form.delay} <input type="number" name="delay" min="0" max="86400" value="0"></label></fieldset>
${undecided(form.undecided)}
<fieldset><legend>Later, by the API</legend><div class="row">${troubleSelects(form.troubles)}${later}</div></fieldset>
</form>`;
}

function undecided({ legend, label, ends }: PayerForm['undecided']): string {
  return `<fieldset><legend>${legend}</legend><div class="row"><label>${label} <select name="resolveTo">
${options(ends)}
</select></label><label>After seconds <input type="number" name="resolveAfter" min="0" max="86400" value="10"></label></div></fieldset>`;
}

/** The first one is the usual one. */
export function options(choices: Choices): string {
  return choices.map(([value, label]) => `<option value="${value}">${label}</option>`).join('');
}
