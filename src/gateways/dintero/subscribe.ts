/** `paidonce dintero subscribe`: a new subscription is kept only if the API verified Dintero's ping. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandAnswer } from '../gateway-command.ts';
import { GatewayRejected, GatewayUnavailable } from '../gateway-errors.ts';
import type { HookCalls, Subscription } from './hooks.ts';
import { createSubscription, deleteSubscription, listAnswers, listSubscriptions, tellsUs } from './hooks.ts';
import type { DinteroSettings } from './settings.ts';
import { accountUrl } from './urls.ts';

/** How long Dintero may take to ping us and to list our answer. */
const PING_LIMIT_MS = 15_000;
const BETWEEN_LOOKS_MS = 250;

/** The state of the ping; `because` says what was seen instead of a verified ping. */
type Ping =
  | { readonly state: 'verified'; readonly answered: number }
  | { readonly state: 'refused'; readonly because: string }
  | { readonly state: 'unseen'; readonly because: string; readonly isFinal: boolean };

/** Keeps an existing subscription, or creates one and removes it again if its ping is not verified. */
export async function subscribe(
  calls: HookCalls,
  settings: DinteroSettings,
  pingLimitMs = PING_LIMIT_MS,
): Promise<CommandAnswer> {
  const present = (await listSubscriptions(calls)).find((one) => tellsUs(settings, one));
  if (present !== undefined) return kept(present, settings);
  const secret = settings.webhookSecrets?.[0];
  const url = accountUrl(settings.publicUrl);
  if (secret === undefined) return subscribeWithNewSecret(calls, url);
  const created = await createSubscription(calls, { url, secret });
  const ping = await watchPing(calls, created.id, pingLimitMs);
  if (ping.state !== 'verified') return removed(calls, created, ping);
  const lines = [
    `subscribed ${describe(created)}`,
    `its ping was answered ${ping.answered}, so the API has verified it`,
  ];
  return { lines, json: { subscription: created, created: true, ping: ping.state } };
}

/** A subscription in one line. */
export function describe({ id, url, events, isActive }: Subscription): string {
  return `${id}  ${url}  ${events.join(', ')}${isActive ? '' : '  (not active)'}`;
}

function kept(present: Subscription, { webhookSecrets = [] }: DinteroSettings): CommandAnswer {
  const lines = [`already subscribed: ${describe(present)}`];
  if (webhookSecrets.length === 0)
    lines.push(
      'DINTERO_WEBHOOK_SECRETS is not set, so its calls are refused; set it to the secret of the subscription. If that is lost: ' +
        `paidonce dintero unsubscribe ${present.id}, then subscribe again`,
    );
  return { lines, json: { subscription: present, created: false } };
}

/** The API can't have this secret yet, so a refused ping says nothing about the subscription. */
async function subscribeWithNewSecret(calls: HookCalls, url: string): Promise<CommandAnswer> {
  const secret = randomBytes(32).toString('base64url');
  const created = await createSubscription(calls, { url, secret });
  const lines = [
    `subscribed ${describe(created)}`,
    `put this secret into DINTERO_WEBHOOK_SECRETS and restart the API; it is not shown again: ${secret}`,
    'the ping was not checked, since the API does not have this secret yet. To check it, restart the API first, ' +
      `then: paidonce dintero unsubscribe ${created.id}, and subscribe again`,
  ];
  return { lines, json: { subscription: created, created: true, ping: 'not_checked', secret } };
}

async function watchPing(calls: HookCalls, id: string, limitMs: number): Promise<Ping> {
  const signal = AbortSignal.timeout(limitMs);
  let ping = await lookForPing({ ...calls, signal }, id);
  while (ping.state === 'unseen' && !ping.isFinal) {
    await sleep(BETWEEN_LOOKS_MS);
    const next = await lookForPing({ ...calls, signal }, id);
    // The limit has aborted this check, so the result before it says more.
    if (signal.aborted && next.state === 'unseen') return ping;
    ping = next;
  }
  return ping;
}

async function lookForPing(calls: HookCalls, id: string): Promise<Ping> {
  try {
    return pingOf(await listAnswers(calls, id));
  } catch (error) {
    const isNo = error instanceof GatewayRejected;
    if (!isNo && !(error instanceof GatewayUnavailable)) throw error;
    const because = `the answer to its ping can't be read (${error.message})`;
    return { state: 'unseen', because, isFinal: isNo || error.kind === 'credentials' };
  }
}

/** The API answers 2xx only to verified requests, so the status that Dintero lists is the proof. */
function pingOf(answers: readonly (number | undefined)[]): Ping {
  const found = (hundred: number) => answers.find((status) => Math.floor((status ?? 0) / 100) === hundred);
  const [answered, refusal] = [found(2), found(4)];
  if (answered !== undefined) return { state: 'verified', answered };
  if (refusal !== undefined) return { state: 'refused', because: refusedWith(refusal) };
  return { state: 'unseen', because: unseenAfter(answers), isFinal: false };
}

function refusedWith(status: number): string {
  const how = status === 401 ? ', as the API answers a wrong signature' : '';
  return `its ping was answered ${status}${how}`;
}

function unseenAfter(answers: readonly (number | undefined)[]): string {
  if (answers.length === 0) return 'Dintero lists no ping of it';
  const status = answers.find((answer) => answer !== undefined);
  return status === undefined ? 'its ping was not answered' : `its ping was answered ${status}`;
}

async function removed(
  calls: HookCalls,
  subscription: Subscription,
  ping: Exclude<Ping, { state: 'verified' }>,
): Promise<CommandAnswer> {
  const { id, url, events } = subscription;
  const problem = await removalProblem(calls, id);
  const fate =
    problem === undefined
      ? `subscription ${id} was removed again`
      : `subscription ${id} could not be removed (${problem}); delete it: paidonce dintero unsubscribe ${id}`;
  const lines = [
    `${fate}: ${ping.because}.`,
    `Expected: the API at ${url} answers 2xx to a ping that is signed with the first of DINTERO_WEBHOOK_SECRETS.`,
    'If the API runs without that secret, or Dintero cannot reach it there, correct that and subscribe again. Otherwise create the ' +
      `subscription in Dintero's Backoffice (Settings → Webhooks), with that URL, that secret and ${events.join(' and ')}.`,
  ];
  const { state, because } = ping;
  const json = { subscription, created: false, removed: problem === undefined, ping: state, because };
  return { lines, json, isBadNews: true };
}

/** Why the subscription could not be removed; undefined if it was removed. */
async function removalProblem(calls: HookCalls, id: string): Promise<string | undefined> {
  try {
    await deleteSubscription(calls, id);
    return undefined;
  } catch (error) {
    if (error instanceof GatewayRejected || error instanceof GatewayUnavailable) return error.message;
    throw error;
  }
}
