/** The delivery of callbacks: once, twice, late, out of order, refused and sent again, forged, or never. */
import { receivedOf } from '../../../src/api/callbacks/log-entry.ts';
import type { Gateway } from '../../../src/gateways/gateway.ts';
import type { Delivery } from '../../../src/gateways/verification.ts';
import { isSettled } from '../../../src/domain/payment.ts';
import type { Callback as Signalled, Claim } from '../../../src/domain/callback.ts';
import type { PaymentKey } from '../../../src/domain/payment.ts';
import { asksForLook, claimUnsignalled, logDelivery, markSignalled } from '../stand-ins/store-deliveries.ts';
import { findKey } from '../../../src/store/find-key.ts';
import { placeParked } from '../../../src/store/parked.ts';
import { paymentWorkflowId } from '../../../src/workflows/messages.ts';
import { isFurther, KeyedPsp } from './keyed-psp.ts';
import { newFacts, noticeOf, type Notice } from './notices.ts';
import type { PspSession } from './psp.ts';
import { dbOf } from './tables.ts';
import type { World } from './world.ts';

const ACTED_WITHIN_MS = 30_000;
const ECHO_MS = 500;
/** The time after which all retries have been made. */
const WELL_FOR_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;
const DELAYS_MS = [5, 40, 300, 2_000, 20_000, 5 * 60_000, 2 * HOUR_MS];

interface Callback {
  readonly eventId: string;
  /** Null where it has none by design. */
  readonly key: PaymentKey | null;
  readonly claim: Claim;
  /**
   * The signed query without its time. It is equal for the callback of a hold and for that of its release.
   */
  readonly says: string;
  readonly sentAt: number;
}

/** A callback without a key, and whether its session was known when it came. */
export type Keyless = Pick<Callback, 'eventId' | 'claim'> & { readonly isOfKnown: boolean };

const ERRORS: Readonly<Record<string, string>> = {
  cancelled: 'cancelled',
  failed: 'failed',
  declined: 'authorization',
  FAILED: 'failed',
  DECLINED: 'authorization',
};

export class Network {
  readonly #world: World;
  readonly #sent: Callback[] = [];
  readonly #arrived = new Set<string>();
  /** Callbacks accepted while the store was away: only their runs have them. */
  readonly #unlogged: (Callback & { readonly key: PaymentKey })[] = [];
  /** Callbacks without a key that were answered 200. */
  readonly keyless: Keyless[] = [];
  /** The facts of each session, and of each further transaction, that were told. */
  readonly #facts = new Map<string, Set<string>>();
  readonly #toldOf = new Map<string, readonly string[]>();
  #made = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** The gateway may send callbacks about a change; never about a payer who has only begun. */
  announce(session: PspSession, event: string): void {
    if (event === 'INITIATED') return;
    if (this.#world.psp instanceof KeyedPsp) return this.#announceFacts(session, event);
    const news = this.#newsOf(session);
    this.#send(() => this.#about(session, event, news));
  }

  #announceFacts(session: PspSession, event: string): void {
    for (const one of this.#world.psp.moneyIn(session)) this.#announceTransaction(one, event);
  }

  #announceTransaction(session: PspSession, event: string): void {
    const { chance, trouble } = this.#world;
    const of = isFurther(session) ? (session.ledger?.is.id ?? '') : session.id;
    const told = this.#facts.get(of) ?? new Set();
    this.#facts.set(of, told);
    for (const fact of newFacts(session, event, told)) {
      // Without its key or its session, an unknown transaction is nobody's.
      const isThin = !isFurther(session) && chance.hits(trouble.weather.thin);
      const notice = noticeOf(session, fact, isThin);
      this.#send(() => this.#written(notice, session.key));
    }
  }

  /** An event of the account that is about another shop's payment. */
  announceForeign(): void {
    const claim = { transactionId: 'another', event: 'refund.changed', eventRef: this.#newId('fact') };
    this.#send(() => this.#written({ claim, isKeyless: true, says: claim.eventRef }, null));
  }

  #written({ claim, isKeyless, says }: Notice, key: PaymentKey | null): Callback {
    const eventId = this.#newId('event');
    const sentAt = this.#world.clock.now;
    return { eventId, key: isKeyless ? null : key, claim, says: says ?? eventId, sentAt };
  }

  #send(write: () => Callback): void {
    const { chance, trouble } = this.#world;
    const times = trouble.weather.sweeps ? chance.pick([0, 0, 1, 1, 1, 2]) : chance.pick([1, 1, 2]);
    const callback = write();
    for (let time = 0; time < times; time += 1) {
      // A second one may have an id of its own, as with two subscriptions, or as a near-duplicate.
      const sent = time > 0 && chance.hits(0.5) ? write() : callback;
      this.#sent.push(sent);
      this.#deliverAfter(chance.pick(DELAYS_MS), sent);
    }
  }

  /** Repeats an earlier callback. */
  repeat(): void {
    if (this.#sent.length > 0) this.#deliverAfter(1, this.#world.chance.pick(this.#sent));
  }

  /** A valid signature for one payment, with a claim that names the transaction of another. */
  mislead(session: PspSession, other: PspSession): void {
    const claim = { sessionId: session.id, transactionId: other.ledger?.is.id ?? `${other.id}-tx` };
    const eventId = this.#newId('misled');
    this.#deliverAfter(1, { eventId, key: session.key, claim, says: eventId, sentAt: 0 });
  }

  /** Whether an accepted callback would be lost with the payment's run, since no other place has it. */
  isOnlyWitness(workflowId: string): boolean {
    const { deliveries } = this.#world.tables;
    return this.#unlogged.some(
      ({ eventId, key }) => paymentWorkflowId(key) === workflowId && !deliveries.has(eventId),
    );
  }

  #newId(what: string): string {
    this.#made += 1;
    return `${what}-${this.#made}`;
  }

  /** A return hit, or a callback without a valid signature. Neither proves anything. */
  poke({ key }: PspSession, why: 'return' | 'unproved_callback'): void {
    this.#world.say(() => `${why} hit for ${key.paymentId}`);
    const hit = { why, at: new Date().toISOString() } as const;
    this.#world.runs.poke(key, hit).catch(() => undefined);
  }

  /** The forwarder's part: signals deliveries that no run has received. */
  async forward(): Promise<void> {
    const { tables, runs, psp } = this.#world;
    const isWaiting = [...tables.deliveries.values()].some(({ state }) => state !== 'handled');
    if (!isWaiting) return;
    const db = dbOf(tables);
    await placeParked(db);
    for (const {
      id,
      eventId,
      contentHash,
      claim,
      receivedAt,
      paymentId,
      orderReference,
      n,
    } of await claimUnsignalled(db)) {
      const key = { paymentId: paymentId ?? '', orderReference: orderReference ?? '', n: n ?? 0 };
      const signal = {
        eventId: eventId ?? '',
        contentHash: contentHash ?? '',
        claim,
        receivedAt: receivedAt.toISOString(),
      };
      await runs.callback({ ...key, gateway: psp.gateway }, signal).then(() => markSignalled(db, [id]));
    }
  }

  /** Without trouble, a verified callback about an open payment has its effect at once. */
  #expectNews({ eventId, sentAt }: Callback, { paymentId }: PaymentKey): void {
    const { tables, psp, clock, trouble, promises } = this.#world;
    const payment = tables.payments.get(paymentId);
    const session = psp.find(payment?.sessionId ?? '');
    const isFirst = !this.#arrived.has(eventId);
    this.#arrived.add(eventId);
    if (!isFirst || payment === undefined || session === undefined || isSettled(payment.status)) return;
    clock.after(ACTED_WITHIN_MS, () => {
      const isWell = trouble.isCalm && trouble.last < clock.now - WELL_FOR_MS;
      if (isWell && session.said.every(({ at }) => at <= sentAt)) promises.known(paymentId, session);
    });
  }

  /** The name of a money event that no callback has named yet. */
  #newsOf({ id, ledger }: PspSession): string | undefined {
    const told = this.#toldOf.get(id) ?? [];
    const known = ledger?.knownEvents ?? [];
    this.#toldOf.set(id, known);
    return known.find((name) => !told.includes(name));
  }

  #about({ id, key, ledger }: PspSession, event: string, eventRef: string | undefined): Callback {
    const isOperation = event === 'CAPTURE' || event === 'REFUND' || event === 'VOID';
    const error = ERRORS[event];
    const claim = {
      sessionId: id,
      ...(ledger !== null && { transactionId: ledger.is.id }),
      ...(isOperation && { event }),
      ...(isOperation && eventRef !== undefined && { eventRef }),
      ...(error !== undefined && { error }),
    };
    const says = [id, ledger?.is.id, claim.event, error, isOperation && ledger?.operations.length].join(' ');
    return { eventId: this.#newId('event'), key, claim, says, sentAt: this.#world.clock.now };
  }

  #deliverAfter(ms: number, callback: Callback): void {
    this.#world.underway += 1;
    this.#world.clock.after(ms, () => {
      this.#world.underway -= 1;
      void this.#deliver(callback);
    });
  }

  /**
   * Logs and signals in parallel. The callback is accepted where either is durable, else the gateway sends it
   * again.
   */
  async #deliver(callback: Callback): Promise<void> {
    const { tables, runs, trouble, psp } = this.#world;
    const { eventId, claim, says: contentHash } = callback;
    const db = dbOf(tables);
    const isOfKnown = [...tables.payments.values()].some(({ sessionId }) => sessionId === claim.sessionId);
    const key = callback.key ?? (await findKey(db, psp.gateway, claim).catch(() => undefined));
    if (key === undefined) return this.#refuse(callback);
    const name = key?.paymentId ?? 'no payment';
    this.#world.say(() => `callback ${eventId} for ${name} arrives: ${JSON.stringify(claim)}`);
    const isKeyless = callback.key === null && ({ isKeyless: true } as const);
    const delivery = { ...VERIFIED, eventId, contentHash, key, claim, ...isKeyless } as const;
    const received = receivedOf({ id: psp.gateway } as Gateway, UNREAD, delivery);
    const logged = await logDelivery(db, received).catch(() => null);
    if (key === null && logged === null) return this.#refuse(callback);
    if (callback.key === null && logged !== null) this.keyless.push({ eventId, claim, isOfKnown });
    if (key === null) return;
    this.#expectNews(callback, key);
    if (trouble.hits(trouble.weather.deaths)) {
      this.#world.say(() => `the process dies between the log and the signal of ${eventId}`);
      return this.#deliverAfter(30_000, callback);
    }
    if (logged !== null && !logged.toSignal) return;
    if (logged?.mayBeEcho && !(await this.#asksForLook(logged.id, key.paymentId))) return;
    const signal: Signalled = { eventId, contentHash, claim, receivedAt: new Date().toISOString() };
    const isTold = await runs.callback({ ...key, gateway: psp.gateway }, signal).then(
      () => true,
      () => false,
    );
    if (isTold && logged !== null) return markSignalled(db, [logged.id]).catch(() => undefined);
    if (isTold) this.#unlogged.push({ ...callback, key });
    if (isTold || logged !== null) return;
    this.#refuse(callback);
  }

  /** The gateway sends it again. */
  #refuse(callback: Callback): void {
    this.#world.say(() => `callback ${callback.eventId} is answered 503`);
    this.#deliverAfter(30_000, callback);
  }

  /** The time that the ingress gives the record of an operation under way. */
  #asksForLook(id: string, paymentId: string): Promise<boolean> {
    const { clock, tables } = this.#world;
    return new Promise((resolve) => {
      clock.after(
        ECHO_MS,
        () => void asksForLook(dbOf(tables), id, paymentId).then(resolve, () => resolve(true)),
      );
    });
  }
}

const UNREAD = { method: 'GET', target: '', headers: {}, body: Buffer.alloc(0), receivedAt: new Date(0) };

const VERIFIED = {
  kind: 'payment',
  ageSeconds: 0,
  secretIndex: 0,
  secretFingerprint: '',
  isBodySigned: true,
} as const satisfies Partial<Delivery>;
