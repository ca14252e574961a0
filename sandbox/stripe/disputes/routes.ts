import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import {
  emptyable,
  expand,
  flag,
  mergedMetadata,
  metadataSchema,
  parameters,
  text,
} from '../http/parameters.ts';
import type { Dispute } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { closeDispute, EVIDENCE } from './move-dispute.ts';

const listSchema = z.strictObject({
  ...pageFields,
  charge: text().optional(),
  payment_intent: text().optional(),
});

const updateSchema = z.strictObject({
  evidence: z
    .strictObject(Object.fromEntries(EVIDENCE.map((name) => [name, emptyable(150_000).optional()])))
    .optional(),
  metadata: metadataSchema.optional(),
  submit: flag.optional(),
  expand,
});

/** `/v1/disputes` */
export function disputeRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  router.get(
    '/v1/disputes',
    apiCall(sandbox, 'disputes', ({ form }) => listDisputes(sandbox, parameters(listSchema, form))),
  );
  router.get(
    '/v1/disputes/:id',
    apiCall(sandbox, 'disputes', (call) => ledger.dispute(call.path('id'))),
  );
  router.post(
    '/v1/disputes/:id',
    apiCall(sandbox, 'disputes', (call) =>
      updateDispute(sandbox, ledger.dispute(call.path('id')), parameters(updateSchema, call.form)),
    ),
  );
  router.post(
    '/v1/disputes/:id/close',
    apiCall(sandbox, 'disputes', (call) => closeDispute(sandbox, ledger.dispute(call.path('id')), 'lost')),
  );
}

function listDisputes({ ledger }: StripeSandbox, asked: z.output<typeof listSchema>): object {
  const keys = [asked.charge, asked.payment_intent].filter((key) => key !== undefined);
  return pageOf(asked, {
    table: ledger.disputes,
    url: '/v1/disputes',
    keys: keys.length === 0 ? undefined : keys,
    createdAt: ({ created }) => created,
    fits: (dispute: Dispute) =>
      (asked.charge === undefined || dispute.charge === asked.charge) &&
      (asked.payment_intent === undefined || dispute.payment_intent === asked.payment_intent),
  });
}

function updateDispute(
  { ledger, book }: StripeSandbox,
  dispute: Dispute,
  { evidence, metadata, submit = true }: z.output<typeof updateSchema>,
): Dispute {
  dispute.metadata = mergedMetadata(dispute.metadata, metadata);
  if (evidence !== undefined) {
    Object.assign(dispute.evidence, evidence);
    dispute.evidence_details = {
      ...dispute.evidence_details,
      has_evidence: true,
      submission_count: submit ? 1 : 0,
    };
    if (submit)
      dispute.status = dispute.status.startsWith('warning') ? 'warning_under_review' : 'under_review';
  }
  ledger.save('dispute', dispute);
  book.emit('charge.dispute.updated', dispute);
  return dispute;
}
