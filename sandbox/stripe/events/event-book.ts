import { chance } from '../../faults/faults.ts';
import type { StripeFaults } from '../stripe-faults.ts';
import type { SimClock } from '../records/sim-clock.ts';
import type { AnyObject } from '../records/stripe-objects.ts';
import type { StripeIds } from '../records/stripe-ids.ts';
import type { StripeLedger } from '../records/stripe-ledger.ts';
import type { Endpoint, EventRecord } from '../records/stripe-records.ts';
import { aboutOf, type Cause, eventOf, type Fact, isWanted, thinTwinOf } from './event-objects.ts';
import { type EventChoice, type EventPlan, plansFor } from './event-plan.ts';
import type { EventSender } from './event-sender.ts';
import type { Listeners } from './listeners.ts';

interface Parts {
  readonly ledger: StripeLedger;
  readonly faults: StripeFaults;
  readonly ids: StripeIds;
  readonly clock: SimClock;
  readonly sender: EventSender;
  readonly listeners: Listeners;
  readonly apiVersion: string;
}

/** An event that is sent when the occasion is over. */
export interface Waiting {
  readonly record: EventRecord;
  readonly plan: EventPlan;
}

const NO_REQUEST: Cause = { requestId: null, idempotencyKey: null };

/** Makes an Event for every fact. Those of one occasion are sent when it is over, in the order that is set. */
export class EventBook {
  readonly #parts: Parts;
  #waiting: Waiting[] = [];
  #cause = NO_REQUEST;
  #choice: EventChoice;
  #depth = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Runs one occasion, which is a request or something that happens by itself, and sends its events. */
  during<T>(occasion: { readonly cause?: Cause; readonly choice?: EventChoice }, run: () => T): T {
    const [cause, choice] = [this.#cause, this.#choice];
    this.#cause = occasion.cause ?? cause;
    this.#choice = occasion.choice ?? choice;
    this.#depth += 1;
    try {
      return run();
    } finally {
      this.#depth -= 1;
      [this.#cause, this.#choice] = [cause, choice];
      if (this.#depth === 0) this.#sendWaiting();
    }
  }

  emit(type: string, object: AnyObject, before?: Fact['before']): void {
    const { hookPlan, twinRate } = this.#parts.faults.knobs;
    const choice = this.#choice ?? hookPlan ?? undefined;
    const record = this.#record({ type, object, before });
    const plans = plansFor(choice, type);
    for (const plan of plans) this.#waiting.push({ record, plan });
    const isTwin = plans.some(({ twin }) => twin === true) || chance('twin', record.id) < twinRate;
    if (isTwin) this.#waiting.push({ record: this.#record({ type, object, before }), plan: {} });
    if (this.#depth === 0) this.#sendWaiting();
  }

  /** Sends an event again, by a plan. */
  resend(record: EventRecord, plan: EventPlan, endpoints = this.#endpoints()): void {
    for (const endpoint of endpoints) this.#sendTo(endpoint, [{ record, plan }]);
  }

  clear(): void {
    this.#waiting = [];
  }

  #record(fact: Fact): EventRecord {
    const { ledger, ids, clock, apiVersion } = this.#parts;
    const about = aboutOf(fact.object, ledger.sessionOf(intentOf(fact.object))?.id);
    const making = { id: ids.next('evt_'), created: clock.now(), apiVersion, cause: this.#cause };
    const event = eventOf(fact, making);
    const thin = thinTwinOf(event, ids.next('evt_test_', 40), clock.nowMs());
    const record = { id: event.id, event, about, thinId: thin.id };
    ledger.save('thin', thin);
    ledger.save('event', record);
    return record;
  }

  #endpoints(): Endpoint[] {
    return this.#parts.ledger.endpoints
      .all()
      .filter(({ deleted, shown }) => !deleted && shown.status === 'enabled');
  }

  #sendWaiting(): void {
    const waiting = this.#ordered(this.#waiting);
    this.#waiting = [];
    this.#parts.listeners.tell(waiting, this.#parts.ledger);
    for (const endpoint of this.#endpoints()) {
      const wanted = waiting.filter(({ record }) =>
        isWanted(endpoint.shown.enabled_events, nameFor(endpoint, record)),
      );
      this.#sendTo(endpoint, wanted);
    }
  }

  #ordered(waiting: readonly Waiting[]): readonly Waiting[] {
    const { eventOrder, eventSeed } = this.#parts.faults.knobs;
    if (eventOrder === 'reversed') return waiting.toReversed();
    if (eventOrder !== 'shuffled') return waiting;
    const drawn = waiting.map((each, at) => ({ each, draw: chance(eventSeed, each.record.event.type, at) }));
    return drawn.sort((one, other) => one.draw - other.draw).map(({ each }) => each);
  }

  #sendTo(endpoint: Endpoint, waiting: readonly Waiting[]): void {
    const { ledger, sender, faults } = this.#parts;
    const { eventOrder, thinTwins } = faults.knobs;
    let previous: string | null = null;
    for (const { record, plan } of waiting) {
      const thin = ledger.thins.get(record.thinId ?? '');
      const after = eventOrder === 'parallel' ? null : previous;
      if (endpoint.payload === 'snapshot')
        previous = chained(sender.send(record, endpoint, plan, after), after);
      const wantsThin = endpoint.payload === 'thin' || thinTwins || plan.thin === true;
      if (thin !== undefined && wantsThin)
        previous = chained(sender.send({ ...record, thin }, endpoint, plan, previous), previous);
    }
  }
}

/** A delivery that does not wait for the one before is no link of the chain: a late event delays no other. */
function chained({ id, plan }: { id: string; plan: EventPlan }, previous: string | null): string | null {
  return plan.delayMs === undefined ? id : previous;
}

function nameFor({ payload }: Endpoint, { event }: EventRecord): string {
  return payload === 'thin' ? `v1.${event.type}` : event.type;
}

function intentOf(object: AnyObject): string {
  const intent = object.object === 'payment_intent' ? object.id : object['payment_intent'];
  return typeof intent === 'string' ? intent : '';
}
