import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import { expand, mergedMetadata, parameters, text } from '../http/parameters.ts';
import type { Session } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { createSession } from './create-session.ts';
import { expireSession } from './expire-session.ts';
import { sessionSchema, sessionUpdateSchema } from './session-parameters.ts';

const listSchema = z.strictObject({
  ...pageFields,
  payment_intent: text().optional(),
  payment_link: text().optional(),
  subscription: text().optional(),
  customer: text().optional(),
  customer_account: text().optional(),
  customer_details: z.strictObject({ email: text() }).optional(),
  status: z.enum(['open', 'complete', 'expired']).optional(),
});

const plainSchema = z.strictObject({ expand });

/** `/v1/checkout/sessions` */
export function checkoutRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  const path = '/v1/checkout/sessions';
  router.post(
    path,
    apiCall(sandbox, 'create', ({ form }) => createSession(sandbox, parameters(sessionSchema, form))),
  );
  router.get(
    path,
    apiCall(sandbox, 'search', ({ form }) => listSessions(sandbox, parameters(listSchema, form))),
  );
  router.get(
    `${path}/:id`,
    apiCall(sandbox, 'readSession', (call) => {
      parameters(plainSchema, call.form);
      return ledger.session(call.path('id'));
    }),
  );
  router.post(
    `${path}/:id`,
    apiCall(sandbox, 'updateSession', (call) => {
      const session = ledger.session(call.path('id'));
      const { metadata } = parameters(sessionUpdateSchema, call.form);
      session.metadata = mergedMetadata(session.metadata, metadata);
      ledger.save('session', session);
      return session;
    }),
  );
  router.post(
    `${path}/:id/expire`,
    apiCall(sandbox, 'cancel', (call) => {
      parameters(plainSchema, call.form);
      return expireSession(sandbox, ledger.session(call.path('id')));
    }),
  );
  router.get(
    `${path}/:id/line_items`,
    apiCall(sandbox, 'readSession', (call) => {
      const { id } = ledger.session(call.path('id'));
      const data = ledger.plans.get(id)?.lineItems ?? [];
      return { object: 'list', data, has_more: false, url: `${path}/${id}/line_items` };
    }),
  );
}

function listSessions({ ledger }: StripeSandbox, asked: z.output<typeof listSchema>): object {
  const { payment_intent: intent, status, customer_details: details, customer } = asked;
  return pageOf(asked, {
    table: ledger.sessions,
    url: '/v1/checkout/sessions',
    keys: intent === undefined ? undefined : [intent],
    createdAt: ({ created }) => created,
    fits: (session: Session) =>
      (intent === undefined || session.payment_intent === intent) &&
      (status === undefined || session.status === status) &&
      (customer === undefined || session['customer'] === customer) &&
      (details === undefined || session.customer_details?.['email'] === details.email),
  });
}
