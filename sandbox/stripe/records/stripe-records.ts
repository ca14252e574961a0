/** What the sandbox keeps beside Stripe's objects. */
import type { Parcel } from '../../delivery/courier.ts';
import type { EventPlan } from '../events/event-plan.ts';
import type { AnyObject, CaptureMethod, StripeEvent } from './stripe-objects.ts';

/** What a session was created with and does not show. */
export interface SessionPlan {
  /** The session. */
  readonly id: string;
  readonly lineItems: readonly AnyObject[];
  readonly captureMethod: CaptureMethod;
  readonly intentData: Readonly<Record<string, unknown>>;
  readonly methodOptions: Readonly<Record<string, Record<string, unknown>>>;
}

export interface EventRecord {
  /** The event. */
  readonly id: string;
  readonly event: StripeEvent;
  /** The ids that the event is about: sessions, payment intents, charges. */
  readonly about: readonly string[];
  /** The thin twin, if there is one. */
  readonly thinId: string | null;
}

export interface ThinEvent {
  readonly id: string;
  readonly [field: string]: unknown;
}

export interface Endpoint {
  readonly id: string;
  readonly payload: 'snapshot' | 'thin';
  /** As the API shows it: `webhook_endpoint`, or `v2.core.event_destination`. */
  readonly shown: AnyObject & { url: string; enabled_events: readonly string[]; status: string };
  /** Newest first; an old one signs until its time. */
  secrets: readonly { readonly secret: string; readonly untilMs: number | null }[];
  deleted: boolean;
}

export interface Delivery extends Parcel {
  readonly endpointId: string;
  readonly eventId: string;
  readonly type: string;
  readonly about: readonly string[];
  readonly createdAt: string;
  readonly plan: EventPlan;
  /** The bytes that are sent and signed. */
  readonly body: string;
  headers: Record<string, string>;
}

/** The answer that a key of a request is bound to. */
export interface KeyRecord {
  /** The key. */
  readonly id: string;
  readonly fingerprint: string;
  readonly createdMs: number;
  /** Null while the request is in progress. */
  readonly answer: { readonly status: number; readonly body: unknown; readonly requestId: string } | null;
}

/** Something that happens by itself at a time of the sandbox's clock. */
export interface Later {
  readonly id: string;
  readonly atMs: number;
  readonly what: 'expire_session' | 'lapse' | 'settle_processing' | 'settle_refund' | 'book';
  /** The object that it happens to. */
  readonly subject: string;
  readonly outcome?: string | undefined;
}
