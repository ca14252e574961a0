import { randomUUID } from 'node:crypto';
import type { Agenda } from './agenda.ts';
import type { CallbackPlan } from './callback-plan.ts';
import { callbackHeaders, callbackOptions, type CallbackSubject, callbackUrl } from './callback-request.ts';
import type { Faults } from './faults.ts';
import { shortId } from './ids.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import { type CallbackRecord, nowIso, type Occasion, type Session, type Transaction } from './model.ts';
import { type Outcome, Sender } from './send.ts';
import type { Settings } from './settings.ts';
import { transactionView } from './views.ts';

const MAX_AT_ONCE = 100;
const MAX_RETRIES = 20;

interface Parts {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly faults: Faults;
  readonly agenda: Agenda;
  readonly journal: Journal;
}

/** Sends callbacks: 2xx ends well, 4xx ends in `lost`, anything else is tried again up to 20 times. */
export class Deliveries {
  readonly #parts: Parts;
  readonly #sender = new Sender(MAX_AT_ONCE);
  #ready: CallbackRecord[] = [];
  #active = 0;
  #closed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Puts the callbacks of one occasion on their way. Without a callback URL there are none. */
  enqueue(
    session: Session,
    transaction: Transaction | undefined,
    occasion: Occasion,
    plans: readonly CallbackPlan[],
  ): void {
    const base = session.url.callback_url;
    if (base === undefined) return;
    const subject: CallbackSubject = { session, transaction, occasion, createdAt: nowIso() };
    for (const plan of plans) {
      let previous: CallbackRecord | undefined;
      for (let copy = 0; copy < (plan.copies ?? 1); copy++) {
        previous = this.#add(base, subject, plan, plan.together === true ? undefined : previous);
      }
    }
  }

  /** Takes up what a restart found pending. */
  resume(): void {
    for (const record of this.#parts.ledger.callbacks.all()) {
      if (record.state === 'pending' && this.#mayStart(record)) this.#schedule(record);
    }
  }

  /** Sends what waited while callbacks were switched off. */
  wake(): void {
    this.#pump();
  }

  /** Forgets what waits; what is on the wire ends unrecorded. */
  clear(): void {
    this.#ready = [];
  }

  close(): void {
    this.#closed = true;
    this.#ready = [];
    this.#sender.close();
  }

  #add(
    base: string,
    subject: CallbackSubject,
    plan: CallbackPlan,
    after: CallbackRecord | undefined,
  ): CallbackRecord {
    const { method, delaySeconds } = callbackOptions(base);
    const record: CallbackRecord = {
      id: shortId(),
      sessionId: subject.session.id,
      transactionId: subject.transaction?.id ?? null,
      createdAt: subject.createdAt,
      plan,
      url: callbackUrl(base, subject, plan),
      method: plan.method ?? method,
      after: after?.id ?? null,
      dueAtMs: Date.now() + (plan.delayMs ?? delaySeconds * 1_000),
      deliveryId: plan.deliveryId ?? randomUUID(),
      state: this.#parts.faults.knobs.callbacks === 'off' ? 'suppressed' : 'pending',
      headers: {},
      attempts: [],
    };
    this.#parts.ledger.saveCallback(record);
    if (record.state === 'pending' && record.after === null) this.#schedule(record);
    return record;
  }

  #mayStart(record: CallbackRecord): boolean {
    if (record.after === null) return true;
    return (this.#parts.ledger.callbacks.get(record.after)?.attempts.length ?? 1) > 0;
  }

  #schedule(record: CallbackRecord): void {
    if (record.dueAtMs > Date.now()) {
      this.#parts.agenda.at(record.dueAtMs, () => this.#start(record));
      return;
    }
    // Not within the request that caused it: its answer and its journal lines come first.
    setImmediate(() => this.#start(record));
  }

  #start(record: CallbackRecord): void {
    // A reset may have come in between.
    if (this.#parts.ledger.callbacks.get(record.id) !== record) return;
    this.#ready.push(record);
    this.#pump();
  }

  #pump(): void {
    if (this.#closed || this.#parts.faults.knobs.callbacks === 'off') return;
    while (this.#active < MAX_AT_ONCE) {
      const record = this.#ready.shift();
      if (record === undefined) return;
      this.#active += 1;
      void this.#attempt(record).finally(() => {
        this.#active -= 1;
        this.#pump();
      });
    }
  }

  async #attempt(record: CallbackRecord): Promise<void> {
    const { settings, faults, journal } = this.#parts;
    const started = Date.now();
    if (record.attempts.length > 0 && record.plan.sameDeliveryOnRetry === false)
      record.deliveryId = randomUUID();
    record.headers = callbackHeaders(record, settings, started);
    // Whoever is called may ask at once: what it will read must outlive a kill by then.
    journal.flush();
    const outcome = await this.#sender.send({
      url: record.url,
      method: record.method,
      headers: record.headers,
      body: this.#bodyOf(record),
      timeoutMs: faults.knobs.callbackTimeoutMs,
    });
    if (this.#closed || this.#parts.ledger.callbacks.get(record.id) !== record) return;
    this.#note(record, outcome, started);
    journal.flush();
  }

  #bodyOf(record: CallbackRecord): string | undefined {
    if (record.plan.body !== undefined) {
      return typeof record.plan.body === 'string' ? record.plan.body : JSON.stringify(record.plan.body);
    }
    const { ledger } = this.#parts;
    const transaction =
      record.transactionId === null ? undefined : ledger.transactions.get(record.transactionId);
    if (record.method === 'GET' || transaction === undefined) return undefined;
    // As it was when the callback was made, so that a late one carries a stale body.
    const view = transactionView(transaction, record.createdAt);
    const session = callbackOptions(record.url).includesSession
      ? ledger.sessions.get(record.sessionId)
      : undefined;
    return JSON.stringify(session === undefined ? view : { ...view, session });
  }

  #note(record: CallbackRecord, outcome: Outcome, started: number): void {
    const first = record.attempts.length === 0;
    record.attempts.push({
      at: new Date(started).toISOString(),
      ...outcome,
      durationMs: Date.now() - started,
    });
    this.#settle(record, outcome.status);
    this.#parts.ledger.saveCallback(record);
    if (!first) return;
    this.#noteInSession(record);
    const siblings = this.#parts.ledger.callbacks.underKey(record.sessionId);
    for (const next of siblings)
      if (next.after === record.id && next.state === 'pending') this.#schedule(next);
  }

  #settle(record: CallbackRecord, status: number | null): void {
    if (status !== null && status >= 200 && status < 300) {
      record.state = 'delivered';
    } else if ((status !== null && status >= 400 && status < 500) || record.attempts.length > MAX_RETRIES) {
      record.state = 'lost';
    } else {
      const schedule = this.#parts.faults.knobs.retryScheduleMs;
      record.dueAtMs = Date.now() + (schedule[record.attempts.length - 1] ?? schedule.at(-1) ?? 0);
      this.#schedule(record);
    }
  }

  #noteInSession(record: CallbackRecord): void {
    const session = this.#parts.ledger.sessions.get(record.sessionId);
    const transaction = this.#parts.ledger.transactions.get(record.transactionId ?? '');
    if (session === undefined || transaction === undefined) return;
    const name = transaction.status === 'ON_HOLD' ? 'ON_HOLD_CALLBACK_SENT' : 'AUTH_CALLBACK_SENT';
    session.events.push({
      id: shortId(),
      name,
      created_at: nowIso(),
      details: { transaction_event_id: transaction.events.at(-1)?.id },
    });
    this.#parts.ledger.saveSession(session);
  }
}
