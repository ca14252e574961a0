/** Reads the form of the payment page. */
import type { EventChoice, EventPlan } from '../events/event-plan.ts';
import type { OwnFaults } from '../stripe-faults.ts';
import { badParameter } from '../http/stripe-error.ts';
import type { Session } from '../records/stripe-objects.ts';
import { OUTCOMES, type Payment } from './payment-request.ts';
import { TROUBLE_NAMES, TROUBLES } from './payment-trouble.ts';

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
  const delayMs = secondsOf(form, 'delay') * 1_000;
  const together = form.has('together');
  const plan: EventPlan = {
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(together || form.has('duplicate') ? { copies: 2, together } : {}),
    ...(form.has('badSignature') ? { sign: 'wrong' as const } : {}),
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
  const faults: OwnFaults = {};
  for (const kind of ['capture', 'refund', 'void'] as const) {
    const name = TROUBLE_NAMES.find((each) => each === form.get(`${kind}Trouble`));
    if (name !== undefined) faults[kind] = TROUBLES[name].fault;
  }
  return Object.keys(faults).length === 0 ? {} : { faults };
}

function secondsOf(form: URLSearchParams, name: string): number {
  const seconds = Number(form.get(name) ?? 0);
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400 ? seconds : 0;
}
