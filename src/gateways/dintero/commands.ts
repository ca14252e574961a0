/** `paidonce dintero …`: sets up both ways in which Dintero calls us. Secrets go to the terminal and nowhere else. */
import { randomBytes } from 'node:crypto';
import type { CommandAnswer, GatewayCommand } from '../commands.ts';
import { createDinteroClient } from './client.ts';
import type { Subscription } from './hooks.ts';
import { createSubscription, deleteSubscription, isOurs, listSubscriptions, tellsUs } from './hooks.ts';
import type { DinteroSettings } from './settings.ts';
import type { SigningSecret } from './signing-secret.ts';
import { createSigningSecret, readSigningSecret } from './signing-secret.ts';
import { accountUrl } from './urls.ts';

type DinteroCommand = GatewayCommand<DinteroSettings>;

const SUBSCRIBE: DinteroCommand = {
  name: 'subscribe',
  summary: 'have Dintero tell us of every change on the account',
  help: `
Subscribes PUBLIC_URL/callbacks/dintero/account, signed with the first of DINTERO_WEBHOOK_SECRETS. Without any, a secret is made up and
printed, this once: Dintero's first ping is refused then, until the service has it. A subscription that is there already, active and about transactions, is kept.

Example:
  paidonce dintero subscribe`,
  run: subscribe,
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
  paidonce dintero unsubscribe T12345678.465U8CUzaPVpneu1wt8Wei`,
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

async function subscribe(settings: DinteroSettings): Promise<CommandAnswer> {
  const calls = callsOf(settings);
  const present = (await listSubscriptions(calls)).find((one) => tellsUs(settings, one));
  if (present !== undefined) return kept(present, settings);
  const configured = settings.webhookSecrets?.[0];
  const secret = configured ?? randomBytes(32).toString('base64url');
  const created = await createSubscription(calls, { url: accountUrl(settings.publicUrl), secret });
  const said = [`subscribed ${describe(created)}`];
  const json = { subscription: created, created: true };
  if (configured !== undefined) return { lines: said, json };
  const todo = `put this into DINTERO_WEBHOOK_SECRETS and restart the API; it is not shown again: ${secret}`;
  return { lines: [...said, todo], json: { ...json, secret } };
}

function kept(present: Subscription, { webhookSecrets = [] }: DinteroSettings): CommandAnswer {
  const lines = [`already subscribed: ${describe(present)}`];
  if (webhookSecrets.length === 0)
    lines.push(
      'DINTERO_WEBHOOK_SECRETS is not set, so its calls are refused. If its secret is lost: ' +
        `paidonce dintero unsubscribe ${present.id}, then subscribe again`,
    );
  return { lines, json: { subscription: present, created: false } };
}

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

function describe({ id, url, events, isActive }: Subscription): string {
  return `${id}  ${url}  ${events.join(', ')}${isActive ? '' : '  (not active)'}`;
}
