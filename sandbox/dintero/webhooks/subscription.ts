/** Account-wide webhooks: subscriptions and their deliveries. */
import type { Parcel } from '../../delivery/courier.ts';
import type { WebhookPlan } from './webhook-plan.ts';

/** Answers show it as the object, without the secret itself. */
type WebhookSecret = string | { readonly type: string; readonly secret?: string | undefined };

export interface Subscription {
  readonly id: string;
  readonly account_id: string;
  readonly created_at: string;
  readonly config: {
    readonly url: string;
    readonly content_type: string;
    readonly secret?: WebhookSecret | undefined;
  };
  readonly events: readonly string[];
  /** Which fields of the body to send; `field-mask.ts` parses it. */
  readonly fields?: string | undefined;
  /** Dotted names of fields to leave out. */
  readonly exclude_fields?: readonly string[] | undefined;
  /** How many consecutive deliveries were given up. */
  failures: number;
  deletedAt?: string;
  deletedBecause?: string;
}

export interface WebhookDelivery extends Parcel {
  readonly subscriptionId: string;
  readonly transactionId: string | null;
  readonly event: string;
  /** The header `event-delivery`. */
  readonly deliveryId: string;
  readonly createdAt: string;
  readonly plan: WebhookPlan;
  /** The bytes that are sent and signed, as they were at the creation of the delivery. */
  readonly body: string;
  headers: Record<string, string>;
}

/**
 * A subscription as lists and pings show it: without its secret, which only the answer to its creation has.
 */
export function subscriptionView(subscription: Subscription): object {
  const { failures: _failures, account_id: _account, config, ...shown } = subscription;
  const { url, content_type } = config;
  return {
    ...shown,
    active: shown.deletedAt === undefined,
    updated_at: shown.created_at,
    config: { url, content_type, insecure_ssl: 0, secret: { type: 'HMAC-SHA1' } },
  };
}
