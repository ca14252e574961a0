/** A payer's action on the payment page and its consequences. */
import { StripeError } from '../http/stripe-error.ts';
import { openDisputeOfCard } from '../disputes/move-dispute.ts';
import type { EventChoice } from '../events/event-plan.ts';
import { customerDetails } from '../checkout/session-object.ts';
import { fail, process, requireAction, scheduleEnd, succeed, useMethod } from '../payments/attempt.ts';
import { openIntent } from '../payments/intent-object.ts';
import type { Method, Result } from '../payments/methods.ts';
import type { PaymentIntent, Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { methodOf, type Payment, resultOf } from './payment-request.ts';

export interface Paid {
  readonly sessionId: string;
  /** The payment intent; null before the payer has tried. */
  readonly transactionId: string | null;
  /** Where the browser is sent; null if it stays or was closed. */
  readonly returnUrl: string | null;
  readonly declined: string | null;
}

/** Performs an outcome on a session. @throws StripeError 400 if it can no longer be paid */
export function paySession(sandbox: StripeSandbox, session: Session, payment: Payment): Paid {
  const result = resultOf(payment);
  if (session.status !== 'open' && result !== 'cancel' && result !== 'abandon') throw notPayable(session);
  const choice: EventChoice = payment.callback;
  return sandbox.book.during({ choice }, () => carryOut(sandbox, session, payment, result));
}

function notPayable({ id, status }: Session): StripeError {
  return new StripeError(409, { message: `Session ${id} is ${status}, so it can't be paid.` });
}

function carryOut(
  sandbox: StripeSandbox,
  session: Session,
  payment: Payment,
  result: Result | 'cancel' | 'abandon',
): Paid {
  if (result === 'cancel') return paid(session, payment.return === false ? null : cancelUrl(session));
  if (result === 'abandon') return paid(session, null);
  if (session.payment_status === 'no_payment_required') return completeFree(sandbox, session, payment);
  const intent = intentOf(sandbox, session, payment);
  if (payment.faults !== undefined) sandbox.faults.changeOwn(intent.id, payment.faults);
  const payer = { method: methodOf(payment, result), email: payment.email ?? session.customer_email ?? null };
  useMethod(sandbox, intent);
  if (result.is === 'declined') {
    fail(sandbox, intent, payer, result.failure);
    return { ...paid(session, null), declined: result.failure.message };
  }
  if (result.is === 'action') {
    requireAction(sandbox, intent);
    return paid(session, null);
  }
  if (result.is === 'processing') {
    process(sandbox, intent, payer);
    complete(sandbox, session, 'unpaid', payer.email);
    const { resolve } = payment;
    if (resolve !== undefined)
      scheduleEnd(sandbox, intent, { outcome: resolve.status, afterMs: resolve.afterMs });
  } else pay(sandbox, session, intent, payer);
  return paid(session, payment.return === false ? null : successUrl(session));
}

function pay(
  sandbox: StripeSandbox,
  session: Session,
  intent: PaymentIntent,
  payer: { readonly method: Method; readonly email: string | null },
): void {
  const status = intent.capture_method === 'manual' ? 'unpaid' : 'paid';
  const charge = succeed(sandbox, intent, payer, () => complete(sandbox, session, status, payer.email));
  openDisputeOfCard(sandbox, charge, payer.method);
}

function completeFree(sandbox: StripeSandbox, session: Session, payment: Payment): Paid {
  complete(sandbox, session, 'no_payment_required', payment.email ?? session.customer_email);
  return paid(session, payment.return === false ? null : successUrl(session));
}

/** The payment intent of the session. The first attempt makes it, from what the session was created with. */
function intentOf(sandbox: StripeSandbox, session: Session, payment: Payment): PaymentIntent {
  const { ledger } = sandbox;
  const known = session.payment_intent === null ? undefined : ledger.intents.get(session.payment_intent);
  if (known !== undefined && known.status !== 'canceled') return known;
  const plan = ledger.plans.get(session.id);
  const data = (plan?.intentData ?? {}) as Readonly<Record<string, never>>;
  const asked = {
    amount: payment.amount ?? session.amount_total,
    currency: payment.currency?.toLowerCase() ?? session.currency,
    // A method such as iDEAL can't hold money.
    captureMethod:
      payment.outcome === 'capture' ? 'automatic_async' : (plan?.captureMethod ?? 'automatic_async'),
    methodTypes: session.payment_method_types,
    automaticMethods: session['payment_method_configuration_details'] !== null,
    metadata: data['metadata'],
    description: data['description'],
    statementDescriptor: data['statement_descriptor'],
    statementDescriptorSuffix: data['statement_descriptor_suffix'],
    receiptEmail: data['receipt_email'],
    shipping: data['shipping'],
    methodOptions: plan?.methodOptions ?? {},
  } as const;
  // The session must name it before its first event.
  return sandbox.book.during({}, () => {
    const intent = openIntent(sandbox, asked);
    session.payment_intent = intent.id;
    ledger.save('session', session);
    return intent;
  });
}

function complete(
  { ledger, book }: StripeSandbox,
  session: Session,
  status: Session['payment_status'],
  email: string | null,
): void {
  session.status = 'complete';
  session.payment_status = status;
  session.url = null;
  session.customer_details = customerDetails(email ?? 'payer@example.com', 'Kari Nordmann');
  ledger.save('session', session);
  book.emit('checkout.session.completed', session);
}

function paid(session: Session, returnUrl: string | null): Paid {
  return { sessionId: session.id, transactionId: session.payment_intent, returnUrl, declined: null };
}

function successUrl({ success_url: url, id }: Session): string {
  return url.replaceAll('{CHECKOUT_SESSION_ID}', id);
}

function cancelUrl({ cancel_url: url, id }: Session): string | null {
  return url?.replaceAll('{CHECKOUT_SESSION_ID}', id) ?? null;
}
