import { randomUUID } from 'node:crypto';
import type { Agenda } from '../../records/agenda.ts';
import { Courier } from '../../delivery/courier.ts';
import type { DinteroFaults } from '../faults/fault-schema.ts';
import type { Journal } from '../../records/journal.ts';
import type { Ledger } from '../records/ledger.ts';
import type { Outgoing } from '../../delivery/sender.ts';
import { bodyOf, eventSignature, type Happening } from './envelope.ts';
import { type WebhookDelivery, type Subscription, subscriptionView } from './subscription.ts';
import type { WebhookPlan } from './webhook-plan.ts';
import { nowIso, shortId } from '../records/ids-and-times.ts';

const MAX_ATTEMPTS = 5;

interface Parts {
  readonly account: string;
  readonly ledger: Ledger;
  readonly faults: DinteroFaults;
  readonly agenda: Agenda;
  readonly journal: Journal;
}

/**
 * Sends the events of the account to subscribers, with up to five attempts each. A subscriber that keeps
 * failing loses its subscription.
 */
export class Webhooks {
  readonly #parts: Parts;
  /** Sends what `send` has given it, also after a restart or a pause. */
  readonly courier: Courier<WebhookDelivery>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { ledger, faults } = parts;
    this.courier = new Courier<WebhookDelivery>(
      {
        table: ledger.webhookDeliveries,
        maxAttempts: MAX_ATTEMPTS,
        isOn: () => faults.knobs.webhooks === 'on',
        schedule: () => faults.knobs.hookRetryScheduleMs,
        isFinal: () => false,
        outgoing: (delivery) => this.#outgoing(delivery),
        attempted: (delivery) => this.#attempted(delivery),
      },
      parts,
    );
  }

  /** Creates a subscription and sends it a ping. */
  subscribe(asked: Pick<Subscription, 'config' | 'events' | 'fields' | 'exclude_fields'>): Subscription {
    const { account, ledger } = this.#parts;
    const id = randomUUID();
    const subscription = { id, account_id: account, created_at: nowIso(), ...asked, failures: 0 };
    ledger.saveSubscription(subscription);
    this.ping(subscription);
    return subscription;
  }

  ping(subscription: Subscription): void {
    const { hookPlan } = this.#parts.faults.knobs;
    this.send(subscription, { event: 'ping' }, { body: subscriptionView(subscription), ...hookPlan });
  }

  /** Deletes a subscription and cancels its pending deliveries. */
  unsubscribe(subscription: Subscription, because: string): void {
    subscription.deletedAt = nowIso();
    subscription.deletedBecause = because;
    this.#parts.ledger.saveSubscription(subscription);
    for (const delivery of this.#parts.ledger.webhookDeliveries.underKey(subscription.id)) {
      if (delivery.state !== 'pending') continue;
      delivery.state = 'suppressed';
      this.#parts.ledger.saveWebhookDelivery(delivery);
    }
  }

  /** Sends an event to all its subscribers. */
  emit(happening: Happening): void {
    const { ledger, faults } = this.#parts;
    for (const subscription of ledger.subscriptions.values()) {
      if (subscription.deletedAt !== undefined || !subscription.events.includes(happening.event)) continue;
      this.send(subscription, happening, faults.knobs.hookPlan ?? {});
    }
  }

  /** Sends an event to one subscriber according to a plan. */
  send(subscription: Subscription, happening: Happening, plan: WebhookPlan): void {
    const shared = randomUUID();
    let previous: WebhookDelivery | undefined;
    for (let copy = 0; copy < (plan.copies ?? 1); copy++) {
      const deliveryId = plan.deliveryId ?? (plan.sameDelivery === true ? shared : randomUUID());
      const after = plan.together === true ? null : (previous?.id ?? null);
      previous = this.#add(subscription, happening, { plan, deliveryId, after });
    }
  }

  #add(
    subscription: Subscription,
    happening: Happening,
    {
      plan,
      deliveryId,
      after,
    }: { readonly plan: WebhookPlan; readonly deliveryId: string; readonly after: string | null },
  ): WebhookDelivery {
    const delivery: WebhookDelivery = {
      id: shortId(),
      subscriptionId: subscription.id,
      transactionId: happening.transaction?.id ?? null,
      event: plan.event ?? happening.event,
      deliveryId,
      createdAt: nowIso(),
      plan,
      body: bodyOf(happening, subscription, deliveryId, plan),
      after,
      dueAtMs: Date.now() + (plan.delayMs ?? 0),
      state: this.#parts.faults.knobs.webhooks === 'off' ? 'suppressed' : 'pending',
      headers: {},
      attempts: [],
    };
    this.#parts.ledger.saveWebhookDelivery(delivery);
    this.courier.send(delivery);
    return delivery;
  }

  #outgoing(delivery: WebhookDelivery): Outgoing {
    const { ledger, faults } = this.#parts;
    const { config } = ledger.subscription(delivery.subscriptionId);
    const { body, plan } = delivery;
    const own = typeof config.secret === 'object' ? config.secret.secret : config.secret;
    const secret = plan.sign === 'wrong' ? `${own ?? ''}-wrong` : own;
    delivery.headers = {
      'user-agent': 'Dintero-Hook/sandbox',
      event: delivery.event,
      'event-delivery': delivery.deliveryId,
      ...(secret === undefined || plan.sign === 'none'
        ? {}
        : { 'event-signature': eventSignature(body, secret) }),
    };
    const { headers } = delivery;
    return { url: config.url, method: 'POST', headers, body, timeoutMs: faults.knobs.hookTimeoutMs };
  }

  #attempted(delivery: WebhookDelivery): void {
    const { ledger, faults } = this.#parts;
    ledger.saveWebhookDelivery(delivery);
    if (delivery.state === 'pending') return;
    const subscription = ledger.subscription(delivery.subscriptionId);
    subscription.failures = delivery.state === 'delivered' ? 0 : subscription.failures + 1;
    ledger.saveSubscription(subscription);
    const limit = faults.knobs.hookFailuresToDelete;
    if (subscription.deletedAt === undefined && subscription.failures >= limit) {
      this.unsubscribe(subscription, `${subscription.failures} deliveries failed one after another`);
    }
  }
}
