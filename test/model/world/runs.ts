/** The interfaces of `src/temporal/` on the toy server, by which the product reaches its runs. */
import { RunEnded, RunsUnavailable } from '../../../src/temporal/run-calls.ts';
import type { MoneyRuns } from '../../../src/temporal/money-runs.ts';
import type { PaymentAddress } from '../../../src/domain/payment.ts';
import type { PaymentRuns } from '../../../src/temporal/payment-runs.ts';
import {
  callbackReceived,
  cancelSession,
  carryOut,
  closeRequested,
  giveBack,
  giveBackRequested,
  lookRequested,
  moneyWorkflowId,
  openSession,
  operationRequested,
  paymentWorkflowId,
  resolveReview,
  poked,
  tellMerchant,
} from '../../../src/workflows/messages.ts';
import { currentActivity, enterActivity } from '../temporal/current.ts';
import type { Address, ToyServer } from '../temporal/server.ts';

/** The time for which a request waits for its answer. */
const PATIENCE_MS = 10_000;

export interface Post {
  /** Whether Temporal is unreachable. */
  isAway(): boolean;
  /** Whether the answer to a message that arrived is lost. */
  losesAnswer(): boolean;
}

class ToyRuns {
  readonly #server: ToyServer;
  readonly #post: Post;

  constructor(server: ToyServer, post: Post) {
    this.#server = server;
    this.#post = post;
  }

  /** Signal with start. */
  tell(address: Address, name: string, ...args: unknown[]): Promise<void> {
    return this.#send(() => this.#server.tell(address, { name, args }));
  }

  /** Where a run is open already, the input is dropped, as on a real server. */
  start({ type, workflowId, input }: Address, opened: object): Promise<string> {
    return this.#send(() => this.#server.ensure(type, workflowId, { ...input, opened }));
  }

  poke(workflowId: string, name: string, ...args: unknown[]): Promise<boolean> {
    return this.#send(() => this.#server.tellIfOpen(workflowId, { name, args }));
  }

  /** Update with start. */
  ask<Answer>(address: Address, name: string, ...args: unknown[]): Promise<Answer> {
    const { clock } = this.#server;
    const whose = currentActivity();
    return new Promise((resolve, reject) => {
      const late = clock.after(PATIENCE_MS, () => {
        enterActivity(whose);
        reject(new RunsUnavailable('no answer'));
      });
      const answer = (outcome: { value: unknown } | { ended: true }) =>
        void clock.after(this.#server.hop(), () => {
          late.isCancelled = true;
          enterActivity(whose);
          if ('ended' in outcome) reject(new RunEnded('the run ended under the update'));
          else resolve(outcome.value as Answer);
        });
      if (this.#post.isAway()) return;
      clock.after(this.#server.hop(), () => this.#server.tell(address, { name, args, answer }));
    });
  }

  #send<Answer>(arrive: () => Answer): Promise<Answer> {
    const whose = currentActivity();
    const [isAway, isLost] = [this.#post.isAway(), this.#post.losesAnswer()];
    const { clock } = this.#server;
    return new Promise((resolve, reject) => {
      clock.after(this.#server.hop(), () => {
        const arrived = isAway ? undefined : arrive();
        clock.after(this.#server.hop(), () => {
          enterActivity(whose);
          if (isAway || isLost) reject(new RunsUnavailable('no answer'));
          else resolve(arrived as Answer);
        });
      });
    });
  }
}

function paymentAddress({ paymentId, orderReference, n, gateway }: PaymentAddress): Address {
  const input = { paymentId, orderReference, n, gateway };
  return { type: 'paymentSession', workflowId: paymentWorkflowId(input), input };
}

function moneyAddress({ paymentId, orderReference, n, gateway }: PaymentAddress): Address {
  const input = { paymentId, orderReference, n, gateway };
  return { type: 'moneyOperations', workflowId: moneyWorkflowId(paymentId), input };
}

export function createToyRuns(server: ToyServer, post: Post): { runs: PaymentRuns; money: MoneyRuns } {
  const toy = new ToyRuns(server, post);
  const now = () => new Date().toISOString();
  return {
    runs: {
      start: (payment, opened) => toy.start(paymentAddress(payment), opened),
      open: (payment) => toy.ask(paymentAddress(payment), openSession.name),
      cancel: (payment, request) => toy.ask(paymentAddress(payment), cancelSession.name, request),
      resolve: (payment, request) => toy.ask(paymentAddress(payment), resolveReview.name, request),
      callback: (payment, signal) => toy.tell(paymentAddress(payment), callbackReceived.name, signal),
      look: (payment, signal) => toy.tell(paymentAddress(payment), lookRequested.name, signal),
      tell: (payment, effectId) => toy.tell(paymentAddress(payment), tellMerchant.name, effectId),
      close: (payment) =>
        toy.tell(paymentAddress(payment), closeRequested.name, { why: 'order_paid', at: now() }),
      poke: (payment, signal) => toy.poke(paymentWorkflowId(payment), poked.name, signal),
      // With virtual time, no call takes long.
      openingTakesLong: () => Promise.resolve(),
    },
    money: {
      carryOut: (payment, id) => toy.ask(moneyAddress(payment), carryOut.name, id),
      giveBack: (payment, cause) => toy.ask(moneyAddress(payment), giveBack.name, cause),
      request: (payment, id) => toy.tell(moneyAddress(payment), operationRequested.name, id),
      requestGiveBack: (payment, cause) => toy.tell(moneyAddress(payment), giveBackRequested.name, cause),
    },
  };
}
