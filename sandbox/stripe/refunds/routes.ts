import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import {
  expand,
  inert,
  integer,
  mergedMetadata,
  metadataSchema,
  parameters,
  text,
} from '../http/parameters.ts';
import type { Refund } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { createRefund } from './create-refund.ts';
import { cancelRefund } from './settle-refund.ts';

const createSchema = z.strictObject({
  amount: integer(1).optional(),
  charge: text().optional(),
  payment_intent: text().optional(),
  reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
  metadata: metadataSchema.optional(),
  currency: inert,
  customer: inert,
  instructions_email: inert,
  origin: inert,
  refund_application_fee: inert,
  reverse_transfer: inert,
  expand,
});

const listSchema = z.strictObject({
  ...pageFields,
  charge: text().optional(),
  payment_intent: text().optional(),
});

const updateSchema = z.strictObject({ metadata: metadataSchema.optional(), expand });

/** `/v1/refunds` */
export function refundRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, book } = sandbox;
  router.post(
    '/v1/refunds',
    apiCall(sandbox, 'refund', ({ form, fault }) =>
      createRefund(sandbox, parameters(createSchema, form), fault),
    ),
  );
  router.get(
    '/v1/refunds',
    apiCall(sandbox, 'refunds', ({ form }) =>
      listRefunds(sandbox, '/v1/refunds', parameters(listSchema, form)),
    ),
  );
  router.get(
    '/v1/charges/:id/refunds',
    apiCall(sandbox, 'refunds', (call) => {
      const { id } = ledger.charge(call.path('id'));
      const asked = { ...parameters(listSchema, call.form), charge: id };
      return listRefunds(sandbox, `/v1/charges/${id}/refunds`, asked);
    }),
  );
  router.get(
    '/v1/refunds/:id',
    apiCall(sandbox, 'refunds', (call) => ledger.refund(call.path('id'))),
  );
  router.post(
    '/v1/refunds/:id',
    apiCall(sandbox, 'refunds', (call) => {
      const refund = ledger.refund(call.path('id'));
      refund.metadata = mergedMetadata(refund.metadata, parameters(updateSchema, call.form).metadata);
      ledger.save('refund', refund);
      book.emit('refund.updated', refund);
      book.emit('charge.refund.updated', refund);
      return refund;
    }),
  );
  router.post(
    '/v1/refunds/:id/cancel',
    apiCall(sandbox, 'refunds', (call) => cancelRefund(sandbox, ledger.refund(call.path('id')))),
  );
}

function listRefunds({ ledger }: StripeSandbox, url: string, asked: z.output<typeof listSchema>): object {
  const keys = [asked.charge, asked.payment_intent].filter((key) => key !== undefined);
  return pageOf(asked, {
    table: ledger.refunds,
    url,
    keys: keys.length === 0 ? undefined : keys,
    createdAt: ({ created }) => created,
    fits: (refund: Refund) =>
      (asked.charge === undefined || refund.charge === asked.charge) &&
      (asked.payment_intent === undefined || refund.payment_intent === asked.payment_intent),
  });
}
