/** An Event, its thin twin, and the objects that it is about. */
import type { AnyObject, StripeEvent } from '../records/stripe-objects.ts';
import type { ThinEvent } from '../records/stripe-records.ts';

export interface Cause {
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** What happened: the type, the object as it is now, and fields that changed as they were before. */
export interface Fact {
  readonly type: string;
  readonly object: AnyObject;
  readonly before?: Readonly<Record<string, unknown>> | undefined;
}

interface Making {
  readonly id: string;
  readonly created: number;
  readonly apiVersion: string;
  readonly cause: Cause;
}

export function eventOf(
  { type, object, before }: Fact,
  { id, created, apiVersion, cause }: Making,
): StripeEvent {
  return {
    id,
    object: 'event',
    api_version: apiVersion,
    created,
    data: {
      object: structuredClone(object),
      ...(before === undefined ? {} : { previous_attributes: structuredClone(before) }),
    },
    livemode: false,
    pending_webhooks: 0,
    request: { id: cause.requestId, idempotency_key: cause.idempotencyKey },
    type,
  };
}

/** The event without its data, as `v2.core.event`. */
export function thinTwinOf(event: StripeEvent, id: string, createdMs: number): ThinEvent {
  const { object, id: subject } = event.data.object;
  return {
    id,
    object: 'v2.core.event',
    created: new Date(createdMs).toISOString(),
    livemode: event['livemode'],
    ...reasonOf(event),
    related_object: { id: subject, type: object, url: urlOf(object, subject) },
    snapshot_event: event.id,
    type: `v1.${event.type}`,
  };
}

function reasonOf({ request }: StripeEvent): object {
  const { id, idempotency_key: key } = request as { id: string | null; idempotency_key: string | null };
  if (id === null) return {};
  return { reason: { type: 'request', request: { id, idempotency_key: key ?? '' } } };
}

const PATHS: Readonly<Record<string, string>> = {
  'checkout.session': 'checkout/sessions',
  payment_intent: 'payment_intents',
  charge: 'charges',
  refund: 'refunds',
  dispute: 'disputes',
  product: 'products',
  price: 'prices',
};

function urlOf(object: string, id: string): string {
  return `/v1/${PATHS[object] ?? `${object}s`}/${id}`;
}

/** Ids by which the deliveries of an event are found. */
export function aboutOf(object: AnyObject, sessionId: string | undefined): string[] {
  const named = [object.id, object['payment_intent'], object['charge'], sessionId];
  return [...new Set(named.filter((id): id is string => typeof id === 'string'))];
}

/** Whether an endpoint is subscribed to a type: by its name, `*`, or a prefix such as `charge.*`. */
export function isWanted(enabled: readonly string[], type: string): boolean {
  return enabled.some(
    (each) => each === '*' || each === type || (each.endsWith('.*') && type.startsWith(each.slice(0, -1))),
  );
}
