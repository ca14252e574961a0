/**
 * `paidonce dintero …`: sets up session callbacks and account webhooks. Secrets are printed on the terminal
 * and nowhere else.
 */
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
  summary: 'subscribe to webhooks about every change on the account',
  help: `
Subscribes PUBLIC_URL/callbacks/dintero/account, signed with the first of DINTERO_WEBHOOK_SECRETS, which the running API must have. Dintero pings the address
at once. If the API does not verify the ping within 15 s, the subscription is removed again and the command exits with 1.
Without DINTERO_WEBHOOK_SECRETS, a secret is generated and printed once, and the ping is not checked. An existing subscription that is active and about
transactions is kept.

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
  summary: 'delete a subscription',
  argument: { name: 'subscription', summary: 'its id; `paidonce dintero subscriptions` lists it' },
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
  summary: 'show the secret that signs session callbacks, or create the first one',
  flag: { name: 'rotate', summary: 'create a new secret; the current one may stop working at once' },
  help: `
Put the printed secret into DINTERO_SIGNATURE_SECRETS before the others: any of them may sign. Rotate when few payers are active: callbacks that Dintero
signs with a secret that the service does not have yet are refused, and the sweep finds their payments instead.

Example:
  paidonce dintero signature --rotate`,
  run: signature,
};

/** In the order in which an operator needs them. */
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
      ? 'it is already in DINTERO_SIGNATURE_SECRETS'
      : 'add it as the first of DINTERO_SIGNATURE_SECRETS, keep the others for now, and restart the API',
  ];
}

function callsOf(settings: DinteroSettings) {
  return { client: clientFor(settings), accountId: settings.accountId };
}

function clientFor(settings: DinteroSettings) {
  return createDinteroClient(settings, { now: () => new Date() });
}
