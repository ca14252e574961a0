/** `paidonce stripe subscribe`: one endpoint for the account, with exactly the events that we need. */
import type { CommandAnswer } from '../gateway-command.ts';
import type { StripeSettings } from './settings.ts';
import { webhookUrl } from './urls.ts';
import {
  createEndpoint,
  isOurs,
  listEndpoints,
  wrongWith,
  type EndpointCalls,
  type WebhookEndpoint,
} from './webhook-endpoints.ts';

/** Keeps an existing endpoint, or creates one and shows its secret. */
export async function subscribe(
  calls: EndpointCalls,
  { publicUrl, webhookSecrets }: Pick<StripeSettings, 'publicUrl' | 'webhookSecrets'>,
): Promise<CommandAnswer> {
  const present = (await listEndpoints(calls)).find((one) => isOurs(one, publicUrl));
  if (present !== undefined) return kept(present, webhookSecrets);
  const { endpoint, secret } = await createEndpoint(calls, webhookUrl(publicUrl));
  const lines = [
    `subscribed ${describe(endpoint)}`,
    `put this secret before the others in STRIPE_WEBHOOK_SECRETS and restart the API; Stripe does not show it to us again: ${secret}`,
  ];
  return { lines, json: { subscription: endpoint, created: true, secret } };
}

/** An endpoint in one line. */
export function describe({ id, url, events, apiVersion, isActive }: WebhookEndpoint): string {
  const what = events.includes('*') ? 'all events' : `${events.length} events`;
  return `${id}  ${url}  ${what}  ${apiVersion ?? "the account's version"}${isActive ? '' : '  (disabled)'}`;
}

function kept(present: WebhookEndpoint, secrets: readonly string[]): CommandAnswer {
  const wrong = wrongWith(present);
  const lines = [`already subscribed: ${describe(present)}`];
  if (wrong !== null) lines.push(`but ${wrong}`);
  if (secrets.length === 0)
    lines.push(
      "STRIPE_WEBHOOK_SECRETS is not set, so its calls are refused; Stripe's dashboard shows the secret of the endpoint (Workbench, Webhooks)",
    );
  const json = { subscription: present, created: false, ...(wrong !== null && { wrong }) };
  return { lines, json, ...(wrong !== null && { isBadNews: true as const }) };
}
