/** Where events are sent: endpoints of the v1 API and event destinations of the v2 API. */
import type { Endpoint } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

type Parts = Pick<StripeSandbox, 'ledger' | 'ids' | 'clock' | 'settings'>;

/** The id of the endpoint that `STRIPE_SANDBOX_WEBHOOK_URL` names. */
const FROM_ENVIRONMENT = 'we_1FromTheEnvironment0001';

interface Asked {
  readonly url: string;
  readonly enabledEvents?: readonly string[] | undefined;
  readonly apiVersion?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly secrets?: readonly string[] | undefined;
  readonly id?: string;
}

/** A new endpoint for snapshots. */
export function openEndpoint({ ledger, ids, clock }: Parts, asked: Asked): Endpoint {
  const endpoint: Endpoint = {
    id: asked.id ?? ids.next('we_1', 23),
    payload: 'snapshot',
    shown: {
      id: '',
      object: 'webhook_endpoint',
      api_version: asked.apiVersion ?? null,
      application: null,
      created: clock.now(),
      description: asked.description ?? null,
      enabled_events: asked.enabledEvents ?? ['*'],
      livemode: false,
      metadata: asked.metadata ?? {},
      status: 'enabled',
      url: asked.url,
    },
    secrets: (asked.secrets ?? [ids.next('whsec_', 32)]).map((secret) => ({ secret, untilMs: null })),
    deleted: false,
  };
  return keep(ledger, { ...endpoint, shown: { ...endpoint.shown, id: endpoint.id } });
}

/** A new destination of the v2 API. */
export function openDestination(
  { ledger, ids, clock, settings }: Parts,
  asked: Asked & { readonly payload: 'snapshot' | 'thin'; readonly name: string },
): Endpoint {
  const id = ids.next('we_1', 23);
  const at = new Date(clock.nowMs()).toISOString();
  return keep(ledger, {
    id,
    payload: asked.payload,
    shown: {
      id,
      object: 'v2.core.event_destination',
      created: at,
      description: asked.description ?? '',
      enabled_events: asked.enabledEvents ?? ['*'],
      event_payload: asked.payload,
      events_from: ['self'],
      livemode: false,
      metadata: asked.metadata ?? {},
      name: asked.name,
      ...(asked.payload === 'snapshot' && { snapshot_api_version: asked.apiVersion ?? settings.apiVersion }),
      status: 'enabled',
      type: 'webhook_endpoint',
      updated: at,
      url: asked.url,
    },
    secrets: (asked.secrets ?? [ids.next('whsec_', 32)]).map((secret) => ({ secret, untilMs: null })),
    deleted: false,
  });
}

/** Gives an endpoint a new secret. The old ones sign beside it for a while, at Stripe up to 24 hours. */
export function rollSecret(
  { ledger, ids }: Parts,
  endpoint: Endpoint,
  { secret = ids.next('whsec_', 32), overlapMs }: { secret?: string | undefined; overlapMs: number },
): void {
  const untilMs = Date.now() + overlapMs;
  const old = endpoint.secrets.map((each) => ({
    ...each,
    untilMs: Math.min(each.untilMs ?? untilMs, untilMs),
  }));
  endpoint.secrets = [{ secret, untilMs: null }, ...old];
  ledger.save('endpoint', endpoint);
}

/** Cancels the waiting deliveries to an endpoint that was deleted or disabled. */
export function cancelDeliveries({ ledger }: Pick<Parts, 'ledger'>, endpoint: Endpoint): void {
  for (const delivery of ledger.deliveries.underKey(endpoint.id)) {
    if (delivery.state !== 'pending') continue;
    delivery.state = 'suppressed';
    ledger.save('delivery', delivery);
  }
}

/** Deletes an endpoint. */
export function removeEndpoint(sandbox: Pick<Parts, 'ledger'>, endpoint: Endpoint): Endpoint {
  endpoint.deleted = true;
  sandbox.ledger.save('endpoint', endpoint);
  cancelDeliveries(sandbox, endpoint);
  return endpoint;
}

/** The endpoint that the environment names, so that nothing must be subscribed by a call. */
export function subscribeFromEnvironment(sandbox: Parts): void {
  const { webhookUrl: url, webhookSecrets: secrets, apiVersion } = sandbox.settings;
  if (url === undefined) return;
  const known = sandbox.ledger.endpoints.get(FROM_ENVIRONMENT);
  if (known?.shown.url === url) return;
  openEndpoint(sandbox, { url, secrets, apiVersion, id: FROM_ENVIRONMENT });
}

function keep(ledger: Parts['ledger'], endpoint: Endpoint): Endpoint {
  ledger.save('endpoint', endpoint);
  return endpoint;
}
