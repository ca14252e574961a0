/**
 * Refused callbacks: a few are kept for people, and they cause a look at their payment, since a genuine one
 * may be among them.
 */
import type { Gateway } from '../../gateways/gateway.ts';
import type { RawRequest, Verification } from '../../gateways/verification.ts';
import type { Claim } from '../../domain/callback.ts';
import { isSameKey, type PaymentKey } from '../../domain/payment.ts';
import { TokenBuckets } from '../../lib/token-bucket.ts';
import type { Service } from '../../service.ts';
import { logRefused } from '../../store/deliveries.ts';
import { findPayment } from '../../store/payments.ts';
import { findKey } from '../../store/find-key.ts';
import { cutDown, receivedRequest } from './log-entry.ts';
import type { Pokes } from './pokes.ts';

/** How many refused callbacks get a row: a burst, then one a second. */
const KEPT = { perSecond: 1, burst: 50 };
/** Contract §7. */
const LOOKED_FOR_PER_SECOND = 50;

type Refused = Pick<Verification & { outcome: 'refused' }, 'reason' | 'key' | 'claim'>;

export class RefusedCallbacks {
  readonly #service: Service;
  readonly #pokes: Pokes;
  readonly #background: (work: Promise<unknown>) => void;
  readonly #kept = new TokenBuckets(KEPT.perSecond, KEPT.burst);
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
    const isKept = this.#kept.take(gateway.id);
    this.#background(this.#followRefused(gateway, request, refused, isKept));
  }

  async #followRefused(
    gateway: Gateway,
    request: RawRequest,
    { key, claim, reason }: Refused,
    isKept: boolean,
  ): Promise<void> {
    const named = key ?? (await this.#keyOf(gateway, claim));
    // A claimed key may be invented; a key that was found by its session is ours.
    if (named !== null) this.#background(this.#pokeNamed(named, key !== null));
    if (!isKept) return;
    const kept = cutDown(receivedRequest(gateway, request));
    await logRefused(this.#service.store.db, { ...kept, key: named, claim: { ...claim }, reason });
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
    const payment = await findPayment(this.#service.store.db, key.paymentId);
    return payment !== null && isSameKey({ paymentId: payment.id, ...payment }, key);
  }

  #keyOf(gateway: Gateway, { sessionId }: Claim): Promise<PaymentKey | null> {
    if (sessionId === undefined) return Promise.resolve(null);
    return findKey(this.#service.store.db, gateway.id, { sessionId }).catch(() => null);
  }
}
