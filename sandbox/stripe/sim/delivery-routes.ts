/** `/__sim/callbacks`, `/__sim/events` and `/__sim/endpoints`: what was sent, and sending more. */
import type { Router } from '@koa/router';
import { z } from 'zod';
import { parcelView } from '../../delivery/courier.ts';
import { parseBody, readJson } from '../../http/request-body.ts';
import { openDestination, openEndpoint, removeEndpoint, rollSecret } from '../endpoints/endpoint.ts';
import { eventPlanSchema } from '../events/event-plan.ts';
import { badParameter, missing } from '../http/stripe-error.ts';
import type { Endpoint, EventRecord } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

const endpointSchema = z.strictObject({
  url: z.string().refine((given) => URL.canParse(given)),
  enabled_events: z.array(z.string()).min(1).optional(),
  payload: z.enum(['snapshot', 'thin']).optional(),
  /** By default those of `STRIPE_WEBHOOK_SECRETS`. */
  secrets: z.array(z.string()).min(1).optional(),
});

const rollSchema = z.strictObject({
  secret: z.string().optional(),
  overlapMs: z.number().int().min(0).max(86_400_000).optional(),
});

const forgedSchema = z.strictObject({
  type: z.string(),
  object: z.looseObject({ id: z.string(), object: z.string() }),
  plan: eventPlanSchema.optional(),
});

export function simDeliveryRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, book } = sandbox;
  for (const path of ['/callbacks', '/hooks/deliveries']) {
    router.get(path, (ctx) => {
      const { sessionId } = ctx.query;
      const all = ledger.deliveries;
      const found = typeof sessionId === 'string' ? all.underKey(sessionId) : all.all();
      ctx.body = found.map(parcelView);
    });
  }
  router.get('/events', (ctx) => {
    ctx.body = ledger.events.all().map(({ event }) => event);
  });
  router.post('/events/:id/send', async (ctx) => {
    const id = ctx.params['id'] ?? '';
    const record = ledger.events.get(id) ?? missing('event', id);
    book.resend(record, parseBody(eventPlanSchema, await readJson(ctx.req)));
    ctx.body = { eventId: id };
  });
  // An event about anything, such as an object that does not exist.
  router.post('/events', async (ctx) => {
    const { type, object, plan } = parseBody(forgedSchema, await readJson(ctx.req));
    book.during({ choice: plan }, () => book.emit(type, object));
    ctx.body = { eventId: ledger.events.all().at(-1)?.id };
  });
  router.post('/sessions/:id/callback', async (ctx) => {
    const session = ledger.session(ctx.params['id'] ?? '');
    const plan = parseBody(eventPlanSchema, await readJson(ctx.req));
    book.resend(lastAbout(sandbox, session.id, plan.types), plan);
    ctx.body = { sessionId: session.id };
  });
}

/** The newest event about a session, of these types if any are named. */
function lastAbout({ ledger }: StripeSandbox, id: string, types: readonly string[] | undefined): EventRecord {
  const found = ledger.events.underKey(id).findLast(({ event }) => types?.includes(event.type) ?? true);
  if (found === undefined) throw badParameter('id', `there is no event about ${id} yet`);
  return found;
}

export function simEndpointRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger, settings } = sandbox;
  const endpointOf = (id = ''): Endpoint => ledger.endpoints.get(id) ?? missing('webhook endpoint', id);
  router.get('/endpoints', (ctx) => {
    ctx.body = ledger.endpoints.all().filter(({ deleted }) => !deleted);
  });
  router.post('/endpoints', async (ctx) => {
    const {
      url,
      enabled_events: enabledEvents,
      payload,
      secrets,
    } = parseBody(endpointSchema, await readJson(ctx.req));
    const asked = {
      url,
      enabledEvents,
      secrets: secrets ?? settings.webhookSecrets,
      apiVersion: settings.apiVersion,
    };
    ctx.body =
      payload === 'thin'
        ? openDestination(sandbox, { ...asked, payload, name: url })
        : openEndpoint(sandbox, asked);
  });
  router.delete('/endpoints/:id', (ctx) => {
    removeEndpoint(sandbox, endpointOf(ctx.params['id']));
    ctx.body = {};
  });
  router.post('/endpoints/:id/roll', async (ctx) => {
    const endpoint = endpointOf(ctx.params['id']);
    const { secret, overlapMs = 86_400_000 } = parseBody(rollSchema, await readJson(ctx.req));
    rollSecret(sandbox, endpoint, { secret, overlapMs });
    ctx.body = endpoint;
  });
}
