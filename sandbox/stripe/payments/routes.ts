import type { Router } from '@koa/router';
import { z } from 'zod';
import { type ApiCall, apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import { expand, inert, mergedMetadata, metadataSchema, parameters, text } from '../http/parameters.ts';
import type { Charge, PaymentIntent } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { cancelByCall } from './cancel-intent.ts';
import { captureIntent } from './capture-intent.ts';
import { confirmIntent, createIntent } from './confirm-intent.ts';
import {
  cancelSchema,
  captureSchema,
  confirmSchema,
  intentListSchema,
  intentSchema,
  updateSchema,
} from './intent-parameters.ts';

const PATH = '/v1/payment_intents';

/** `/v1/payment_intents` */
export function intentRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  const intentOf = (call: ApiCall): PaymentIntent => ledger.intent(call.path('id'));
  router.post(
    PATH,
    apiCall(sandbox, 'createTransaction', ({ form }) =>
      createIntent(sandbox, parameters(intentSchema, form)),
    ),
  );
  router.get(
    PATH,
    apiCall(sandbox, 'list', ({ form }) => listIntents(sandbox, parameters(intentListSchema, form))),
  );
  router.get(`${PATH}/:id`, apiCall(sandbox, 'readTransaction', intentOf));
  router.post(
    `${PATH}/:id`,
    apiCall(sandbox, 'updateTransaction', (call) => updateIntent(sandbox, intentOf(call), call)),
  );
  router.post(
    `${PATH}/:id/confirm`,
    apiCall(sandbox, 'confirm', (call) =>
      confirmIntent(sandbox, intentOf(call), parameters(confirmSchema, call.form)),
    ),
  );
  router.post(
    `${PATH}/:id/capture`,
    apiCall(sandbox, 'capture', (call) => {
      const {
        amount_to_capture: amount,
        final_capture: final,
        metadata,
      } = parameters(captureSchema, call.form);
      const intent = intentOf(call);
      const captured = captureIntent(sandbox, intent, { amount, final });
      intent.metadata = mergedMetadata(intent.metadata, metadata);
      ledger.save('intent', intent);
      return captured;
    }),
  );
  router.post(
    `${PATH}/:id/cancel`,
    apiCall(sandbox, 'void', (call) => {
      const { cancellation_reason: reason = null } = parameters(cancelSchema, call.form);
      return cancelByCall(sandbox, intentOf(call), reason);
    }),
  );
}

function listIntents({ ledger }: StripeSandbox, asked: z.output<typeof intentListSchema>): object {
  return pageOf(asked, {
    table: ledger.intents,
    url: PATH,
    createdAt: ({ created }) => created,
    fits: (intent: PaymentIntent) => asked.customer === undefined || intent['customer'] === asked.customer,
  });
}

function updateIntent({ ledger }: StripeSandbox, intent: PaymentIntent, { form }: ApiCall): PaymentIntent {
  const { metadata, ...asked } = parameters(updateSchema, form);
  intent.metadata = mergedMetadata(intent.metadata, metadata);
  for (const name of [
    'description',
    'receipt_email',
    'statement_descriptor',
    'statement_descriptor_suffix',
  ] as const)
    if (asked[name] !== undefined) intent[name] = asked[name];
  ledger.save('intent', intent);
  return intent;
}

const chargeListSchema = z.strictObject({
  ...pageFields,
  payment_intent: text().optional(),
  customer: text().optional(),
  transfer_group: inert,
});

const chargeUpdateSchema = z.strictObject({
  description: text(1_000).optional(),
  metadata: metadataSchema.optional(),
  customer: inert,
  fraud_details: inert,
  receipt_email: inert,
  shipping: inert,
  transfer_group: inert,
  expand,
});

/** `/v1/charges` */
export function chargeRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, book } = sandbox;
  router.get(
    '/v1/charges',
    apiCall(sandbox, 'charges', ({ form }) => listCharges(sandbox, parameters(chargeListSchema, form))),
  );
  router.get(
    '/v1/charges/:id',
    apiCall(sandbox, 'charges', (call) => ledger.charge(call.path('id'))),
  );
  router.post(
    '/v1/charges/:id',
    apiCall(sandbox, 'charges', (call) => {
      const charge = ledger.charge(call.path('id'));
      const { metadata, description } = parameters(chargeUpdateSchema, call.form);
      charge.metadata = mergedMetadata(charge.metadata, metadata);
      charge.description = description ?? charge.description;
      ledger.save('charge', charge);
      book.emit('charge.updated', charge);
      return charge;
    }),
  );
}

function listCharges({ ledger }: StripeSandbox, asked: z.output<typeof chargeListSchema>): object {
  const { payment_intent: intent, customer } = asked;
  return pageOf(asked, {
    table: ledger.charges,
    url: '/v1/charges',
    keys: intent === undefined ? undefined : [intent],
    createdAt: ({ created }) => created,
    fits: (charge: Charge) =>
      (intent === undefined || charge.payment_intent === intent) &&
      (customer === undefined || charge['customer'] === customer),
  });
}
