import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import { flag, inert, list, parameters, text, wordOf } from '../http/parameters.ts';
import { badParameter, missing } from '../http/stripe-error.ts';
import type { EventRecord } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { isWanted } from './event-objects.ts';
import { eventView, isDelivered } from './event-view.ts';

const KEPT_SECONDS = 30 * 86_400;

const listSchema = z.strictObject({
  ...pageFields,
  type: text().optional(),
  types: list(text()).max(20, { error: 'You can provide at most 20 types.' }).optional(),
  delivery_success: flag.optional(),
});

/** `/v1/events`, and the thin events of `/v2/core/events`. */
export function eventRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, book } = sandbox;
  router.get(
    '/v1/events',
    apiCall(sandbox, 'events', ({ form }) => listEvents(sandbox, parameters(listSchema, form))),
  );
  router.get(
    '/v1/events/:id',
    apiCall(sandbox, 'events', (call) => eventView(recordOf(sandbox, call.path('id')), ledger)),
  );
  // The command-line tool of Stripe sends an event again by this call.
  router.post(
    '/v1/events/:id/retry',
    apiCall(sandbox, 'events', (call) => {
      const record = recordOf(sandbox, call.path('id'));
      const { webhook_endpoint: only } = parameters(retrySchema, call.form);
      const endpoints = ledger.endpoints
        .all()
        .filter(({ id, deleted }) => !deleted && (only === undefined || id === only));
      book.resend(record, {}, endpoints);
      return eventView(record, ledger);
    }),
  );
  router.get(
    '/v2/core/events/:id',
    apiCall(sandbox, 'events', (call) => {
      const id = call.path('id');
      return ledger.thins.get(id) ?? missing('event', id);
    }),
  );
  router.get(
    '/v2/core/events',
    apiCall(sandbox, 'events', ({ form }) => listThin(sandbox, wordOf(form, 'object_id', ''))),
  );
}

const retrySchema = z.looseObject({ webhook_endpoint: text().optional(), account: inert });

function recordOf({ ledger, clock }: StripeSandbox, id: string): EventRecord {
  const record = ledger.events.get(id);
  if (record === undefined || record.event.created < clock.now() - KEPT_SECONDS) return missing('event', id);
  return record;
}

function listEvents({ ledger, clock }: StripeSandbox, asked: z.output<typeof listSchema>): object {
  const { type, types, delivery_success: success } = asked;
  if (type !== undefined && types !== undefined)
    throw badParameter('types', 'You may not specify both `type` and `types`.');
  const wanted = type === undefined ? types : [type];
  const oldest = clock.now() - KEPT_SECONDS;
  const page = pageOf(asked, {
    table: ledger.events,
    url: '/v1/events',
    createdAt: ({ event }) => event.created,
    fits: (record: EventRecord) =>
      record.event.created >= oldest &&
      (wanted === undefined || isWanted(wanted, record.event.type)) &&
      (success === undefined || isDelivered(record, ledger) === success),
  });
  return { ...page, data: page.data.map((record) => eventView(record, ledger)) };
}

function listThin({ ledger }: StripeSandbox, objectId: string): object {
  const newestFirst = [...ledger.thins.newestFirst()];
  const data = newestFirst.filter(({ related_object: related }) => {
    return objectId === '' || (related as { id?: string } | null)?.id === objectId;
  });
  return { data: data.slice(0, 20), next_page_url: null, previous_page_url: null };
}
