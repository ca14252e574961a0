import type { Router } from '@koa/router';
import { z } from 'zod';
import { apiCall } from '../http/api-call.ts';
import { parameters } from '../http/parameters.ts';
import type { Endpoint } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { openDestination, removeEndpoint } from './endpoint.ts';
import { endpointOf } from './routes.ts';

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
      const { id } = removeEndpoint(sandbox, endpointOf(sandbox, call));
      return { id, object: 'v2.core.event_destination' };
    }),
  );
}

function destinationView({ shown: { url: address, ...shown }, secrets }: Endpoint, whole: boolean): object {
  const secret = whole ? { signing_secret: secrets[0]?.secret } : {};
  return { ...shown, webhook_endpoint: { ...secret, url: address } };
}
