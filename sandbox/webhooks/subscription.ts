/** Account-wide webhooks: who wants to be told, and what is on its way to whom. */
import type { Parcel } from '../delivery/courier.ts';
import type { WebhookPlan } from './webhook-plan.ts';

/** The views of a subscription have the object, without the text. */
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
  /** What to send of the body: `field-mask.ts` reads it. */
  readonly fields?: string | undefined;
  /** Dotted names of what to leave out. */
  readonly exclude_fields?: readonly string[] | undefined;
  /** Deliveries that were given up, one after another. */
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
  /** The bytes that are sent and signed, as of the time they were made. */
  readonly body: string;
  headers: Record<string, string>;
}

/** A subscription as it is listed, and as a ping shows it: without its secret, which only the answer to its making has. */
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
