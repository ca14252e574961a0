/** `paidonce stripe …`: sets up the webhook endpoint. A secret is printed on the terminal and nowhere else. */
import type { GatewayCommand } from '../gateway-command.ts';
import { createStripeClient } from './client.ts';
import type { StripeSettings } from './settings.ts';
import { describe, subscribe } from './subscribe.ts';
import { deleteEndpoint, isOurs, listEndpoints } from './webhook-endpoints.ts';

type StripeCommand = GatewayCommand<StripeSettings>;

const SUBSCRIBE: StripeCommand = {
  name: 'subscribe',
  summary: 'create the webhook endpoint of this service',
  help: `
Creates a webhook endpoint at PUBLIC_URL/callbacks/stripe with the events and the API version that paidonce needs, and prints its secret once: put it into
STRIPE_WEBHOOK_SECRETS. An endpoint that exists at this address is kept; the command exits with 1 if something is wrong with it.
Stripe reaches no private address. For a machine without a public name: stripe listen --forward-to localhost:3000/callbacks/stripe

Example:
  paidonce stripe subscribe`,
  run: (settings) => subscribe(callsOf(settings), settings),
};

const SUBSCRIPTIONS: StripeCommand = {
  name: 'subscriptions',
  summary: 'list the webhook endpoints of the account, ours and others',
  help: `
Example:
  paidonce stripe subscriptions --json`,
  async run(settings) {
    const { publicUrl } = settings;
    const found = await listEndpoints(callsOf(settings));
    const lines = found.map((one) => `${describe(one)}${isOurs(one, publicUrl) ? '  (ours)' : ''}`);
    const json = { subscriptions: found.map((one) => ({ ...one, ours: isOurs(one, publicUrl) })) };
    return { lines: lines.length > 0 ? lines : ['no subscriptions'], json };
  },
};

const UNSUBSCRIBE: StripeCommand = {
  name: 'unsubscribe',
  summary: 'delete a webhook endpoint',
  argument: { name: 'subscription', summary: 'its id; `paidonce stripe subscriptions` lists it' },
  help: `
Example:
  paidonce stripe unsubscribe we_1MsQ2aLkdIwHu7ixyz0AbCdE`,
  async run(settings, { argument: id }) {
    await deleteEndpoint(callsOf(settings), id);
    return { lines: [`unsubscribed ${id}`], json: { id, deleted: true } };
  },
};

/** In the order in which an operator needs them. */
export const STRIPE_COMMANDS: readonly StripeCommand[] = [SUBSCRIBE, SUBSCRIPTIONS, UNSUBSCRIBE];

function callsOf(settings: StripeSettings) {
  return { client: createStripeClient(settings, { now: () => new Date() }) };
}
