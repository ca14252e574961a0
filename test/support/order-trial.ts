/** One order on the real workflow code, to which the same ten events happen as to its twin in the pure model. */
import { isSettled } from '../../src/domain/payment.ts';
import type { PaymentAddress } from '../../src/temporal/payment-runs.ts';
import { RunEnded } from '../../src/temporal/calls.ts';
import { paymentWorkflowId } from '../../src/workflows/messages.ts';
import { newFakeOrder, type FakeOrder } from './fake-activities.ts';
import { claimPayment, newOrder, type StoredPayment } from './memory-store.ts';
import { checkOrder, differs } from './order-invariants.ts';
import {
  callbackSignal,
  happen,
  HOLD_MS,
  newWorld,
  summaryOf,
  sweep,
  advance,
  HOUR_MS,
  type Event,
  type OrderWorld,
} from './order-model.ts';
import {
  change,
  holdOrResolve,
  newPsp,
  resolveHolds,
  transactionIdOf,
  type SimulatedPsp,
} from './simulated-psp.ts';
import type { TimeSkippingWorld } from './time-skipping.ts';
import { untilQuiet, updatesReached } from './quiet.ts';
import { until } from './until.ts';

const MONEY = { amountMinor: 72_200, currency: 'NOK' };

/** How often a request begins again from the order's row, as the API does. */
const ATTEMPTS = 4;

/** Longer than the server ever takes; what is not there by then never comes. */
const LIMIT_MS = 120_000;

export class OrderTrial {
  readonly path: readonly Event[];
  readonly fake: FakeOrder;
  readonly #world: TimeSkippingWorld;
  readonly #twin: OrderWorld;
  #sent = 0;
  #lastSent: { payment: StoredPayment; eventId: string }[] = [];
  /** Requests that the run can't answer while the gateway is silent. */
  readonly #waiting = new Set<Promise<void>>();

  constructor(world: TimeSkippingWorld, reference: string, path: readonly Event[], now: number) {
    this.#world = world;
    this.path = path;
    this.fake = newFakeOrder(newOrder(reference, MONEY), newPsp(), () => world.env.currentTimeMs());
    this.#twin = newWorld(reference, now);
    world.orders.set(reference, this.fake);
  }

  async begin(now: number): Promise<void> {
    await this.#shop(now);
    await this.quiet();
  }

  /** Lets an event happen that takes no time, here and in the model. */
  async happen(event: Event, now: number): Promise<void> {
    happen(this.#twin, event);
    resolveHolds(this.fake.psp, now);
    await this.#happen(event, now);
    await this.quiet();
    checkOrder(this.fake.order, this.fake.psp);
  }

  /** The gateway answers again. */
  repair(): void {
    this.fake.psp.isDown = false;
    this.#twin.psp.isDown = false;
  }

  /** The clock, which all trials share, was moved by this much. */
  async passed(ms: number): Promise<void> {
    advance(this.#twin, ms);
    if (!this.fake.psp.isDown)
      await until('waiting requests are answered', () => this.#waiting.size === 0, LIMIT_MS);
    await this.quiet();
    checkOrder(this.fake.order, this.fake.psp);
  }

  /** What nobody paid is declined, and the sweep finds it and all that nobody told of. */
  async sweep(now: number): Promise<void> {
    declineTheRest(this.#twin.psp);
    sweep(this.#twin, (n) => differs(this.#twin, n));
    declineTheRest(this.fake.psp);
    resolveHolds(this.fake.psp, now);
    for (const payment of this.fake.order.payments) {
      const { psp, order } = this.fake;
      if (!differs({ psp, order }, payment.n)) continue;
      const transactionId = transactionIdOf(psp.sessions[payment.n - 1] as SimulatedPsp['sessions'][number]);
      await this.#world.runs.look(addressOf(payment), { why: 'sweep', at: '', transactionId });
      await this.quiet();
    }
  }

  async quiet(): Promise<void> {
    for (const { orderReference, n } of this.fake.order.payments) {
      const workflowId = paymentWorkflowId({ orderReference, n });
      await untilQuiet(this.#world.env.client, workflowId, () => this.fake.psp.isDown);
    }
  }

  /** Where it ended, and where the model says it should have. */
  ends(): { real: object; expected: object } {
    checkOrder(this.fake.order, this.fake.psp);
    return { real: ending(this.fake), expected: ending(this.#twin) };
  }

  /** An operator takes what is in review off our hands, so that every run ends. Terminating one can stop the server's clock. */
  async dismiss(): Promise<void> {
    for (const payment of this.fake.order.payments)
      if (payment.status === 'REVIEW')
        await this.#world.runs.resolve(addressOf(payment), { decision: 'dismiss', noteKey: '' });
    await this.quiet();
    for (const { id, status } of this.fake.order.payments)
      if (!isSettled(status)) throw new Error(`${id} is still ${status}`);
    checkOrder(this.fake.order, this.fake.psp);
  }

  async #happen(event: Event, now: number): Promise<void> {
    const { runs } = this.#world;
    const { psp, order } = this.fake;
    const newest = order.payments.at(-1) as StoredPayment;
    switch (event) {
      case 'callback':
        this.#sent += 1;
        this.#lastSent = order.payments.map((payment) => ({
          payment,
          eventId: `event-${this.#sent}-${payment.n}`,
        }));
        return this.#deliver();
      case 'duplicate':
        return this.#deliver();
      case 'return':
        for (const payment of order.payments) {
          await runs.poke(addressOf(payment), { why: 'return', at: '' });
          await this.quiet();
        }
        return;
      case 'hold → authorized':
        return psp.sessions.forEach((session) => holdOrResolve(session, 'AUTHORIZED', now + HOLD_MS));
      case 'hold → failed':
        return psp.sessions.forEach((session) => holdOrResolve(session, 'FAILED', now + HOLD_MS));
      case 'PSP 5xx':
        psp.isDown = true;
        return;
      case 'merchant cancel':
        return this.#ask(newest, () => ignoringEnd(runs.cancel(addressOf(newest), { noteKey: 'note' })));
      case 'shopper tries again':
        return this.#ask(newest, () => this.#shop(now));
      default:
        throw new Error(`${event} takes time`);
    }
  }

  async #deliver(): Promise<void> {
    for (const { payment, eventId } of this.#lastSent) {
      await this.#world.runs.callback(addressOf(payment), callbackSignal(eventId));
      await this.quiet();
    }
  }

  /** Waits for the answer or, while the gateway is silent, until the request has reached the run. */
  async #ask(payment: StoredPayment, request: () => Promise<void>): Promise<void> {
    if (!this.fake.psp.isDown) return request();
    const { client } = this.#world.env;
    const workflowId = paymentWorkflowId(payment);
    const before = await updatesReached(client, workflowId);
    const answer = request().finally(() => this.#waiting.delete(answer));
    this.#waiting.add(answer);
    const hasReached = async () => (await updatesReached(client, workflowId)) !== before;
    await until(
      'the request reaches the run',
      async () => !this.#waiting.has(answer) || hasReached(),
      LIMIT_MS,
    );
  }

  async #shop(now: number): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS;) {
      const claim = claimPayment(this.fake.order, now);
      if (claim.kind === 'refused') return;
      const result = await this.#world.runs.open(addressOf(claim.payment)).catch((error: unknown) => {
        if (error instanceof RunEnded) return { kind: 'not_open' as const };
        throw error;
      });
      // Told that the gateway does not answer, a shopper clicks again until it does.
      if (result.kind === 'still_opening')
        await until('the gateway answers again', () => !this.fake.psp.isDown, LIMIT_MS);
      else if (result.kind !== 'not_open') return;
      else attempt += 1;
    }
  }
}

function ending({ order, psp }: { order: FakeOrder['order']; psp: SimulatedPsp }): object {
  return summaryOf(order, psp);
}

/** Nobody will pay any more in what is open still. */
function declineTheRest(psp: SimulatedPsp): void {
  for (const session of psp.sessions)
    if (session.status === null && session.state === 'open') change(session, 'DECLINED');
}

export function addressOf({ id, orderReference, n }: StoredPayment): PaymentAddress {
  return { paymentId: id, orderReference, n, gateway: 'simulated' };
}

async function ignoringEnd(request: Promise<unknown>): Promise<void> {
  await request.catch((error: unknown) => {
    if (!(error instanceof RunEnded)) throw error;
  });
}

/**
 * The drain at the end of every trial: long enough for a hold to be decided and polled, and no whole number of hours, so that
 * nothing is asked of a run at the moment when its next poll is due.
 */
export const DRAIN_MS = 2.5 * HOUR_MS;
