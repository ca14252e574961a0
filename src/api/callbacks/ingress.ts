/** From a callback's bytes to its answer: verify, keep, signal. Contract §4, row by row. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Gateway } from '../../gateways/gateway.ts';
import type { CallbackResult, CallbackResults, Delivery, RawRequest } from '../../gateways/verification.ts';
import { crashable } from '../../crash-points.ts';
import type { Service } from '../../service.ts';
import { countReceipt, markSignalled } from '../../store/deliveries.ts';
import { asksForLook, logDelivery, type LogAnswer, type ReceivedDelivery } from '../../store/log-delivery.ts';
import { findKey } from '../../store/find-key.ts';
import { withStoreTimeout } from '../../store/errors.ts';
import type { Db } from '../../store/open.ts';
import type { Callback } from '../../domain/callback.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
import type { Clue } from '../../domain/refusal-clue.ts';
import { Batcher } from '../../lib/batcher.ts';
import { Refusal } from '../refusal.ts';
import { countDelivery } from './count-delivery.ts';
import type { Pokes } from './pokes.ts';
import { receivedOf } from './log-entry.ts';
import { staleClues } from './stale-clue.ts';
import { longStaleSignature, staleSignature } from './stale-signature.ts';
import { RefusedCallbacks } from './refused-callbacks.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';

/** The waits for the store: before Temporal is signalled too, and before it counts as unavailable. */
const LOG_ANSWER_MS = 150;
const LOG_LIMIT_MS = 650;
/** How long our own operation may take to record the event of a callback; after that a look follows. */
const ECHO_MS = 500;

/** Contract §7. */
const VERIFIED_PER_PAYMENT = 20;
const OTHERS_KEPT_PER_SECOND = 50;
/** Stored copies of one signed message with other, unsigned delivery ids. Further ones are only counted. */
const COPIES = { perSecond: 1 / 30, burst: 5 };
/** An older signature can't belong to a retry of the gateway: contract §4. */
const LONG_AGO_S = 7 * 24 * 3_600;

interface Judged {
  readonly outcome: 'verified' | 'stale';
  /** Why it is stale. */
  readonly clues: readonly Clue[];
}

/** One per process. */
export class Ingress {
  readonly #service: Service;
  readonly #pokes: Pokes;
  readonly #refused: RefusedCallbacks;
  readonly #verified = new TokenBuckets(VERIFIED_PER_PAYMENT);
  readonly #others = new TokenBuckets(OTHERS_KEPT_PER_SECOND);
  readonly #copies = new TokenBuckets(COPIES.perSecond, COPIES.burst);
  readonly #running = new Set<Promise<unknown>>();
  readonly #signalled: Batcher<string>;

  constructor(service: Service, pokes: Pokes) {
    this.#service = service;
    this.#pokes = pokes;
    this.#refused = new RefusedCallbacks(service, pokes, (work) => this.#background(work));
    this.#signalled = new Batcher((ids) => markSignalled(service.store.db, ids));
  }

  /** @throws Refusal for every request that does not get a 200 */
  async receive(gateway: Gateway, request: RawRequest): Promise<CallbackResults> {
    const { metrics } = this.#service;
    const verification = gateway.verify(request);
    if (verification.outcome === 'malformed') {
      metrics.deliveries.inc({ gateway: gateway.id, outcome: 'malformed' });
      throw new Refusal('malformed', verification.detail);
    }
    if (verification.outcome === 'refused') {
      this.#refused.take(gateway, request, verification);
      throw new Refusal('bad_signature', verification.detail);
    }
    const { outcome, deliveries } = verification;
    const [first, ...more] = deliveries;
    const clues = outcome === 'stale' ? await staleClues(gateway, first, metrics) : [];
    if (Math.abs(first.ageSeconds) > LONG_AGO_S) {
      this.#refused.take(gateway, request, { ...first, reason: 'signed_long_ago', clues });
      throw longStaleSignature(first);
    }
    const stop = metrics.acknowledged.startTimer();
    const take = (delivery: Delivery) => this.#takeOne(gateway, request, { outcome, clues }, delivery);
    const results = await Promise.all([take(first), ...more.map(take)] as const);
    stop();
    if (outcome === 'stale') throw staleSignature(first);
    return results;
  }

  /** One delivery of a request. @throws Refusal where it can't be made durable now */
  async #takeOne(
    gateway: Gateway,
    request: RawRequest,
    judged: Judged,
    given: Delivery,
  ): Promise<CallbackResult> {
    if (given.kind === 'other') return this.#passOver(gateway, request, judged, given);
    this.#limit(gateway, given);
    const delivery = await this.#identified(gateway, given);
    const isCounted = await this.#countCopy(gateway, delivery);
    const result = isCounted ? 'duplicate' : await this.#take(gateway, request, judged, delivery);
    countDelivery(this.#service, gateway, delivery, { ...judged, result });
    return result;
  }

  /** Waits for deliveries that were answered but are still being signalled. */
  async drain(): Promise<void> {
    await Promise.all(this.#running);
    await this.#signalled.flush();
  }

  /**
   * A genuine message about nothing of ours is answered without waiting for anything: an account may send a
   * thousand a second. Some are stored, so that people see what comes.
   */
  #passOver(gateway: Gateway, request: RawRequest, judged: Judged, delivery: Delivery): 'ignored' {
    countDelivery(this.#service, gateway, delivery, { ...judged, result: 'ignored' });
    if (this.#others.take(gateway.id)) {
      const received = receivedOf(gateway, request, delivery, judged.clues);
      this.#background(withStoreTimeout(logDelivery(this.#service.store.db, received), LOG_LIMIT_MS));
    }
    return 'ignored';
  }

  #limit(gateway: Gateway, delivery: Delivery): void {
    const { claim, key, eventId } = delivery;
    if (this.#verified.take(claim.sessionId ?? key?.paymentId ?? claim.transactionId ?? eventId)) return;
    this.#service.metrics.deliveries.inc({ gateway: gateway.id, outcome: 'limited' });
    throw new Refusal(
      'unavailable',
      `more than ${VERIFIED_PER_PAYMENT} callbacks a second for one payment; send the callback again later`,
    );
  }

  /** Whether it is a surplus copy of a stored message, now counted there. A message not stored never is. */
  async #countCopy(gateway: Gateway, { copyHash, contentHash, key }: Delivery): Promise<boolean> {
    if (copyHash === undefined || this.#copies.take(`${gateway.id}/${copyHash}`)) return false;
    const counted = countReceipt(this.#service.store.db, gateway.id, { contentHash, key });
    return withStoreTimeout(counted, LOG_LIMIT_MS).catch(() => false);
  }

  /** Finds the payment of a keyless callback. Without the store it is not known, and Temporal not signalled. */
  async #identified(gateway: Gateway, delivery: Delivery): Promise<Delivery> {
    if (delivery.isKeyless === undefined) return delivery;
    const found = findKey(this.#service.store.db, gateway.id, delivery.claim);
    const key = await withStoreTimeout(found, LOG_LIMIT_MS).catch((error: unknown) =>
      unavailable(this.#service, gateway.id, {
        detail: 'the store did not answer, and it alone knows the payment of this callback; send it again',
        cause: error,
      }),
    );
    return { ...delivery, key };
  }

  async #take(
    gateway: Gateway,
    request: RawRequest,
    { clues }: Judged,
    delivery: Delivery,
  ): Promise<LogAnswer['result']> {
    const received = receivedOf(gateway, request, delivery, clues);
    const logged = withStoreTimeout(log(this.#service.store.db, received), LOG_LIMIT_MS);
    const answer = await Promise.race([logged.catch(() => null), after(LOG_ANSWER_MS)]);
    if (answer === null) return this.#takeWithoutStore(received, request, logged);
    // Its claim can't be used, but the gateway sent it: a look at the payment that it names is harmless.
    if (delivery.kind === 'unclear' && delivery.key !== null)
      this.#background(this.#pokes.poke(delivery.key, 'unproved_callback'));
    if (answer.toSignal) this.#background(this.#tell(received, request, answer));
    return answer.result;
  }

  /** A possible echo waits for its operation's record. If we die, the forwarder signals the callback. */
  async #tell(received: ReceivedDelivery, request: RawRequest, { id, mayBeEcho }: LogAnswer): Promise<void> {
    const { key } = received;
    if (mayBeEcho && key !== null) {
      await sleep(ECHO_MS);
      const { db } = this.#service.store;
      if (!(await asksForLook(db, id, key.paymentId).catch(() => true))) return;
    }
    await this.#signal(received, request);
    this.#signalled.add(id);
  }

  /** The store is slow or unavailable: Temporal is signalled too, and the first of both lets us answer. */
  async #takeWithoutStore(
    received: ReceivedDelivery,
    request: RawRequest,
    logged: Promise<LogAnswer>,
  ): Promise<LogAnswer['result']> {
    // Without a key there is no run to signal: only the store can keep a callback that is parked.
    const isOurs = received.ignoredBecause === undefined && received.key !== null;
    const told = isOurs
      ? [this.#signal(received, request).then(() => ({ result: 'accepted' as const }))]
      : [];
    const { result } = await Promise.any([logged, ...told]).catch((error: unknown) =>
      unavailable(this.#service, received.gateway, {
        detail: 'neither the store nor Temporal could accept the callback; send it again',
        cause: error,
      }),
    );
    return result;
  }

  #signal(received: ReceivedDelivery, request: RawRequest): Promise<void> {
    if (received.key === null) return Promise.resolve();
    const { eventId, contentHash, claim, key, gateway } = received;
    const signal: Callback = {
      eventId,
      contentHash,
      claim,
      receivedAt: request.receivedAt.toISOString(),
    };
    return tell(this.#service, { ...key, gateway }, signal);
  }

  #background(work: Promise<unknown>): void {
    const tracked = work.catch(() => undefined).finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }
}

const log = crashable(
  { before: 'ingress.log.before', after: 'ingress.log.after' },
  (db: Db, received: ReceivedDelivery) => logDelivery(db, received),
  ({ key }) => key?.orderReference ?? '',
);

const tell = crashable(
  { after: 'ingress.signal.after' },
  ({ runs }: Service, payment: PaymentAddress, signal: Callback) => runs.callback(payment, signal),
);

function unavailable(
  { metrics }: Service,
  gateway: string,
  { detail, cause }: { detail: string; cause: unknown },
): never {
  metrics.deliveries.inc({ gateway, outcome: 'unavailable' });
  throw new Refusal('unavailable', detail, { cause });
}

function after(ms: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), ms).unref();
  });
}
