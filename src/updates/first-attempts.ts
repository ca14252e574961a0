/**
 * The first attempt to notify the merchant of an update. The process that committed the update makes it,
 * outside of the history, and it delays nothing else. If it fails, the payment's run takes over, with retries
 * that the Temporal Web UI shows.
 */
import { crashable } from '../crash-points.ts';
import type { PaymentAddress } from '../domain/payment.ts';
import { findUntold } from '../store/untold-updates.ts';
import { paymentOfUpdate } from '../store/outbox.ts';
import type { Logger } from '../telemetry/log.ts';
import { attemptUpdate, type TellingTools } from './attempt-update.ts';

export interface FirstAttemptTools extends TellingTools {
  readonly log: Pick<Logger, 'warn'>;
  /** How many attempts may be under way at once: a shop that hangs can't fill more. */
  readonly slots: number;
  /** Has the payment's run send it, with retries. @throws RunsUnavailable */
  readonly handOver: (payment: PaymentAddress, effectId: string) => Promise<void>;
}

/** How many updates without a sender are taken up at once. */
const BATCH = 20;

export class FirstAttempts {
  readonly #tools: FirstAttemptTools;
  readonly #stopping = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  /**
   * The last work for each order with updates on their way: the updates of an order are sent one after
   * another.
   */
  readonly #orders = new Map<string, Promise<void>>();

  constructor(tools: FirstAttemptTools) {
    this.#tools = tools;
  }

  /**
   * Sends an order's new updates in their order, at once, or leaves them to the run where every slot is
   * taken. Never throws.
   */
  tell(orderReference: string, effects: readonly string[]): void {
    if (this.#tools.endpoint === null || this.#stopping.signal.aborted) return;
    const hasRoom = this.#underWay.size < this.#tools.slots;
    const before = this.#orders.get(orderReference) ?? Promise.resolve();
    const telling = this.#tellAfter(before, orderReference, effects, hasRoom);
    // An update that can't even be handed over is still in the store, where `tellUntold` or another process
    // finds it.
    const settled = telling.catch((error: unknown) =>
      this.#tools.log.warn(
        { order: orderReference, reason: String(error) },
        'an update could not be sent yet',
      ),
    );
    this.#underWay.add(settled);
    this.#orders.set(orderReference, settled);
    void settled.finally(() => {
      this.#underWay.delete(settled);
      if (this.#orders.get(orderReference) === settled) this.#orders.delete(orderReference);
    });
  }

  async #tellAfter(
    before: Promise<void>,
    orderReference: string,
    effects: readonly string[],
    hasRoom: boolean,
  ): Promise<void> {
    await before;
    for (const effectId of effects) {
      // The other updates are in the store, and another process takes them up.
      if (this.#stopping.signal.aborted) return;
      await (hasRoom ? this.#attempt({ orderReference, effectId }) : this.#handOver(effectId));
    }
  }

  /**
   * Takes up committed updates that no process is sending: their process died, or they were not due before.
   */
  async tellUntold(): Promise<void> {
    const free = Math.min(BATCH, this.#tools.slots - this.#underWay.size);
    if (this.#tools.endpoint === null || free <= 0) return;
    const found = await findUntold(this.#tools.db, free);
    // Sorted by sequence: a record that waited for the order's lock has an earlier time than the record that
    // it follows.
    const inOrder = found.sort((left, right) => left.sequence - right.sequence);
    for (const order of new Set(inOrder.map(({ orderReference }) => orderReference))) {
      const effects = inOrder.flatMap((one) => (one.orderReference === order ? [one.effectId] : []));
      if (!this.#orders.has(order)) this.tell(order, effects);
    }
  }

  /** Takes up nothing new. Resolves once the attempts under way have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.whenIdle();
  }

  /** Resolves once all current updates have been tried or handed over. */
  async whenIdle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #attempt(update: NewUpdate): Promise<void> {
    const attempted = await firstAttempt(this.#tools, update);
    if (attempted.kind === 'failed') await this.#handOver(update.effectId);
  }

  async #handOver(effectId: string): Promise<void> {
    const payment = await paymentOfUpdate(this.#tools.db, effectId);
    if (payment !== null) await handOver(this.#tools, payment, effectId);
  }
}

interface NewUpdate {
  readonly orderReference: string;
  readonly effectId: string;
}

const firstAttempt = crashable(
  { before: 'notify.claim.before' },
  (tools: FirstAttemptTools, { effectId }: NewUpdate) =>
    attemptUpdate(tools, effectId, { teller: null, begunAt: 0, signal: NEVER }),
);

const handOver = crashable(
  { before: 'notify.hand-over.before', after: 'notify.hand-over.after' },
  (tools: FirstAttemptTools, payment: PaymentAddress, effectId: string) => tools.handOver(payment, effectId),
);

/** An attempt that has begun is not aborted: its endpoint has a time limit of its own. */
const NEVER = new AbortController().signal;
