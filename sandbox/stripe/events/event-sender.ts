import type { Agenda } from '../../records/agenda.ts';
import type { Journal } from '../../records/journal.ts';
import { Courier } from '../../delivery/courier.ts';
import type { Outgoing } from '../../delivery/sender.ts';
import type { StripeFaults } from '../stripe-faults.ts';
import type { StripeIds } from '../records/stripe-ids.ts';
import type { StripeLedger } from '../records/stripe-ledger.ts';
import type { Delivery, Endpoint, EventRecord } from '../records/stripe-records.ts';
import type { EventPlan } from './event-plan.ts';
import { bodyOf, secretsAt, signed } from './event-envelope.ts';

/** Stripe tries for three days; with the usual schedule these are some minutes. */
const MAX_ATTEMPTS = 16;

interface Parts {
  readonly ledger: StripeLedger;
  readonly faults: StripeFaults;
  readonly ids: StripeIds;
  readonly journal: Journal;
  /** In true time: a receiver compares the time stamp with its own clock. */
  readonly agenda: Agenda;
}

/** Sends events to endpoints: 2xx means delivered, and any other result is retried. */
export class EventSender {
  readonly #parts: Parts;
  /** Sends what `send` has given it, also after a restart or a pause. */
  readonly courier: Courier<Delivery>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { ledger, faults } = parts;
    this.courier = new Courier<Delivery>(
      {
        table: ledger.deliveries,
        maxAttempts: MAX_ATTEMPTS,
        isOn: () => faults.knobs.callbacks === 'on',
        schedule: () => faults.knobs.retryScheduleMs,
        isFinal: () => false,
        outgoing: (delivery, nowMs) => this.#outgoing(delivery, nowMs),
        attempted: (delivery) => ledger.save('delivery', delivery),
      },
      parts,
    );
  }

  /** Sends one event to one endpoint, after the first attempt of another delivery. Returns the last copy. */
  send(
    { id, event, about, thin }: Pick<EventRecord, 'id' | 'event' | 'about'> & { readonly thin?: object },
    endpoint: Endpoint,
    plan: EventPlan,
    after: string | null,
  ): Delivery {
    const body = thin === undefined ? bodyOf({ ...event, pending_webhooks: 1 }, plan) : bodyOf(thin, plan);
    let last: Delivery | undefined;
    for (let copy = 0; copy < (plan.copies ?? 1); copy++) {
      const waits = plan.together === true || plan.delayMs !== undefined ? null : (last?.id ?? after);
      last = this.#add({
        endpointId: endpoint.id,
        eventId: id,
        type: event.type,
        about,
        plan,
        body,
        after: waits,
      });
    }
    return last as Delivery;
  }

  #add(
    what: Pick<Delivery, 'endpointId' | 'eventId' | 'type' | 'about' | 'plan' | 'body' | 'after'>,
  ): Delivery {
    const { ledger, faults, ids } = this.#parts;
    const delivery: Delivery = {
      ...what,
      id: ids.next('whd_'),
      createdAt: new Date().toISOString(),
      dueAtMs: Date.now() + (what.plan.delayMs ?? 0),
      state: faults.knobs.callbacks === 'off' ? 'suppressed' : 'pending',
      headers: {},
      attempts: [],
    };
    ledger.save('delivery', delivery);
    this.courier.send(delivery);
    return delivery;
  }

  #outgoing(delivery: Delivery, nowMs: number): Outgoing {
    const endpoint = this.#parts.ledger.endpoints.get(delivery.endpointId);
    delivery.headers = {
      'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      accept: '*/*; q=0.5, application/xml',
      'content-type': 'application/json; charset=utf-8',
      ...signed(delivery, secretsAt(endpoint, nowMs), nowMs),
    };
    const { body, headers } = delivery;
    const { callbackTimeoutMs: timeoutMs } = this.#parts.faults.knobs;
    return { url: endpoint?.shown.url ?? '', method: 'POST', headers, body, timeoutMs };
  }
}
