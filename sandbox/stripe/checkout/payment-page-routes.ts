/** `/v1/payment_pages`: how Stripe's command-line tool pays a session without a browser. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { parameters, text } from '../http/parameters.ts';
import { StripeError } from '../http/stripe-error.ts';
import { paySession } from '../payer/pay-session.ts';
import { methodOfId } from '../payments/methods.ts';
import type { Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

const confirmSchema = z.looseObject({ payment_method: text(200).optional() });

export function paymentPageRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  const path = '/v1/payment_pages/:id';
  router.get(
    path,
    apiCall(sandbox, 'readSession', (call) => pageObject(ledger.session(call.path('id')))),
  );
  router.post(
    `${path}/confirm`,
    apiCall(sandbox, 'confirm', (call) => {
      const session = ledger.session(call.path('id'));
      const { payment_method: id = 'pm_card_visa' } = parameters(confirmSchema, call.form);
      const method = methodOfId(sandbox, id);
      const isDebit = method?.type === 'sepa_debit';
      const { declined } = paySession(sandbox, session, {
        ...(method?.number === undefined ? {} : { card: method.number }),
        ...(isDebit ? { outcome: 'on_hold' as const } : {}),
      });
      if (declined !== null)
        throw new StripeError(402, { message: declined, type: 'card_error', code: 'card_declined' });
      return pageObject(session);
    }),
  );
}

function pageObject(session: Session): object {
  const { id, payment_intent: intent, payment_status: status, status: state } = session;
  return {
    id,
    object: 'checkout.session',
    session_id: id,
    payment_intent: intent,
    payment_status: status,
    status: state,
  };
}
