/** Reads the form of the payment page. */
import type { EventChoice, EventPlan } from '../events/event-plan.ts';
import type { OwnFaults } from '../stripe-faults.ts';
import { chosenCopies, chosenTroubles, secondsOf } from '../../page/form-fields.ts';
import { badParameter } from '../http/stripe-error.ts';
import type { Session } from '../records/stripe-objects.ts';
import { OUTCOMES, type Payment } from './payment-request.ts';
import { TROUBLES } from './payment-trouble.ts';

/** The payment of a form; a 400 if its button is unknown. */
export function paymentFrom(session: Session, form: URLSearchParams): Payment {
  const callback = callbackFrom(form);
  return {
    ...outcomeFrom(form),
    ...(callback === undefined ? {} : { callback }),
    ...(form.has('wrongAmount') ? { amount: session.amount_total + 100 } : {}),
    ...resolutionFrom(form),
    ...faultsFrom(form),
  };
}

function outcomeFrom(form: URLSearchParams): Pick<Payment, 'outcome' | 'card' | 'return'> {
  const [chosen, card] = [form.get('outcome'), form.get('card') ?? ''];
  // Pressing Enter in the card field submits the first button.
  if (chosen === 'card' || (chosen === 'authorize' && card !== '')) return { card };
  if (chosen === 'close') return { outcome: 'authorize', return: false };
  const outcome = OUTCOMES.find((name) => name === chosen);
  if (outcome === undefined)
    throw badParameter('outcome', `outcome is "${chosen}"; expected one of the buttons`);
  return { outcome };
}

/** Undefined if nothing unusual was selected. */
function callbackFrom(form: URLSearchParams): EventChoice {
  if (form.has('noCallback')) return false;
  const plan: EventPlan = {
    ...chosenCopies(form),
    ...(form.has('twin') ? { twin: true } : {}),
    ...(form.has('thin') ? { thin: true } : {}),
  };
  if (form.has('lostCompleted')) return [{ types: ['checkout.session.completed'], lost: true }];
  return Object.keys(plan).length === 0 ? undefined : plan;
}

function resolutionFrom(form: URLSearchParams): Pick<Payment, 'resolve'> {
  const status = form.get('resolveTo');
  if ((status !== 'succeeded' && status !== 'failed') || form.get('outcome') !== 'on_hold') return {};
  return { resolve: { status, afterMs: secondsOf(form, 'resolveAfter') * 1_000 } };
}

function faultsFrom(form: URLSearchParams): Pick<Payment, 'faults'> {
  const faults: OwnFaults = chosenTroubles(form, TROUBLES);
  return Object.keys(faults).length === 0 ? {} : { faults };
}
