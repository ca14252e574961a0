import type { Router } from '@koa/router';
import { z } from 'zod';
import { type ApiCall, apiCall } from '../http/api-call.ts';
import { pageFields, pageOf } from '../http/list-page.ts';
import {
  emptyable,
  expand,
  flag,
  inert,
  list,
  mergedMetadata,
  metadataSchema,
  parameters,
  text,
} from '../http/parameters.ts';
import { missing } from '../http/stripe-error.ts';
import type { Endpoint } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { cancelDeliveries, openDestination, openEndpoint } from './endpoint.ts';

const url = text().refine((given) => URL.canParse(given) && /^https?:/.test(given), {
  error: 'Invalid URL: An explicit scheme (such as https) must be provided.',
  params: { stripe: 'url_invalid' },
});

const createSchema = z.strictObject({
  url,
  enabled_events: list(text()).min(1),
  api_version: text().optional(),
  connect: inert,
  description: emptyable().optional(),
  metadata: metadataSchema.optional(),
  expand,
});

const updateSchema = z.strictObject({
  url: url.optional(),
  enabled_events: list(text()).min(1).optional(),
  description: emptyable().optional(),
  disabled: flag.optional(),
  metadata: metadataSchema.optional(),
  expand,
});

const PATH = '/v1/webhook_endpoints';

/** `/v1/webhook_endpoints` */
export function endpointRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  router.post(
    PATH,
    apiCall(sandbox, 'hooks', ({ form }) => {
      const {
        enabled_events: enabledEvents,
        api_version: apiVersion,
        ...asked
      } = parameters(createSchema, form);
      const endpoint = openEndpoint(sandbox, { ...asked, enabledEvents, apiVersion });
      // Only this answer has the secret.
      return { ...endpoint.shown, secret: endpoint.secrets[0]?.secret };
    }),
  );
  router.get(
    PATH,
    apiCall(sandbox, 'hooks', ({ form }) =>
      listEndpoints(sandbox, parameters(z.strictObject(pageFields), form)),
    ),
  );
  router.get(
    `${PATH}/:id`,
    apiCall(sandbox, 'hooks', (call) => endpointOf(sandbox, call).shown),
  );
  router.post(
    `${PATH}/:id`,
    apiCall(sandbox, 'hooks', (call) =>
      updateEndpoint(sandbox, endpointOf(sandbox, call), parameters(updateSchema, call.form)),
    ),
  );
  router.delete(
    `${PATH}/:id`,
    apiCall(sandbox, 'hooks', (call) => {
      const endpoint = endpointOf(sandbox, call);
      endpoint.deleted = true;
      ledger.save('endpoint', endpoint);
      cancelDeliveries(sandbox, endpoint);
      return { id: endpoint.id, object: 'webhook_endpoint', deleted: true };
    }),
  );
}

function endpointOf({ ledger }: StripeSandbox, call: ApiCall): Endpoint {
  const id = call.path('id');
  const endpoint = ledger.endpoints.get(id);
  return endpoint === undefined || endpoint.deleted ? missing('webhook endpoint', id) : endpoint;
}

function listEndpoints({ ledger }: StripeSandbox, asked: Parameters<typeof pageOf>[0]): object {
  const page = pageOf(asked, {
    table: ledger.endpoints,
    url: PATH,
    createdAt: ({ shown }) => Number(shown['created']),
    fits: ({ deleted, shown }: Endpoint) => !deleted && shown.object === 'webhook_endpoint',
  });
  return { ...page, data: page.data.map(({ shown }) => shown) };
}

function updateEndpoint(
  sandbox: StripeSandbox,
  endpoint: Endpoint,
  { disabled, metadata, ...asked }: z.output<typeof updateSchema>,
): object {
  const { shown } = endpoint;
  shown.url = asked.url ?? shown.url;
  shown.enabled_events = asked.enabled_events ?? shown.enabled_events;
  if (asked.description !== undefined) shown['description'] = asked.description;
  if (metadata !== undefined)
    shown['metadata'] = mergedMetadata(shown['metadata'] as Record<string, string>, metadata);
  if (disabled !== undefined) shown.status = disabled ? 'disabled' : 'enabled';
  sandbox.ledger.save('endpoint', endpoint);
  if (disabled === true) cancelDeliveries(sandbox, endpoint);
  return shown;
}

const destinationSchema = z.looseObject({
  name: z.string().min(1),
  type: z.literal('webhook_endpoint'),
  event_payload: z.enum(['snapshot', 'thin']),
  enabled_events: z.array(z.string()).min(1),
  webhook_endpoint: z.object({ url: z.string() }),
  include: z.array(z.string()).optional(),
  description: z.string().optional(),
  snapshot_api_version: z.string().optional(),
});

/** `/v2/core/event_destinations` */
export function destinationRoutes(router: Router, sandbox: StripeSandbox): void {
  const { ledger } = sandbox;
  const path = '/v2/core/event_destinations';
  router.post(
    path,
    apiCall(sandbox, 'hooks', ({ form }) => {
      const asked = parameters(destinationSchema, form);
      const endpoint = openDestination(sandbox, {
        url: asked.webhook_endpoint.url,
        payload: asked.event_payload,
        name: asked.name,
        enabledEvents: asked.enabled_events,
        description: asked.description,
        apiVersion: asked.snapshot_api_version,
      });
      return destinationView(endpoint, true);
    }),
  );
  router.get(
    path,
    apiCall(sandbox, 'hooks', () => {
      const all = ledger.endpoints
        .all()
        .filter(({ deleted, shown }) => !deleted && shown.object.startsWith('v2.'));
      const data = all.map((endpoint) => destinationView(endpoint, false));
      return { data, next_page_url: null, previous_page_url: null };
    }),
  );
  router.get(
    `${path}/:id`,
    apiCall(sandbox, 'hooks', (call) => destinationView(endpointOf(sandbox, call), false)),
  );
  router.delete(
    `${path}/:id`,
    apiCall(sandbox, 'hooks', (call) => {
      const endpoint = endpointOf(sandbox, call);
      endpoint.deleted = true;
      ledger.save('endpoint', endpoint);
      cancelDeliveries(sandbox, endpoint);
      return { id: endpoint.id, object: 'v2.core.event_destination' };
    }),
  );
}

const listenSchema = z.looseObject({ websocket_features: z.array(z.string()).default(['webhooks']) });

/** `stripe listen` */
export function listenRoutes(router: Router, sandbox: StripeSandbox): void {
  const { listeners, settings } = sandbox;
  router.post(
    '/v1/stripecli/sessions',
    apiCall(sandbox, 'hooks', ({ form }) => {
      const { websocket_features: features } = parameters(listenSchema, form);
      return listeners.open(features, sandbox.publicUrl, settings.apiVersion);
    }),
  );
}

function destinationView({ shown: { url: address, ...shown }, secrets }: Endpoint, whole: boolean): object {
  const secret = whole ? { signing_secret: secrets[0]?.secret } : {};
  return { ...shown, webhook_endpoint: { ...secret, url: address } };
}
