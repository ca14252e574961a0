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

interface Kinds {
  readonly session: Table<Session>;
  readonly plan: Table<SessionPlan>;
  readonly intent: Table<PaymentIntent>;
  readonly charge: Table<Charge>;
  readonly refund: Table<Refund>;
  readonly dispute: Table<Dispute>;
  readonly booking: Table<BalanceTransaction>;
  readonly plain: Table<PlainObject>;
  readonly event: Table<EventRecord>;
  readonly thin: Table<ThinEvent>;
  readonly endpoint: Table<Endpoint>;
  readonly delivery: Table<Delivery>;
}

type RecordOf<Kind extends keyof Kinds> = Kinds[Kind] extends Table<infer T> ? T : never;

/** All records of the sandbox. They are changed in place and then saved, which indexes and journals them. */
export class StripeLedger {
  readonly #kinds: Kinds = {
    session: new Table((session) => [session.payment_intent ?? undefined]),
    plan: new Table(() => []),
    intent: new Table(() => []),
    charge: new Table((charge) => [charge.payment_intent ?? undefined]),
    refund: new Table((refund) => [refund.charge, refund.payment_intent ?? undefined]),
    dispute: new Table((dispute) => [dispute.charge, dispute.payment_intent ?? undefined]),
    booking: new Table((booking) => [booking.source]),
    plain: new Table((plain) => [plain.object]),
    event: new Table(({ about, thinId }) => [...about, thinId ?? undefined]),
    thin: new Table(() => []),
    endpoint: new Table(() => []),
    delivery: new Table(({ endpointId, eventId, after, about }) => [
      endpointId,
      eventId,
      after ?? undefined,
      ...about,
    ]),
  };
  readonly keys = new Map<string, KeyRecord>();
  readonly laters = new Map<string, Later>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  get sessions(): Table<Session> {
    return this.#kinds.session;
  }

  get plans(): Table<SessionPlan> {
    return this.#kinds.plan;
  }

  get intents(): Table<PaymentIntent> {
    return this.#kinds.intent;
  }

  get charges(): Table<Charge> {
    return this.#kinds.charge;
  }

  get refunds(): Table<Refund> {
    return this.#kinds.refund;
  }

  get disputes(): Table<Dispute> {
    return this.#kinds.dispute;
  }

  get bookings(): Table<BalanceTransaction> {
    return this.#kinds.booking;
  }

  get plains(): Table<PlainObject> {
    return this.#kinds.plain;
  }

  get events(): Table<EventRecord> {
    return this.#kinds.event;
  }

  get thins(): Table<ThinEvent> {
    return this.#kinds.thin;
  }

  get endpoints(): Table<Endpoint> {
    return this.#kinds.endpoint;
  }

  get deliveries(): Table<Delivery> {
    return this.#kinds.delivery;
  }

  save<Kind extends keyof Kinds>(kind: Kind, record: RecordOf<Kind>): void {
    const table = this.#kinds[kind] as unknown as Table<RecordOf<Kind> & { readonly id: string }>;
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
    const { session, intent, charge, refund, dispute, booking, plain } = this.#kinds;
    for (const table of [session, intent, charge, refund, dispute, booking, plain]) {
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
    else if (kind in this.#kinds) {
      const table = this.#kinds[kind as keyof Kinds] as Table<{ readonly id: string }>;
      table.put(record as { readonly id: string });
    }
  }

  *entries(): Generator<Entry> {
    for (const [kind, table] of Object.entries(this.#kinds) as [string, Table<{ readonly id: string }>][])
      for (const record of table.all()) yield { kind, id: record.id, record };
    for (const [id, record] of this.keys) yield { kind: 'key', id, record };
    for (const [id, record] of this.laters) yield { kind: 'later', id, record };
  }

  clear(): void {
    for (const table of Object.values(this.#kinds) as { clear(): void }[]) table.clear();
    this.keys.clear();
    this.laters.clear();
  }
}

function keep<T>(map: Map<string, T>, id: string, record: T | null): void {
  if (record === null) map.delete(id);
  else map.set(id, record);
}
