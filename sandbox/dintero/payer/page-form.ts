/** Reads the form of the checkout page. */
import { outcomeOfCard } from './cards.ts';
import type { CallbackChoice, CallbackPlan } from '../callbacks/callback-plan.ts';
import { OUTCOMES } from './outcomes.ts';
import type { OwnFaults } from '../faults/fault-schema.ts';
import type { Payment } from './pay.ts';
import { chosenCopies, chosenTroubles, secondsOf } from '../../page/form-fields.ts';
import { invalid } from '../../http/problem.ts';
import { OFFERED_PRODUCTS } from '../money/products.ts';
import { TROUBLES } from '../faults/trouble.ts';
import type { Session } from '../sessions/session.ts';

export type CardRefusal = 'card_declined' | 'card_unknown';

/**
 * Why a card is refused, so that the payer stays on the page; undefined if it is accepted or the form has no
 * card.
 */
export function refusalOfCard(form: URLSearchParams): CardRefusal | undefined {
  const card = cardOf(form);
  if (card === undefined) return undefined;
  const outcome = outcomeOfCard(card);
  if (outcome === undefined) return 'card_unknown';
  return outcome === 'fail' ? 'card_declined' : undefined;
}

/** Pressing Enter in the card field submits the first button of the form, which authorizes. */
function cardOf(form: URLSearchParams): string | undefined {
  const [chosen, card] = [form.get('outcome'), form.get('card') ?? ''];
  return chosen === 'card' || (chosen === 'authorize' && card !== '') ? card : undefined;
}

/** The payment of a form; a 400 if its button is unknown. */
export function paymentFrom(session: Session, form: URLSearchParams): Payment {
  const callback = callbackFrom(form);
  return {
    ...outcomeFrom(form),
    ...(callback === undefined ? {} : { callback }),
    ...(form.has('wrongAmount') ? { amount: session.order.amount + 100 } : {}),
    ...resolutionFrom(form),
    ...faultsFrom(form),
    ...autoCaptureFrom(form),
    ...productFrom(form),
  };
}

function productFrom(form: URLSearchParams): Pick<Payment, 'product'> {
  const product = OFFERED_PRODUCTS.find((each) => each === form.get('product'));
  return product === undefined ? {} : { product };
}

function outcomeFrom(form: URLSearchParams): Pick<Payment, 'outcome' | 'card' | 'return' | 'transaction'> {
  const [chosen, card] = [form.get('outcome'), cardOf(form)];
  if (card !== undefined) return { card };
  if (chosen === 'close') return { outcome: 'authorize', return: false };
  const outcome = OUTCOMES.find((name) => name === chosen);
  if (outcome === undefined) throw invalid(`outcome is "${chosen}"; expected one of the buttons`);
  const fails = outcome === 'decline' || outcome === 'fail' || outcome === 'unknown';
  return { outcome, ...(fails && form.has('noTransaction') ? { transaction: false } : {}) };
}

/** Undefined if nothing unusual was selected: Dintero's own rules then decide whether there is a callback. */
function callbackFrom(form: URLSearchParams): CallbackChoice {
  if (form.has('noCallback')) return false;
  const plan: CallbackPlan = chosenCopies(form);
  return Object.keys(plan).length === 0 ? undefined : plan;
}

function resolutionFrom(form: URLSearchParams): Pick<Payment, 'resolve'> {
  const status = form.get('resolveTo') ?? '';
  if (status === '' || form.get('outcome') !== 'on_hold') return {};
  return { resolve: { status, afterMs: secondsOf(form, 'resolveAfter') * 1_000 } };
}

function faultsFrom(form: URLSearchParams): Pick<Payment, 'faults'> {
  const faults: OwnFaults = chosenTroubles(form, TROUBLES);
  return Object.keys(faults).length === 0 ? {} : { faults };
}

function autoCaptureFrom(form: URLSearchParams): Pick<Payment, 'autoCapture'> {
  const modes = ['before_callback', 'after_callback', 'fails'] as const;
  const mode = modes.find((each) => each === form.get('autoCapture'));
  return mode === undefined
    ? {}
    : { autoCapture: { mode, afterMs: secondsOf(form, 'autoCaptureAfter') * 1_000 } };
}
