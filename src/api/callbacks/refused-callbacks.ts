/**
 * Refused callbacks: a few are kept for people, with clues why they might be genuine, and they cause a look at
 * their payment, since a genuine one may be among them.
 */
import { setImmediate as answered } from 'node:timers/promises';
import type { Gateway } from '../../gateways/gateway.ts';
import type { RawRequest, RefusalReason, Verification } from '../../gateways/verification.ts';
import type { Claim } from '../../domain/callback.ts';
import { isSameKey, type PaymentKey } from '../../domain/payment.ts';
import { isProof, type Clue } from '../../domain/refusal-clue.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';
import type { Service } from '../../service.ts';
import { logRefused } from '../../store/deliveries.ts';
import { withStoreTimeout } from '../../store/errors.ts';
import { findPayment } from '../../store/payments.ts';
import { findKey } from '../../store/find-key.ts';
import { cutDown, receivedRequest } from './log-entry.ts';
import type { Pokes } from './pokes.ts';

/**
 * How many refused callbacks get a row: a burst, then one a second. Those that are found to be genuine have rows
 * of their own, which a flood of forgeries can't use up.
 */
const KEPT = { perSecond: 1, burst: 50 };
/** How many are examined, in the whole process: each takes up to some milliseconds. */
const EXAMINED = { perSecond: 5, burst: 50 };
/** A store that hangs must not keep the process from its end, which waits for this work. */
const STORE_LIMIT_MS = 2_000;
/** Contract §7. */
const LOOKED_FOR_PER_SECOND = 50;

interface Refused extends Pick<Verification & { outcome: 'refused' }, 'reason' | 'key' | 'claim'> {
  /** Where they are known without an examination. */
  readonly clues?: readonly Clue[];
}

/** Only a signature that does not match has to be explained. */
const UNEXPLAINED: ReadonlySet<RefusalReason> = new Set([
  'no_signature',
  'malformed_signature',
  'wrong_signature',
]);

export class RefusedCallbacks {
  readonly #service: Service;
  readonly #pokes: Pokes;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #kept = new TokenBuckets(KEPT.perSecond, KEPT.burst);
  readonly #examined = new TokenBuckets(EXAMINED.perSecond, EXAMINED.burst);
  readonly #lookedFor = new TokenBuckets(LOOKED_FOR_PER_SECOND);

  constructor(service: Service, pokes: Pokes, background: (work: Promise<unknown>) => void) {
    this.#service = service;
    this.#pokes = pokes;
    this.#background = background;
  }

  /** Counts the callback, and follows it in the background unless there are too many. */
  take(gateway: Gateway, request: RawRequest, refused: Refused): void {
    this.#service.metrics.deliveries.inc({ gateway: gateway.id, outcome: 'refused', reason: refused.reason });
    if (!this.#lookedFor.take(gateway.id)) return;
    this.#background(this.#followRefused(gateway, request, refused));
  }

  async #followRefused(gateway: Gateway, request: RawRequest, refused: Refused): Promise<void> {
    const { key, claim, reason } = refused;
    const named = key ?? (await this.#keyOf(gateway, claim));
    // A claimed key may be invented; a key that was found by its session is ours.
    if (named !== null) this.#background(this.#pokeNamed(named, key !== null));
    // The time of the answer must not depend on the examination.
    await answered();
    const clues = refused.clues ?? this.#explain(gateway, request, reason);
    const isGenuine = clues.some(isProof);
    if (!this.#kept.take(`${gateway.id} ${isGenuine ? 'genuine' : 'unproved'}`)) return;
    const kept = cutDown(receivedRequest(gateway, request));
    const row = { ...kept, key: named, claim: { ...claim }, reason, clues };
    await withStoreTimeout(logRefused(this.#service.store.db, row), STORE_LIMIT_MS);
  }

  /** Here and now, since the log keeps no signature. */
  #explain(gateway: Gateway, request: RawRequest, reason: RefusalReason): readonly Clue[] {
    const found = this.#examine(gateway, request, reason);
    for (const { code } of found) this.#service.metrics.refusalClues.inc({ gateway: gateway.id, code });
    return found;
  }

  #examine(gateway: Gateway, request: RawRequest, reason: RefusalReason): readonly Clue[] {
    if (!UNEXPLAINED.has(reason)) return [];
    if (!this.#examined.take('all')) return [{ code: 'not_examined' }];
    try {
      return this.#service.gateways.explainRefusal(gateway, request);
    } catch (error) {
      this.#service.log.error(
        { gateway: gateway.id, err: error },
        'a refused callback could not be examined',
      );
      return [{ code: 'not_examined', what: 'an error, which is in the log' }];
    }
  }

  /**
   * Order numbers can be guessed, ids of payments and sessions can't: a callback without a known payment or
   * session id wakes no run.
   */
  async #pokeNamed(key: PaymentKey, isClaimed: boolean): Promise<void> {
    if (isClaimed && !(await this.#isOurs(key))) return;
    await this.#pokes.poke(key, 'unproved_callback');
  }

  async #isOurs(key: PaymentKey): Promise<boolean> {
    const found = findPayment(this.#service.store.db, key.paymentId);
    const payment = await withStoreTimeout(found, STORE_LIMIT_MS);
    return payment !== null && isSameKey({ paymentId: payment.id, ...payment }, key);
  }

  #keyOf(gateway: Gateway, { sessionId }: Claim): Promise<PaymentKey | null> {
    if (sessionId === undefined) return Promise.resolve(null);
    const found = findKey(this.#service.store.db, gateway.id, { sessionId });
    return withStoreTimeout(found, STORE_LIMIT_MS).catch(() => null);
  }
}
