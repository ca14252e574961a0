/**
 * A payment service provider: its sessions, its books, and the readings that it has given. Shares nothing
 * with the sandbox.
 */
import type { OperationKind, ProductRules } from '../../../src/domain/operation.ts';
import type { PaymentKey } from '../../../src/domain/payment.ts';
import type { Reading, TransactionStatus } from '../../../src/domain/transaction.ts';
import { Ledger, type BookedOperation } from './ledger.ts';

export const ACCOUNT = 'T12345678';

/** The longest time by which a reading lags behind the books. */
export const LONGEST_LAG_MS = 30_000;

/** A reading that is valid from a time on. */
interface Said {
  readonly at: number;
  readonly reading: Reading;
}

export interface PspSession {
  readonly id: string;
  readonly key: PaymentKey;
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** `expired` and `complete` are words of the keyed PSP. */
  state: 'open' | 'cancelled' | 'failed' | 'declined' | 'expired' | 'complete';
  ledger: Ledger | null;
  /** Further transactions of the session. */
  readonly surplus: Ledger[];
  /** Each change, so that a replica can lag behind. */
  readonly said: Said[];
  /** The last answer to a read of ours, and the time of its state. */
  lastRead: (Said & { readonly asOf: number }) | null;
  lastAsked: number;
}

/** Which PSP a schedule has: one like Dintero, or one like Stripe. See `Psp` and `KeyedPsp`. */
export type PspKind = 'lagging' | 'keyed';

/** The PSP of a schedule. With both, every second seed has the keyed one. */
export function pspOf(seed: number, psp: PspKind | 'both'): PspKind {
  if (psp !== 'both') return psp;
  return seed % 2 === 0 ? 'keyed' : 'lagging';
}

export interface PspRules {
  readonly product: string;
  readonly rules: ProductRules;
  /** The precision of `updated_at` in milliseconds; null where there is none. */
  readonly clock: number | null;
}

/** Is notified of every change of the books. */
export interface Bookkeeper {
  now(): number;
  /** A session was opened, or something about it has changed. */
  opened(session: PspSession): void;
  changed(session: PspSession, event: string): void;
}

/** Its reads lag, it takes no keys, and it voids, corrects and closes as Dintero does. */
export class Psp {
  readonly gateway: string = 'dintero';
  readonly sessions: PspSession[] = [];
  readonly rules: PspRules;
  protected readonly watch: Bookkeeper;

  constructor(rules: PspRules, watch: Bookkeeper) {
    this.rules = rules;
    this.watch = watch;
  }

  open(wanted: Pick<PspSession, 'key' | 'amountMinor' | 'currency' | 'expiresAt'>): PspSession {
    const { key } = wanted;
    const now = this.watch.now();
    const session: PspSession = {
      ...wanted,
      id: `${ACCOUNT}.${key.orderReference}-s${this.sessions.length + 1}`,
      reference: key.orderReference,
      createdAt: now,
      state: 'open',
      ledger: null,
      surplus: [],
      said: [],
      lastRead: null,
      lastAsked: now,
    };
    this.sessions.push(session);
    this.#say(session);
    this.watch.opened(session);
    return session;
  }

  find(sessionId: string): PspSession | undefined {
    return this.sessions.find(({ id }) => id === sessionId);
  }

  byTransaction(transactionId: string): PspSession | undefined {
    return this.sessions.find(({ ledger }) => ledger?.is.id === transactionId);
  }

  /** Each transaction of a session, as the session of that transaction alone. */
  moneyIn(session: PspSession): readonly PspSession[] {
    return [session];
  }

  /** The payer makes progress. `tampered`: fields of the transaction that differ from the session. */
  pay(
    session: PspSession,
    status: TransactionStatus,
    tampered: Partial<Pick<Ledger['is'], 'amountMinor' | 'currency' | 'reference' | 'account'>> = {},
  ): Ledger {
    const { id: sessionId, reference, amountMinor, currency } = session;
    const { product } = this.rules;
    const agreed = { id: `${sessionId}-tx`, sessionId, account: ACCOUNT, reference, amountMinor, currency };
    session.ledger ??= this.begin({ ...agreed, product, ...tampered });
    session.ledger.become(status, this.watch.now());
    this.change(session, status);
    return session.ledger;
  }

  /** Ends a session without a transaction. */
  end(session: PspSession, state: PspSession['state']): void {
    session.state = state;
    this.change(session, state);
  }

  /**
   * Dintero's rule: a session is closed together with its transaction, unless that is on hold, captured or
   * over.
   */
  cancel(session: PspSession): 'cancelled' | 'refused' {
    const { ledger } = session;
    if (session.state === 'cancelled') return 'cancelled';
    if (ledger !== null && ledger.status !== 'INITIATED' && ledger.status !== 'AUTHORIZED') return 'refused';
    if (ledger?.status === 'INITIATED') ledger.become('VOIDED', this.watch.now());
    else if (ledger !== null) ledger.isReleased = true;
    session.state = 'cancelled';
    this.change(session, 'cancelled');
    return 'cancelled';
  }

  /** A void releases the sum that is left when it is done, not the sum at the time of the request. */
  book(session: PspSession, operation: BookedOperation): void {
    const { ledger } = session;
    const isAllOfTheRest = operation.kind === 'void' && operation.state === 'done' && ledger !== null;
    ledger?.book(isAllOfTheRest ? { ...operation, amountMinor: ledger.capturable } : operation);
    this.change(session, operation.kind.toUpperCase());
  }

  /** Done by a person in the Backoffice, as far as the books allow it. */
  byHand(session: PspSession, kind: OperationKind, amountMinor: number): boolean {
    if (session.ledger?.allows(kind, amountMinor, this.rules.rules) !== true) return false;
    const isOurs = false;
    this.book(session, { kind, who: 'backoffice', isOurs, amountMinor, state: 'done' });
    return true;
  }

  /** Makes the last operation fail after its success. Returns the operation, where there is one. */
  reverse(session: PspSession): BookedOperation | undefined {
    const last = session.ledger?.lastReversible();
    if (last === undefined) return undefined;
    Object.assign(last, { state: 'failed', isReversed: true });
    this.change(session, last.kind.toUpperCase());
    return last;
  }

  change(session: PspSession, event: string): void {
    this.#say(session);
    this.watch.changed(session, event);
  }

  /** The reading of a session, as it was that long ago. */
  sayOf(session: PspSession, lagMs: number): Reading {
    const since = this.watch.now() - lagMs;
    const [first] = session.said;
    const said = session.said.findLast(({ at }) => at <= since) ?? first;
    return said?.reading ?? { kind: 'absent' };
  }

  /**
   * The highest captured sum that we may have read. A capture may just have been taken back; then the gateway
   * itself refuses the refund.
   */
  mostCaptured(session: PspSession | undefined): number {
    const since = this.watch.now() - LONGEST_LAG_MS;
    const said = session?.said.filter((_, index, all) => (all[index + 1]?.at ?? Infinity) >= since) ?? [];
    return Math.max(
      session?.ledger?.captured ?? 0,
      ...said.map(({ reading }) => (reading.kind === 'transaction' ? reading.transaction.capturedMinor : 0)),
    );
  }

  protected begin(is: Ledger['is']): Ledger {
    return new Ledger(is);
  }

  /** The session as it is now. */
  protected readingOf({ ledger, state }: PspSession, updatedAt: string | undefined): Reading {
    if (ledger !== null) return { kind: 'transaction', transaction: ledger.shown(updatedAt) };
    return { kind: 'session', state: state === 'complete' ? 'open' : state };
  }

  /** The time of an answer or of a change, as precisely as this PSP gives it. */
  protected get timeShown(): string | undefined {
    const { clock } = this.rules;
    const at = this.watch.now();
    return clock === null ? undefined : new Date(at - (at % clock)).toISOString();
  }

  #say(session: PspSession): void {
    session.said.push({ at: this.watch.now(), reading: this.readingOf(session, this.timeShown) });
  }
}
