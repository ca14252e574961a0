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
import { cancelDeliveries, openEndpoint, removeEndpoint } from './endpoint.ts';

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
      const { id } = removeEndpoint(sandbox, endpointOf(sandbox, call));
      return { id, object: 'webhook_endpoint', deleted: true };
    }),
  );
}

/** The endpoint of the path, or a 404. */
export function endpointOf({ ledger }: StripeSandbox, call: ApiCall): Endpoint {
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
