/** `paidonce dintero …`: sets up both ways in which Dintero calls us. Secrets go to the terminal and nowhere else. */
import type { CommandAnswer, GatewayCommand } from '../gateway-command.ts';
import { createDinteroClient } from './client.ts';
import { deleteSubscription, isOurs, listSubscriptions } from './hooks.ts';
import type { DinteroSettings } from './settings.ts';
import type { SigningSecret } from './signing-secret.ts';
import { createSigningSecret, readSigningSecret } from './signing-secret.ts';
import { describe, subscribe } from './subscribe.ts';

type DinteroCommand = GatewayCommand<DinteroSettings>;

const SUBSCRIBE: DinteroCommand = {
  name: 'subscribe',
  summary: 'have Dintero tell us of every change on the account',
  help: `
Subscribes PUBLIC_URL/callbacks/dintero/account, signed with the first of DINTERO_WEBHOOK_SECRETS, which the running API must have. Dintero pings the address
at once. Where the API does not verify the ping within 15 s, the subscription is removed again: exit code 1.
Without DINTERO_WEBHOOK_SECRETS, a secret is made up and printed, this once, and the ping is not checked. A subscription that is there already, active and about
transactions, is kept.

Example:
  paidonce dintero subscribe`,
  run: (settings) => subscribe(callsOf(settings), settings),
};

const SUBSCRIPTIONS: DinteroCommand = {
  name: 'subscriptions',
  summary: 'list the webhooks of the account, ours and others',
  help: `
Example:
  paidonce dintero subscriptions --json`,
  async run(settings) {
    const found = await listSubscriptions(callsOf(settings));
    const lines = found.map((one) => `${describe(one)}${isOurs(settings, one) ? '  (ours)' : ''}`);
    const json = { subscriptions: found.map((one) => ({ ...one, ours: isOurs(settings, one) })) };
    return { lines: lines.length > 0 ? lines : ['no subscriptions'], json };
  },
};

const UNSUBSCRIBE: DinteroCommand = {
  name: 'unsubscribe',
  summary: 'end a subscription',
  argument: { name: 'subscription', summary: 'its id, as `paidonce dintero subscriptions` lists it' },
  help: `
Example:
  paidonce dintero unsubscribe 3c90c3cc-0d44-4b50-8888-8dd25736052a`,
  async run(settings, { argument: id }) {
    await deleteSubscription(callsOf(settings), id);
    return { lines: [`unsubscribed ${id}`], json: { id, deleted: true } };
  },
};

const SIGNATURE: DinteroCommand = {
  name: 'signature',
  summary: 'show the secret that signs session callbacks, or make the first one',
  flag: { name: 'rotate', summary: 'make a new one; the present one may stop at once' },
  help: `
What is printed belongs into DINTERO_SIGNATURE_SECRETS, before the others: any of them may sign. Rotate when few are paying: what Dintero
signs with a secret that the service does not have yet is refused, and found by the sweep instead.

Example:
  paidonce dintero signature --rotate`,
  run: signature,
};

/** In the order in which they are needed. */
export const DINTERO_COMMANDS: readonly DinteroCommand[] = [SIGNATURE, SUBSCRIBE, SUBSCRIPTIONS, UNSUBSCRIBE];

async function signature(
  settings: DinteroSettings,
  { isFlagged: isRotation }: { readonly isFlagged: boolean },
): Promise<CommandAnswer> {
  const client = clientFor(settings);
  const present = isRotation ? null : await readSigningSecret(client);
  const secret = present ?? (await createSigningSecret(client));
  const isConfigured = settings.signatureSecrets.includes(secret.secret);
  const json = { ...secret, created: present === null, configured: isConfigured };
  return { lines: linesFor(secret, present === null, isConfigured), json };
}

function linesFor(
  { secret, createdAt }: SigningSecret,
  isCreated: boolean,
  isConfigured: boolean,
): readonly string[] {
  const since = createdAt === undefined ? '' : `, since ${createdAt}`;
  return [
    `${isCreated ? 'new secret' : 'secret'}${since}: ${secret}`,
    isConfigured
      ? 'it is one of DINTERO_SIGNATURE_SECRETS'
      : 'put it first into DINTERO_SIGNATURE_SECRETS, keep the others for now, and restart the API',
  ];
}

function callsOf(settings: DinteroSettings) {
  return { client: clientFor(settings), accountId: settings.accountId };
}

function clientFor(settings: DinteroSettings) {
  return createDinteroClient(settings, { now: () => new Date() });
}
