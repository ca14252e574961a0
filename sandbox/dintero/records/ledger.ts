import type { WebhookDelivery, Subscription } from '../webhooks/subscription.ts';
import type { Journal } from '../../records/journal.ts';
import type { Entry } from './dintero-entry.ts';
import type { Late, Quirk } from '../transactions/later.ts';
import { Problem } from '../../http/problem.ts';
import type { Settlement } from '../settlements/settlement.ts';
import { Table } from '../../records/table.ts';
import type { CallbackRecord } from '../callbacks/callback-record.ts';
import type { Session } from '../sessions/session.ts';
import type { Resolution } from '../transactions/later.ts';
import type { Transaction } from '../transactions/transaction.ts';

/** All records of the sandbox. They are changed in place and then saved, which indexes and journals them. */
export class Ledger {
  readonly sessions = new Table<Session>((session) => [
    session.order.merchant_reference,
    session.order.merchant_reference_2,
    session.transaction_id,
    session.customer?.email,
    session.customer?.phone_number,
  ]);
  readonly transactions = new Table<Transaction>((transaction) => [
    transaction.session_id,
    transaction.merchant_reference,
    transaction.merchant_reference_2,
    transaction.customer?.email,
    transaction.customer?.phone_number,
  ]);
  readonly callbacks = new Table<CallbackRecord>((callback) => [
    callback.sessionId,
    callback.after ?? undefined,
  ]);
  readonly webhookDeliveries = new Table<WebhookDelivery>((delivery) => [
    delivery.subscriptionId,
    delivery.deliveryId,
    delivery.transactionId ?? undefined,
    delivery.after ?? undefined,
  ]);
  readonly settlements = new Table<Settlement>(() => []);
  readonly subscriptions = new Map<string, Subscription>();
  readonly resolutions = new Map<string, Resolution>();
  readonly lates = new Map<string, Late>();
  readonly quirks = new Map<string, Quirk>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** The session, or a 404. */
  session(id: string): Session {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Problem(404, `no session ${id} on this account`, 'NOT_FOUND');
    return session;
  }

  /** The transaction, or a 404. */
  transaction(id: string): Transaction {
    const transaction = this.transactions.get(id);
    if (transaction === undefined)
      throw new Problem(404, `no transaction ${id} on this account`, 'NOT_FOUND');
    return transaction;
  }

  /** The webhook subscription, even if it was deleted, or a 404. */
  subscription(id: string): Subscription {
    const subscription = this.subscriptions.get(id);
    if (subscription === undefined)
      throw new Problem(404, `no subscription ${id} on this account`, 'NOT_FOUND');
    return subscription;
  }

  transactionOf(session: Session): Transaction | undefined {
    return session.transaction_id === undefined ? undefined : this.transactions.get(session.transaction_id);
  }

  saveSession(session: Session): void {
    this.sessions.put(session);
    this.#journal.mark({ kind: 'session', id: session.id, record: session });
  }

  saveTransaction(transaction: Transaction): void {
    this.transactions.put(transaction);
    this.#journal.mark({ kind: 'transaction', id: transaction.id, record: transaction });
  }

  saveCallback(callback: CallbackRecord): void {
    this.callbacks.put(callback);
    this.#journal.mark({ kind: 'callback', id: callback.id, record: callback });
  }

  saveSubscription(subscription: Subscription): void {
    this.subscriptions.set(subscription.id, subscription);
    this.#journal.mark({ kind: 'subscription', id: subscription.id, record: subscription });
  }

  saveWebhookDelivery(delivery: WebhookDelivery): void {
    this.webhookDeliveries.put(delivery);
    this.#journal.mark({ kind: 'hookDelivery', id: delivery.id, record: delivery });
  }

  saveSettlement(settlement: Settlement): void {
    this.settlements.put(settlement);
    this.#journal.mark({ kind: 'settlement', id: settlement.id, record: settlement });
  }

  saveResolution(resolution: Resolution): void {
    this.resolutions.set(resolution.transactionId, resolution);
    this.#journal.mark({ kind: 'resolution', id: resolution.transactionId, record: resolution });
  }

  dropResolution(transactionId: string): void {
    if (!this.resolutions.delete(transactionId)) return;
    this.#journal.mark({ kind: 'resolution', id: transactionId, record: null });
  }

  saveLate(late: Late): void {
    this.lates.set(late.id, late);
    this.#journal.mark({ kind: 'late', id: late.id, record: late });
  }

  dropLate(id: string): void {
    if (this.lates.delete(id)) this.#journal.mark({ kind: 'late', id, record: null });
  }

  saveQuirk(quirk: Quirk): void {
    this.quirks.set(quirk.id, quirk);
    this.#journal.mark({ kind: 'quirk', id: quirk.id, record: quirk });
  }

  /** Restores a record from a journal entry. Entries of other kinds are ignored. */
  replay(entry: Entry): void {
    if (entry.kind === 'session') this.sessions.put(entry.record);
    if (entry.kind === 'transaction') this.transactions.put(entry.record);
    if (entry.kind === 'callback') this.callbacks.put(entry.record);
    if (entry.kind === 'hookDelivery') this.webhookDeliveries.put(entry.record);
    if (entry.kind === 'settlement') this.settlements.put(entry.record);
    if (entry.kind === 'subscription') this.subscriptions.set(entry.id, entry.record);
    if (entry.kind === 'quirk') this.quirks.set(entry.id, entry.record);
    if (entry.kind === 'resolution') keep(this.resolutions, entry.id, entry.record);
    if (entry.kind === 'late') keep(this.lates, entry.id, entry.record);
  }

  /** One entry for each record: the contents of a compacted journal. */
  *entries(): Generator<Entry> {
    for (const record of this.sessions.all()) yield { kind: 'session', id: record.id, record };
    for (const record of this.transactions.all()) yield { kind: 'transaction', id: record.id, record };
    for (const record of this.callbacks.all()) yield { kind: 'callback', id: record.id, record };
    for (const record of this.webhookDeliveries.all()) yield { kind: 'hookDelivery', id: record.id, record };
    for (const record of this.settlements.all()) yield { kind: 'settlement', id: record.id, record };
    for (const [id, record] of this.subscriptions) yield { kind: 'subscription', id, record };
    for (const [id, record] of this.resolutions) yield { kind: 'resolution', id, record };
    for (const [id, record] of this.lates) yield { kind: 'late', id, record };
    for (const [id, record] of this.quirks) yield { kind: 'quirk', id, record };
  }

  clear(): void {
    this.sessions.clear();
    this.transactions.clear();
    this.callbacks.clear();
    this.webhookDeliveries.clear();
    this.settlements.clear();
    this.subscriptions.clear();
    this.resolutions.clear();
    this.lates.clear();
    this.quirks.clear();
  }
}

function keep<T>(map: Map<string, T>, id: string, record: T | null): void {
  if (record === null) map.delete(id);
  else map.set(id, record);
}
