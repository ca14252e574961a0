import type { Entry, Journal } from '../../records/journal.ts';
import { Table } from '../../records/table.ts';
import { missing } from '../http/stripe-error.ts';
import type {
  AnyObject,
  BalanceTransaction,
  Charge,
  Dispute,
  PaymentIntent,
  PlainObject,
  Refund,
  Session,
} from './stripe-objects.ts';
import type {
  Delivery,
  Endpoint,
  EventRecord,
  KeyRecord,
  Later,
  SessionPlan,
  ThinEvent,
} from './stripe-records.ts';

/** All records of the sandbox. They are changed in place and then saved, which indexes and journals them. */
export class StripeLedger {
  readonly sessions = new Table<Session>((session) => [session.payment_intent ?? undefined]);
  readonly plans = new Table<SessionPlan>(() => []);
  readonly intents = new Table<PaymentIntent>(() => []);
  readonly charges = new Table<Charge>((charge) => [charge.payment_intent ?? undefined]);
  readonly refunds = new Table<Refund>((refund) => [refund.charge, refund.payment_intent ?? undefined]);
  readonly disputes = new Table<Dispute>((dispute) => [dispute.charge, dispute.payment_intent ?? undefined]);
  readonly bookings = new Table<BalanceTransaction>((booking) => [booking.source]);
  readonly plains = new Table<PlainObject>((plain) => [plain.object]);
  readonly events = new Table<EventRecord>(({ about, thinId }) => [...about, thinId ?? undefined]);
  readonly thins = new Table<ThinEvent>(() => []);
  readonly endpoints = new Table<Endpoint>(() => []);
  readonly deliveries = new Table<Delivery>(({ endpointId, eventId, after, about }) => [
    endpointId,
    eventId,
    after ?? undefined,
    ...about,
  ]);
  readonly #tables = {
    session: this.sessions,
    plan: this.plans,
    intent: this.intents,
    charge: this.charges,
    refund: this.refunds,
    dispute: this.disputes,
    booking: this.bookings,
    plain: this.plains,
    event: this.events,
    thin: this.thins,
    endpoint: this.endpoints,
    delivery: this.deliveries,
  };
  readonly keys = new Map<string, KeyRecord>();
  readonly laters = new Map<string, Later>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  save<Kind extends keyof Tables>(kind: Kind, record: RecordOf<Kind>): void {
    const table = this.#tables[kind] as unknown as Table<RecordOf<Kind>>;
    table.put(record);
    this.#journal.mark({ kind, id: record.id, record });
  }

  session(id: string): Session {
    return this.sessions.get(id) ?? missing('checkout.session', id, 'session');
  }

  intent(id: string): PaymentIntent {
    return this.intents.get(id) ?? missing('payment_intent', id, 'intent');
  }

  charge(id: string): Charge {
    return this.charges.get(id) ?? missing('charge', id);
  }

  refund(id: string): Refund {
    return this.refunds.get(id) ?? missing('refund', id);
  }

  dispute(id: string): Dispute {
    return this.disputes.get(id) ?? missing('dispute', id);
  }

  /** The charge of the last attempt. */
  chargeOf(intent: PaymentIntent): Charge | undefined {
    return intent.latest_charge === null ? undefined : this.charges.get(intent.latest_charge);
  }

  /** The session that opened the payment intent. */
  sessionOf(intentId: string): Session | undefined {
    return this.sessions.underKey(intentId).find((session) => session.payment_intent === intentId);
  }

  refundsOf(chargeId: string): Refund[] {
    return this.refunds.underKey(chargeId).filter((refund) => refund.charge === chargeId);
  }

  /** Any object of the API by its id. */
  find(id: string): AnyObject | undefined {
    const { sessions, intents, charges, refunds, disputes, bookings, plains } = this;
    for (const table of [sessions, intents, charges, refunds, disputes, bookings, plains]) {
      const found = table.get(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  saveKey(key: KeyRecord): void {
    this.keys.set(key.id, key);
    this.#journal.mark({ kind: 'key', id: key.id, record: key });
  }

  dropKey(id: string): void {
    if (this.keys.delete(id)) this.#journal.mark({ kind: 'key', id, record: null });
  }

  saveLater(later: Later): void {
    this.laters.set(later.id, later);
    this.#journal.mark({ kind: 'later', id: later.id, record: later });
  }

  dropLater(id: string): void {
    if (this.laters.delete(id)) this.#journal.mark({ kind: 'later', id, record: null });
  }

  replay({ kind, id, record }: Entry): void {
    if (kind === 'key') keep(this.keys, id, record as KeyRecord | null);
    else if (kind === 'later') keep(this.laters, id, record as Later | null);
    else if (kind in this.#tables) {
      const table = this.#tables[kind as keyof Tables] as Table<{ readonly id: string }>;
      table.put(record as { readonly id: string });
    }
  }

  *entries(): Generator<Entry> {
    for (const [kind, table] of Object.entries(this.#tables) as [string, Table<{ readonly id: string }>][])
      for (const record of table.all()) yield { kind, id: record.id, record };
    for (const [id, record] of this.keys) yield { kind: 'key', id, record };
    for (const [id, record] of this.laters) yield { kind: 'later', id, record };
  }

  clear(): void {
    for (const table of Object.values(this.#tables) as { clear(): void }[]) table.clear();
    this.keys.clear();
    this.laters.clear();
  }
}

/** The kinds of records, as the journal names them. */
interface Tables {
  readonly session: Session;
  readonly plan: SessionPlan;
  readonly intent: PaymentIntent;
  readonly charge: Charge;
  readonly refund: Refund;
  readonly dispute: Dispute;
  readonly booking: BalanceTransaction;
  readonly plain: PlainObject;
  readonly event: EventRecord;
  readonly thin: ThinEvent;
  readonly endpoint: Endpoint;
  readonly delivery: Delivery;
}

type RecordOf<Kind extends keyof Tables> = Tables[Kind];

function keep<T>(map: Map<string, T>, id: string, record: T | null): void {
  if (record === null) map.delete(id);
  else map.set(id, record);
}
