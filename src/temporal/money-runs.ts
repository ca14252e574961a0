/** The client of the API and the background jobs for the runs of `moneyOperations`. */
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { PaymentAddress } from '../domain/payment.ts';
import {
  carryOut,
  giveBack,
  giveBackRequested,
  moneyWorkflowId,
  operationRequested,
  OrderReferenceKey,
  PaymentGatewayKey,
  type GiveBackRequest,
  type MoneyInput,
} from '../workflows/messages.ts';
import type { moneyOperations } from '../workflows/money-operations.ts';
import { createCalls, RunsUnavailable, taskTimeoutOf, type Calls, type RunsSettings } from './run-calls.ts';

/** A run accepts ten updates at a time. Further operations are recorded, and requested by signal. */
const MOST_IN_FLIGHT = 8;

/**
 * Together with the order reference and the gateway it stays below the 400 bytes of a summary that Temporal
 * guarantees to keep.
 */
const LONGEST_ABOUT = 120;

type Asked = [operationId: string, about?: string];

export interface MoneyRuns {
  /**
   * Carries out a recorded operation and waits for its result. Where it can't wait, the operation is
   * requested all the same. `about` describes it, for people.
   * @throws RunsUnavailable | RunEnded
   */
  carryOut(payment: PaymentAddress, operationId: string, about?: string): Promise<void>;
  /** @throws RunsUnavailable | RunEnded */
  giveBack(payment: PaymentAddress, asked: GiveBackRequest): Promise<void>;
  /** Requests the operation without waiting. Durable when it returns. @throws RunsUnavailable */
  request(payment: PaymentAddress, operationId: string, about?: string): Promise<void>;
  /** @throws RunsUnavailable */
  requestGiveBack(payment: PaymentAddress, asked: GiveBackRequest): Promise<void>;
}

/** Creates the process's client of the money workflows. */
export function createMoneyRuns(client: Client, settings: RunsSettings): MoneyRuns {
  return new TemporalMoneyRuns(client, settings);
}

class TemporalMoneyRuns implements MoneyRuns {
  readonly #client: Client;
  readonly #settings: RunsSettings;
  readonly #calls: Calls;
  readonly #inFlight = new Map<string, number>();

  constructor(client: Client, settings: RunsSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#calls = createCalls(settings);
  }

  async carryOut(payment: PaymentAddress, operationId: string, about?: string): Promise<void> {
    const args = argsOf(operationId, about);
    await this.#update(payment, () =>
      this.#client.workflow.executeUpdateWithStart(carryOut, { args, ...this.#withStart(payment, about) }),
    ).catch((error: unknown) => {
      // A run that can't take or answer the update in time may still take a signal. If that fails too, the
      // forwarder sends it.
      this.request(payment, operationId, about).catch(() => undefined);
      throw error;
    });
  }

  async giveBack(payment: PaymentAddress, asked: GiveBackRequest): Promise<void> {
    await this.#update(payment, () =>
      this.#client.workflow.executeUpdateWithStart(giveBack, { args: [asked], ...this.#withStart(payment) }),
    );
  }

  async request(payment: PaymentAddress, operationId: string, about?: string): Promise<void> {
    const options = {
      ...this.#start(payment, about),
      signal: operationRequested,
      signalArgs: argsOf(operationId, about),
    };
    await this.#calls.signal(() =>
      this.#client.workflow.signalWithStart<typeof moneyOperations, Asked>('moneyOperations', options),
    );
  }

  async requestGiveBack(payment: PaymentAddress, asked: GiveBackRequest): Promise<void> {
    const options = {
      ...this.#start(payment),
      signal: giveBackRequested,
      signalArgs: [asked] as [GiveBackRequest],
    };
    await this.#calls.signal(() =>
      this.#client.workflow.signalWithStart<typeof moneyOperations, [GiveBackRequest]>(
        'moneyOperations',
        options,
      ),
    );
  }

  async #update({ paymentId }: PaymentAddress, call: () => Promise<unknown>): Promise<void> {
    const running = this.#inFlight.get(paymentId) ?? 0;
    if (running >= MOST_IN_FLIGHT)
      throw new RunsUnavailable(`${running} operations of payment ${paymentId} are already waited for`);
    this.#inFlight.set(paymentId, running + 1);
    try {
      await this.#calls.update(call);
    } finally {
      const left = (this.#inFlight.get(paymentId) ?? 1) - 1;
      if (left === 0) this.#inFlight.delete(paymentId);
      else this.#inFlight.set(paymentId, left);
    }
  }

  /**
   * `about` is the reason why the run was started. What else it does is in the summaries of its activities.
   */
  #start({ paymentId, orderReference, n, gateway }: PaymentAddress, about = 'money') {
    return {
      workflowId: moneyWorkflowId(paymentId),
      taskQueue: this.#settings.taskQueue,
      ...taskTimeoutOf(this.#settings),
      args: [{ paymentId, orderReference, n, gateway }] as [MoneyInput],
      staticSummary: `${about.slice(0, LONGEST_ABOUT)}, order ${orderReference}, payment ${n} by ${gateway}`,
      typedSearchAttributes: [
        { key: PaymentGatewayKey, value: gateway },
        { key: OrderReferenceKey, value: orderReference },
      ],
    };
  }

  #withStart(payment: PaymentAddress, about?: string) {
    const options = { ...this.#start(payment, about), workflowIdConflictPolicy: 'USE_EXISTING' as const };
    return {
      startWorkflowOperation: new WithStartWorkflowOperation<typeof moneyOperations>(
        'moneyOperations',
        options,
      ),
    };
  }
}

function argsOf(operationId: string, about: string | undefined): Asked {
  return about === undefined ? [operationId] : [operationId, about];
}
