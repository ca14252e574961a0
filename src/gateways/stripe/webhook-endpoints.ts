/** The webhook endpoints of the account: ours, and others. */
import { z } from 'zod';
import type { Subscription } from '../gateway.ts';
import { idField, isWellFormed, shownText } from '../shared/gateway-fields.ts';
import { API_VERSION, type StripeClient } from './client.ts';
import { SUBSCRIBED_EVENTS } from './event-types.ts';
import { expected, rejected } from './parse-answer.ts';
import { flagField } from './stripe-fields.ts';
import { isId, webhookUrl } from './urls.ts';

export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  /** The version of its events; null for the account's own. */
  readonly apiVersion: string | null;
  /** False if it is switched off: by a person, or by Stripe after many failures. */
  readonly isActive: boolean;
}

export interface EndpointCalls {
  readonly client: StripeClient;
  readonly signal?: AbortSignal | undefined;
}

const PATH = '/v1/webhook_endpoints';

const endpointSchema = z
  .object({
    id: idField,
    url: z.string().transform((url) => (isWellFormed(url) ? url : shownText(url))),
    status: z.string(),
    enabled_events: z.array(z.string().transform((event) => shownText(event, 100))),
    api_version: z
      .string()
      .nullish()
      .transform((version) => (version ? shownText(version, 50) : null)),
  })
  .transform(({ id, url, status, enabled_events: events, api_version: apiVersion }): WebhookEndpoint => {
    return { id, url, events, apiVersion, isActive: status === 'enabled' };
  });
const listSchema = z.object({ data: z.array(endpointSchema) });
const createdSchema = z.object({ id: idField, secret: z.string().min(1) });
const deletedSchema = z.object({ deleted: flagField });

/** Every webhook endpoint of the account. Stripe allows 16. */
export async function listEndpoints({ client, signal }: EndpointCalls): Promise<readonly WebhookEndpoint[]> {
  const operation = 'list webhook endpoints';
  const answer = await client({ operation, method: 'GET', path: PATH, query: { limit: 100 }, signal });
  return expected(listSchema, operation, answer).data;
}

/** Creates our endpoint. Not idempotent: list the endpoints first. Stripe never shows the secret again. */
export async function createEndpoint(
  { client }: EndpointCalls,
  url: string,
): Promise<{ readonly endpoint: WebhookEndpoint; readonly secret: string }> {
  const operation = 'create webhook endpoint';
  const form = {
    url,
    enabled_events: SUBSCRIBED_EVENTS,
    api_version: API_VERSION,
    description: 'paidonce',
  };
  const answer = await client({ operation, method: 'POST', path: PATH, form });
  const { id, secret } = expected(createdSchema, operation, answer);
  const endpoint = { id, url, events: SUBSCRIBED_EVENTS, apiVersion: API_VERSION, isActive: true };
  return { endpoint, secret };
}

export async function deleteEndpoint({ client }: EndpointCalls, id: string): Promise<void> {
  const operation = 'delete webhook endpoint';
  if (!isId('we', id)) throw rejected(operation, NOT_AN_ID);
  const answer = await client({ operation, method: 'DELETE', path: `${PATH}/${id}` });
  expected(deletedSchema, operation, answer);
}

const NOT_AN_ID = { status: 404, body: { error: { message: 'expected the id of an endpoint: we_…' } } };

/** Whether our endpoint still exists and sends all that we need, as we understand it. */
export async function findSubscription(calls: EndpointCalls, publicUrl: string): Promise<Subscription> {
  const ours = (await listEndpoints(calls)).filter((one) => isOurs(one, publicUrl));
  const [first] = ours;
  if (first === undefined) return 'missing';
  if (ours.some((one) => wrongWith(one) === null)) return 'there';
  return { wrong: wrongWith(first) ?? '' };
}

export function isOurs({ url }: Pick<WebhookEndpoint, 'url'>, publicUrl: string): boolean {
  return url === webhookUrl(publicUrl);
}

/** What is wrong with an endpoint of ours, and what to do; null if nothing is. */
export function wrongWith({ id, events, apiVersion, isActive }: WebhookEndpoint): string | null {
  const missing = events.includes('*') ? [] : SUBSCRIBED_EVENTS.filter((event) => !events.includes(event));
  if (!isActive) return `${id} is disabled: enable it in Stripe's dashboard (Workbench, Webhooks)`;
  if (missing.length > 0)
    return `${id} does not send ${missing.join(', ')}: add ${missing.length === 1 ? 'it' : 'them'} in Stripe's dashboard (Workbench, Webhooks)`;
  if (apiVersion !== API_VERSION)
    return (
      `${id} sends events in the version ${apiVersion ?? 'of the account'}, expected ${API_VERSION}: ` +
      `paidonce stripe unsubscribe ${id}, then paidonce stripe subscribe`
    );
  return null;
}
