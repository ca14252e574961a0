/** Account-wide webhooks: who wants to be told, and what is on its way to whom. */
import type { Parcel } from '../delivery/courier.ts';
import type { HookPlan } from './webhook-plan.ts';

/** The views of a subscription have the object, without the text. */
export type HookSecret = string | { readonly type: string; readonly secret?: string | undefined };

export interface Subscription {
  readonly id: string;
  readonly account_id: string;
  readonly created_at: string;
  readonly config: {
    readonly url: string;
    readonly content_type: string;
    readonly secret?: HookSecret | undefined;
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

export interface HookDelivery extends Parcel {
  readonly subscriptionId: string;
  readonly transactionId: string | null;
  readonly event: string;
  /** The header `event-delivery`. */
  readonly deliveryId: string;
  readonly createdAt: string;
  readonly plan: HookPlan;
  /** The bytes that are sent and signed, as of the time they were made. */
  readonly body: string;
  headers: Record<string, string>;
}
