/**
 * The fast way to open a session: the request that has created the payment asks the gateway itself, once, and
 * starts the run before it answers. A refusal ends the payment. After any other trouble the run opens the
 * session durably, and first looks for a session that this request may have left.
 */
import { crashable } from '../../crash-points.ts';
import type { OpenedPayment } from '../../domain/opened-payment.ts';
import type { PaymentAddress } from '../../domain/payment.ts';
import { GatewayRejected } from '../../gateways/gateway-errors.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import type { Service } from '../../service.ts';
import { openAtGateway } from '../../sessions/open-at-gateway.ts';
import { openedPayment } from '../../sessions/opened-row.ts';
import { noSession, recordNoSession } from '../../sessions/record-no-session.ts';
import type { PaymentClaim } from '../../store/claim-payment.ts';
import { endLease, recordRun, type PaymentRow } from '../../store/payments.ts';
import { Refusal } from '../refusal.ts';
import { addressOf } from './find-payment.ts';
import { LEASE_MS, whileLeased } from './held-lease.ts';

interface Limits {
  /** How long the gateway may take. */
  readonly waitsMs: number;
  /**
   * A gateway that hangs holds no more requests than this. The others are opened by their runs, with slots of
   * their own.
   */
  readonly atOnce: number;
}

/** A gateway that is slow is waited for, since giving up would open a second session. */
const LIMITS: Limits = { waitsMs: 10_000, atOnce: 50 };

type Claimed = Extract<PaymentClaim, { readonly kind: 'created' | 'open' }>;

/** One for a process. */
export class SessionOpener {
  readonly #service: Service;
  readonly #limits: Limits;
  readonly #underWay = new Map<string, Promise<PaymentRow | null>>();

  constructor(service: Service, limits: Limits = LIMITS) {
    this.#service = service;
    this.#limits = limits;
  }

  /** For the claim of a payment: how long its run leaves the opening to us. Undefined where there is no room. */
  get leaseMs(): number | undefined {
    return this.#underWay.size < this.#limits.atOnce ? LEASE_MS : undefined;
  }

  /**
   * The payment with its session, watched by its run. Null where the run is to open the session. Requests for
   * one payment share one opening.
   * @throws Refusal `gateway_rejected`
   * @throws RunsUnavailable when the session is open and recorded, and no run could be started
   */
  open({ kind, payment }: Claimed): Promise<PaymentRow | null> {
    if (kind === 'open' || payment.openingUntil === null)
      return this.#underWay.get(payment.id) ?? Promise.resolve(null);
    const opening = this.#openAndStart(payment).finally(() => this.#underWay.delete(payment.id));
    this.#underWay.set(payment.id, opening);
    return opening;
  }

  async #openAndStart(payment: PaymentRow): Promise<PaymentRow | null> {
    const { log, store } = this.#service;
    const opened = await whileLeased(store.db, payment.id, () => this.#create(payment)).catch(
      async (error: unknown) => {
        if (error instanceof GatewayRejected) await this.#refuse(payment, error);
        log.debug({ payment: payment.id, reason: String(error) }, 'the session is left to its run');
        return null;
      },
    );
    if (opened !== null) return this.#start(opened);
    // Where the store does not answer, the run waits until the lease has run out.
    await endLease(store.db, payment.id).catch(() => undefined);
    return null;
  }

  /** Null where the payment was closed meanwhile, or has another session: ours is closed. */
  #create(payment: PaymentRow): Promise<PaymentRow | null> {
    const { gateways, store } = this.#service;
    const gateway = gateways.named(payment.gateway);
    return withTimeLimit(this.#limits.waitsMs, [], async (signal) => {
      const tools = { db: store.db, gateway, signal };
      const { kept, isOurs } = await openAtGateway(tools, payment, { ifPending: true });
      return isOurs ? { ...payment, ...kept } : null;
    });
  }

  /**
   * A refusal is final: the payment fails, and no run asks again. Where it can't be recorded, or the payment
   * has changed meanwhile, its run goes on. @throws Refusal `gateway_rejected`
   */
  async #refuse(payment: PaymentRow, { message }: GatewayRejected): Promise<void> {
    const { config, gateways, recording } = this.#service;
    // Without the variable here, the update would be recorded as not to be sent. A worker may have it.
    if (config.ORDER_WEBHOOK_URL === undefined) return;
    const { account } = gateways.named(payment.gateway);
    const { id: paymentId, orderReference } = payment;
    const record = { paymentId, orderReference, account, key: `refused-${paymentId}`, callbacks: [] };
    const recorded = await recordNoSession(recording, record, noSession('rejected', message)).catch(
      () => null,
    );
    if (recorded?.status === 'FAILED') throw gatewayRefused(payment, message);
  }

  /** No caller has the session before its run watches it. */
  async #start(payment: PaymentRow): Promise<PaymentRow> {
    const { config, store } = this.#service;
    const opened = openedPayment({ pollIntervalMs: config.ON_HOLD_POLL_INTERVAL }, payment, false);
    const runId = await startRun(this.#service, addressOf(payment), opened);
    await recordRun(store.db, payment.id, runId);
    return { ...payment, runId };
  }
}

const startRun = crashable(
  { after: 'open.start.after' },
  ({ runs }: Service, payment: PaymentAddress, opened: OpenedPayment) => runs.start(payment, opened),
);

/** The answer about a payment whose session the gateway has refused. */
export function gatewayRefused({ gateway }: PaymentRow, reason: string): Refusal {
  return new Refusal('gateway_rejected', `${gateway} refused the session: ${reason}`);
}
