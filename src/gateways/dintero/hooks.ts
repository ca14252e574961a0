/** Subscriptions to account-wide webhooks. */
import { z } from 'zod';
import type { DinteroClient } from './client.ts';
import type { DinteroSettings } from './settings.ts';
import { accountUrl } from './urls.ts';
import { idField, isWellFormed, shownField, shownText } from '../shared/gateway-fields.ts';
import { expected, rejected } from './parse-answer.ts';

/** Every change of a transaction, and the end of a payment, also one without a transaction. */
const SUBSCRIBED_EVENTS = ['checkout_transaction', 'checkout_authorization'] as const;

export interface Subscription {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly createdAt?: string;
  /**
   * False if Dintero has given it up, or if it was deleted or switched off. Such a subscription is still
   * listed.
   */
  readonly isActive: boolean;
}

export interface HookCalls {
  readonly client: DinteroClient;
  readonly accountId: string;
  readonly signal?: AbortSignal | undefined;
}

const subscriptionSchema = z
  .object({
    id: idField,
    config: z.object({ url: z.string().transform((url) => (isWellFormed(url) ? url : shownText(url))) }),
    events: z.array(z.string().transform((event) => shownText(event, 100))),
    created_at: shownField(100),
    active: z.boolean().optional().catch(undefined),
    deleted_at: z.unknown().optional(),
  })
  .transform(({ id, config, events, created_at: createdAt, active, deleted_at: deletedAt }): Subscription => {
    const isActive = active !== false && (deletedAt === undefined || deletedAt === null);
    return { id, url: config.url, events, isActive, ...(createdAt !== undefined && { createdAt }) };
  });
const listSchema = z.union([
  z.array(subscriptionSchema),
  z.object({ subscriptions: z.array(subscriptionSchema) }).transform(({ subscriptions }) => subscriptions),
]);
const createdSchema = z.object({ id: idField });
const attemptsSchema = z.array(z.object({ status: z.int().optional().catch(undefined) }));

/** Every subscription of the account. */
export async function listSubscriptions(calls: HookCalls): Promise<readonly Subscription[]> {
  const operation = 'list subscriptions';
  const { client, signal } = calls;
  const answer = await client({ operation, method: 'GET', path: pathOf(calls), host: 'core', signal });
  return expected(listSchema, operation, answer);
}

/** Creates a subscription; Dintero pings it at once. Not idempotent: list the subscriptions first. */
export async function createSubscription(
  calls: HookCalls,
  { url, secret }: { readonly url: string; readonly secret: string },
): Promise<Subscription> {
  const operation = 'create subscription';
  const body = { config: { url, content_type: 'application/json', secret }, events: SUBSCRIBED_EVENTS };
  const answer = await calls.client({ operation, method: 'POST', path: pathOf(calls), host: 'core', body });
  const { id } = expected(createdSchema, operation, answer);
  return { id, url, events: SUBSCRIBED_EVENTS, isActive: true };
}

export async function deleteSubscription(calls: HookCalls, id: string): Promise<void> {
  const operation = 'delete subscription';
  const path = `${pathOf(calls)}/${encodeURIComponent(id)}`;
  const answer = await calls.client({ operation, method: 'DELETE', path, host: 'core' });
  if (answer.status >= 400) throw rejected(operation, answer);
}

/**
 * The statuses that our address answered to Dintero's recent calls of a subscription; undefined for a call
 * without an answer.
 */
export async function listAnswers(calls: HookCalls, id: string): Promise<readonly (number | undefined)[]> {
  const operation = 'list deliveries';
  const { client, signal } = calls;
  const path = `${pathOf(calls)}/${encodeURIComponent(id)}/deliveries`;
  const answer = await client({ operation, method: 'GET', path, host: 'core', signal });
  return expected(attemptsSchema, operation, answer).map(({ status }) => status);
}

/** Whether our subscription still exists. Dintero deletes one that fails several times. */
export async function findSubscription(
  calls: HookCalls,
  { publicUrl, webhookSecrets = [] }: Pick<DinteroSettings, 'publicUrl' | 'webhookSecrets'>,
): Promise<'not_expected' | 'there' | 'missing'> {
  if (webhookSecrets.length === 0) return 'not_expected';
  const found = await listSubscriptions(calls);
  return found.some((one) => tellsUs({ publicUrl }, one)) ? 'there' : 'missing';
}

/** Whether a subscription is active, for our address, and about transactions. */
export function tellsUs(settings: Pick<DinteroSettings, 'publicUrl'>, one: Subscription): boolean {
  return isOurs(settings, one) && one.isActive && one.events.includes(SUBSCRIBED_EVENTS[0]);
}

/** Whether a subscription is for our address. */
export function isOurs(
  { publicUrl }: Pick<DinteroSettings, 'publicUrl'>,
  { url }: Pick<Subscription, 'url'>,
): boolean {
  return url === accountUrl(publicUrl);
}

function pathOf({ accountId }: HookCalls): string {
  return `/v1/accounts/${accountId}/hooks/subscriptions`;
}
