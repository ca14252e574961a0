import { randomUUID } from 'node:crypto';
import type { Agenda } from '../../records/agenda.ts';
import type { CallbackPlan } from './callback-plan.ts';
import { callbackHeaders, callbackOptions, type CallbackSubject, callbackUrl } from './callback-request.ts';
import { Courier } from '../../delivery/courier.ts';
import type { DinteroFaults } from '../faults/fault-schema.ts';
import type { Journal } from '../../records/journal.ts';
import type { Ledger } from '../records/ledger.ts';
import type { Outgoing } from '../../delivery/sender.ts';
import type { SigningSecrets } from './signing-secrets.ts';
import { transactionView } from '../records/lagging-views.ts';
import type { CallbackRecord, Occasion } from './callback-record.ts';
import { nowIso, shortId } from '../records/ids-and-times.ts';
import type { Session } from '../sessions/session.ts';
import type { Transaction } from '../transactions/transaction.ts';

const MAX_RETRIES = 20;

interface Parts {
  readonly account: string;
  readonly secrets: SigningSecrets;
  readonly ledger: Ledger;
  readonly faults: DinteroFaults;
  readonly agenda: Agenda;
  readonly journal: Journal;
}

/** Sends callbacks: 2xx means delivered, 4xx means `lost`, and any other result is retried up to 20 times. */
export class Callbacks {
  readonly #parts: Parts;
  /** Sends what `enqueue` has given it, also after a restart or a pause. */
  readonly courier: Courier<CallbackRecord>;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { ledger, faults } = parts;
    this.courier = new Courier<CallbackRecord>(
      {
        table: ledger.callbacks,
        maxAttempts: MAX_RETRIES + 1,
        isOn: () => faults.knobs.callbacks === 'on',
        schedule: () => faults.knobs.retryScheduleMs,
        isFinal: (status) => status >= 400 && status < 500,
        outgoing: (record, nowMs) => this.#outgoing(record, nowMs),
        attempted: (record) => this.#attempted(record),
      },
      parts,
    );
  }

  /** Sends the callbacks of one occasion. Without a callback URL there are none. */
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
    this.courier.send(record);
    return record;
  }

  #outgoing(record: CallbackRecord, nowMs: number): Outgoing {
    const { account, secrets, faults } = this.#parts;
    if (record.attempts.length > 0 && record.plan.sameDeliveryOnRetry === false)
      record.deliveryId = randomUUID();
    record.headers = callbackHeaders(record, { account, secrets: secrets.at(nowMs) }, nowMs);
    const { url, method, headers } = record;
    return { url, method, headers, body: this.#bodyOf(record), timeoutMs: faults.knobs.callbackTimeoutMs };
  }

  #bodyOf(record: CallbackRecord): string | undefined {
    if (record.plan.body !== undefined) {
      return typeof record.plan.body === 'string' ? record.plan.body : JSON.stringify(record.plan.body);
    }
    const { ledger } = this.#parts;
    const transaction =
      record.transactionId === null ? undefined : ledger.transactions.get(record.transactionId);
    if (record.method === 'GET' || transaction === undefined) return undefined;
    // The state when the callback was created, so that a late callback has a stale body.
    const view = transactionView(transaction, record.createdAt);
    const session = callbackOptions(record.url).includesSession
      ? ledger.sessions.get(record.sessionId)
      : undefined;
    return JSON.stringify(session === undefined ? view : { ...view, session });
  }

  #attempted(record: CallbackRecord): void {
    this.#parts.ledger.saveCallback(record);
    if (record.attempts.length === 1) this.#noteInSession(record);
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
