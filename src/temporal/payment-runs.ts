/** The client of the API and the background jobs for the runs of `paymentSession`. */
import { WithStartWorkflowOperation, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { SignalDefinition } from '@temporalio/common';
import type { Callback } from '../domain/callback.ts';
import type { OpenedPayment } from '../domain/opened-payment.ts';
import type { PaymentAddress, PaymentKey } from '../domain/payment.ts';
import type { LookRequest, Poke } from '../domain/trigger.ts';
import {
  callbackReceived,
  cancelSession,
  closeRequested,
  lookRequested,
  openingTakesLong,
  openSession,
  OrderReferenceKey,
  PaymentGatewayKey,
  PaymentStatusKey,
  paymentWorkflowId,
  poked,
  resolveReview,
  SessionIdKey,
  tellMerchant,
  type CancelRequest,
  type CancelResult,
  type OpenSessionResult,
  type PaymentSessionInput,
  type ResolveRequest,
  type ResolveResult,
} from '../workflows/messages.ts';
import type { paymentSession } from '../workflows/payment-session.ts';
import { createCalls, taskTimeoutOf, type Calls, type RunsSettings } from './run-calls.ts';

export interface PaymentRuns {
  /** Opens the session or waits for it. @throws RunsUnavailable | RunEnded */
  open(payment: PaymentAddress): Promise<OpenSessionResult>;
  /**
   * Starts the run of a payment whose session is open. Returns the run's id, also of a run that was started
   * meanwhile. @throws RunsUnavailable
   */
  start(payment: PaymentAddress, opened: OpenedPayment): Promise<string>;
  /** @throws RunsUnavailable | RunEnded */
  cancel(payment: PaymentAddress, request: CancelRequest): Promise<CancelResult>;
  /** @throws RunsUnavailable | RunEnded */
  resolve(payment: PaymentAddress, request: ResolveRequest): Promise<ResolveResult>;
  /**
   * Sends a verified callback. Starts a run where there is none. Durable when it returns.
   * @throws RunsUnavailable
   */
  callback(payment: PaymentAddress, signal: Callback): Promise<void>;
  /** Requests a look for the service itself. Starts a run where there is none. @throws RunsUnavailable */
  look(payment: PaymentAddress, signal: LookRequest): Promise<void>;
  /**
   * Has the run notify the merchant after a first attempt failed. Starts a run where there is none. Durable
   * when it returns.
   * @throws RunsUnavailable
   */
  tell(payment: PaymentAddress, effectId: string): Promise<void>;
  /** Closes an open session whose order another payment has paid. @throws RunsUnavailable */
  close(payment: PaymentAddress): Promise<void>;
  /**
   * A request that proves nothing may wake a run, never start one. False where none is running.
   * @throws RunsUnavailable
   */
  poke(payment: PaymentKey, signal: Poke): Promise<boolean>;
  /** The session takes long to open: callers must get an answer without it. @throws RunsUnavailable */
  openingTakesLong(payment: PaymentKey): Promise<void>;
}

/** Creates the process's client of the payment workflows. */
export function createPaymentRuns(client: Client, settings: RunsSettings): PaymentRuns {
  return new TemporalPaymentRuns(client, settings);
}

class TemporalPaymentRuns implements PaymentRuns {
  readonly #client: Client;
  readonly #settings: RunsSettings;
  readonly #calls: Calls;
  readonly #opening = new Map<string, Promise<OpenSessionResult>>();

  constructor(client: Client, settings: RunsSettings) {
    this.#client = client;
    this.#settings = settings;
    this.#calls = createCalls(settings);
  }

  open(payment: PaymentAddress): Promise<OpenSessionResult> {
    return share(this.#opening, paymentWorkflowId(payment), () =>
      this.#calls.update(() => this.#workflow.executeUpdateWithStart(openSession, this.#withStart(payment))),
    );
  }

  async start(payment: PaymentAddress, opened: OpenedPayment): Promise<string> {
    const options = this.#start(payment, opened);
    const run = await this.#calls.update(() =>
      this.#workflow.start<typeof paymentSession>('paymentSession', {
        ...options,
        workflowIdConflictPolicy: 'USE_EXISTING',
      }),
    );
    return run.firstExecutionRunId;
  }

  cancel(payment: PaymentAddress, request: CancelRequest): Promise<CancelResult> {
    const args: [CancelRequest] = [request];
    return this.#calls.update(() =>
      this.#workflow.executeUpdateWithStart(cancelSession, { args, ...this.#withStart(payment) }),
    );
  }

  resolve(payment: PaymentAddress, request: ResolveRequest): Promise<ResolveResult> {
    const args: [ResolveRequest] = [request];
    return this.#calls.update(() =>
      this.#workflow.executeUpdateWithStart(resolveReview, { args, ...this.#withStart(payment) }),
    );
  }

  callback(payment: PaymentAddress, callback: Callback): Promise<void> {
    return this.#signalWithStart(payment, callbackReceived, callback);
  }

  look(payment: PaymentAddress, request: LookRequest): Promise<void> {
    return this.#signalWithStart(payment, lookRequested, request);
  }

  tell(payment: PaymentAddress, effectId: string): Promise<void> {
    return this.#signalWithStart(payment, tellMerchant, effectId);
  }

  close(payment: PaymentAddress): Promise<void> {
    const request = { why: 'order_paid' as const, at: new Date().toISOString() };
    return this.#signalWithStart(payment, closeRequested, request);
  }

  async #signalWithStart<Sent>(
    payment: PaymentAddress,
    signal: SignalDefinition<[Sent]>,
    sent: Sent,
  ): Promise<void> {
    const options = { ...this.#start(payment), signal, signalArgs: [sent] as [Sent] };
    await this.#calls.signal(() =>
      this.#workflow.signalWithStart<typeof paymentSession, [Sent]>('paymentSession', options),
    );
  }

  poke(payment: PaymentKey, signal: Poke): Promise<boolean> {
    return this.#calls.signal(() => pokeRun(this.#client, payment, signal));
  }

  openingTakesLong(payment: PaymentKey): Promise<void> {
    const run = this.#workflow.getHandle(paymentWorkflowId(payment));
    return this.#calls.signal(() => run.signal(openingTakesLong));
  }

  get #workflow(): Client['workflow'] {
    return this.#client.workflow;
  }

  #start(payment: PaymentAddress, opened?: OpenedPayment) {
    return {
      workflowId: paymentWorkflowId(payment),
      taskQueue: this.#settings.taskQueue,
      ...taskTimeoutOf(this.#settings),
      args: [{ ...keyOf(payment), ...(opened && { opened }) }] as [PaymentSessionInput],
      staticSummary: `order ${payment.orderReference}, payment ${payment.n} by ${payment.gateway}`,
      typedSearchAttributes: [
        { key: PaymentStatusKey, value: 'PENDING' },
        { key: PaymentGatewayKey, value: payment.gateway },
        { key: OrderReferenceKey, value: payment.orderReference },
        ...(opened === undefined ? [] : [{ key: SessionIdKey, value: opened.sessionId }]),
      ],
    };
  }

  #withStart(payment: PaymentAddress) {
    const options = { ...this.#start(payment), workflowIdConflictPolicy: 'USE_EXISTING' as const };
    return {
      startWorkflowOperation: new WithStartWorkflowOperation<typeof paymentSession>(
        'paymentSession',
        options,
      ),
    };
  }
}

function keyOf({ paymentId, orderReference, n, gateway }: PaymentAddress): PaymentAddress {
  return { paymentId, orderReference, n, gateway };
}

async function pokeRun(client: Client, payment: PaymentKey, signal: Poke): Promise<boolean> {
  try {
    await client.workflow.getHandle(paymentWorkflowId(payment)).signal(poked, signal);
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** One call serves all callers at the same moment: a run accepts ten updates at a time. */
function share<T>(calls: Map<string, Promise<T>>, key: string, call: () => Promise<T>): Promise<T> {
  const running = calls.get(key);
  if (running !== undefined) return running;
  const started = call().finally(() => calls.delete(key));
  calls.set(key, started);
  return started;
}
